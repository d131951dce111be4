"""The `params` of a page's LiveSocket: the app's own, and what its views fill in.

In the real client it is one object per page: app.js makes it of the CSRF token and whatever
the app adds, each view that joins writes into it (view.ts connectParams), and the socket's
URL shows what it holds when it is dialled. A function as `params` makes a new one each time,
so that the URL shows nothing of the views.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import msgspec

from pytest_liveview_load.errors import SettingError, StepError

# What an app gives as `params` beside the CSRF token, or what returns it.
OwnParams: TypeAlias = Mapping[str, Any] | Callable[[], Mapping[str, Any]]


@dataclass(slots=True, eq=False)
class ConnectParams:
    """The params of one page's socket. `own` is asked each time, for it may change."""

    csrf_token: str
    own: Callable[[], OwnParams]
    filled: dict[str, object] = field(default_factory=dict)  # by who joined last

    def for_join(self, filled: dict[str, object]) -> dict[str, object]:
        """Return the params of a join, of which the view fills in these."""
        self.filled = filled
        return self.of_app() | filled

    def for_url(self) -> dict[str, object]:
        """Return the params that the socket's URL shows."""
        if callable(self.own()):
            return self.of_app()
        # A missing one as JS spells it.
        referer = self.filled.get("_live_referer", "undefined")
        return self.of_app() | self.filled | {"_live_referer": referer}

    def of_app(self) -> dict[str, object]:
        """Return what app.js gives; raises StepError for what cannot be sent.

        Without a CSRF token the page has no meta tag of it.
        """
        own = self.own()
        if callable(own):
            try:
                own = own()
                check_params(own, "connect_params()")
            except SettingError as error:
                raise StepError(str(error)) from None
            except Exception as error:
                raise StepError(f"connect_params() raised {error!r}") from error
        token = {"_csrf_token": self.csrf_token} if self.csrf_token else {}
        return token | dict(own)


def check_params(given: object, place: str) -> None:
    """Raise SettingError unless these are params: a mapping of names to JSON."""
    if not isinstance(given, Mapping):
        raise SettingError(
            f"{place}: {given!r} are no params: give a dict, such as "
            "{'timezone': 'Europe/Zurich'}"
        )
    for name, value in given.items():
        if not isinstance(name, str):
            raise SettingError(f"{place}: {name!r} is no name: it must be text")
        try:
            msgspec.json.encode(value)
        except (TypeError, ValueError):
            raise SettingError(
                f"{place}: {name!r} is {value!r}, which JSON cannot hold: give text, "
                "numbers, booleans, None, lists and dicts"
            ) from None
