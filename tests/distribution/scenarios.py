"""Scenarios that travel, and some that cannot."""

import functools
from dataclasses import dataclass
from typing import Any


async def browse(live: Any) -> str:
    return f"{live} browses"


async def buy(live: Any, *, what: Any, how_often: int = 1) -> str:
    return f"{live} buys {what!r} × {how_often}"


class TestShop:
    word = "hello"

    async def test_visit(self, live: Any) -> str:
        return f"{live} says {self.word}"

    @staticmethod
    async def stand(live: Any) -> str:
        return f"{live} stands"

    @classmethod
    async def sit(cls, live: Any) -> str:
        return f"{live} sits in {cls.__name__}"

    class TestInner:
        async def test_deep(self, live: Any) -> str:
            return f"{live} is deep"


class TestCorner(TestShop):
    """Inherits its scenarios."""


@dataclass
class Walk:
    pages: Any

    async def __call__(self, live: Any) -> str:
        return f"{live} walks {self.pages}"

    async def back(self, live: Any) -> str:
        return f"{live} walks back {self.pages}"


class Slotted:
    __slots__ = ("page",)

    async def visit(self, live: Any) -> str:
        return f"{live} visits"


def logged(function: Any) -> Any:
    @functools.wraps(function)
    async def wrapper(live: Any) -> Any:
        return await function(live)

    return wrapper


@logged
async def decorated(live: Any) -> str:
    return f"{live} is decorated"


original = browse
shadowed = browse


async def shadowed_one(live: Any) -> str:
    return f"{live} is in the shade"


shade = shadowed_one
shadowed_one = browse


def make_local() -> Any:
    async def inside(live: Any) -> None: ...

    return inside
