"""A test module as a user writes it, with a type for everything that it gets.

Nobody runs it: mypy reads it, alone and strictly. `assert_type` fails where the package
gives another type than the one that stands here, or none (Any).
"""

from typing import Any, assert_type

import pytest

from pytest_liveview_load import (
    MB,
    BudgetExceeded,
    Comparison,
    ConnectionLost,
    ElementError,
    Hook,
    InvalidRun,
    Limit,
    LiveUser,
    LiveViewLoadError,
    LoadContext,
    LoadResult,
    NoData,
    RendezvousTimeout,
    RunningCrowd,
    StepError,
    StepTimeout,
    Storm,
    UploadError,
    ViewCrashed,
    budget,
    kB,
    load,
    minute,
    ms,
    s,
)

# Markers


@load(users=500, ramp="10s", duration="1m", think="1s..3s", warmup=2.5)
@budget("p95_mount < 200ms", "error_rate < 1%")
async def test_counter(live: LiveUser) -> None:
    await live.visit("/counter")
    await live.click("#inc")


@load(arrival="10/s..100/s over 1m", poisson=True, max_users=50, seed=1)
async def test_arrivals(live: LiveUser) -> None:
    await live.visit("/")


@pytest.mark.parametrize(
    "users",
    [
        pytest.param(3, marks=load(users=3)),
        pytest.param(4, marks=budget("errors == 0")),
    ],
)
async def test_sizes(live: LiveUser, users: int) -> None:
    assert live.id < users


class TestMarked:
    pytestmark = load(users=5)

    async def test_visit(self, live: LiveUser) -> None:
        await live.visit("/")


@load(mix={"browse": 80, "buy": 20}, stages=[("10s", 200), ("1m", 200)])
class TestShop:
    async def browse(self, live: LiveUser) -> None:
        await live.visit("/shop")

    async def buy(self, live: LiveUser) -> None:
        await live.visit("/cart")


# Steps


async def test_steps(live: LiveUser) -> None:
    await live.visit("/form", timeout="5s")
    await live.fill("#user_name", "Ada")
    await live.fill(label="Email", value="ada@example.org")
    await live.submit("#user-form")
    await live.press("Enter")
    await live.push("refresh", {"page": 2})
    await live.until("#saved", timeout=2 * s)
    await live.upload("[name=doc]", ("hello.txt", b"hello"))
    await live.think("1s..3s")
    with live.measure("checkout"):
        await live.back()
    assert_type(live.text("#count"), str)
    assert_type(live.has("#count"), bool)
    assert_type(live.all("li"), list[str])
    assert_type(live.attr("#count", "class"), str | None)
    assert_type(live.flash, dict[str, str])
    assert_type(live.path, str)
    assert_type(live.running, bool)
    assert_type(await live.spawn(2), list[LiveUser])


async def test_together(live: LiveUser) -> None:
    async with live.throttle("login", rate="5/s"):
        await live.visit("/login")
    meeting = await live.rendezvous("start", users=10, timeout="30s")
    assert_type(meeting.complete, bool)


# Runs of a test's own


async def browse(live: LiveUser) -> None:
    await live.visit("/streams")


async def buy(live: LiveUser, page: str = "/") -> None:
    await live.visit(page)


async def test_runs(load: LoadContext) -> None:
    result = await load.run(buy, params={"page": "/cart"}, users=5, iterations=2)
    assert_type(result, LoadResult)
    await load.run({browse: 80, buy: 20}, users=50, duration=1 * minute)
    assert_type(load.results, list[LoadResult])


async def test_a_crowd(load: LoadContext, live: LiveUser) -> None:
    async with load.start(browse, users=50) as crowd:
        assert_type(crowd, RunningCrowd)
        await crowd.add(10)
        await crowd.remove(5)
        storm = await crowd.drop_all(within="30s")
        assert_type(storm, Storm)
        assert_type(storm.describe(), str)
        assert_type(crowd.users, int)
    assert_type(await load.start(browse), RunningCrowd)
    assert_type(await crowd.stop(), LoadResult)
    assert_type(await crowd.wait(), LoadResult)


async def test_experiments(load: LoadContext) -> None:
    limit = await load.find_limit(
        browse, budgets=["p95_mount < 200ms"], start=50, max=5000, duration="30s"
    )
    assert_type(limit, Limit)
    assert_type(limit.lines(), list[str])
    assert limit.users >= 800
    comparison = await load.compare({"a": browse, "b": buy}, users=20, iterations=10)
    assert_type(comparison, Comparison)
    assert comparison.ratio("b", "mean_diff_bytes") < 0.5


# Results


def check(result: LoadResult) -> None:
    assert result.p95_mount < 200 * ms
    assert result.p99_9_event["inc"] < 0.5 * s
    assert result.p99_9_event["inc"] <= "0.5s"
    assert result.p95_diff_bytes["save"].statics < 2 * kB
    assert result["p95_event[inc]{buy}"] < 0.5
    assert result.errors == 0
    assert result.received_bytes < 1 * MB
    assert_type(result.p95_mount * 2, float)
    assert_type(result.summary(), str)
    for failure in result.failures:
        assert_type(failure.error, str)
        assert_type(failure.message, str)
        assert_type(failure.count, int)
    for advice in result.advice:
        assert_type(advice.finding, str)
        assert_type(advice.offers, tuple[str, ...])


# Hooks


class Counter(Hook):
    def mounted(self) -> None:
        assert_type(self.attr("id"), str | None)
        assert_type(self.text(), str)
        self.push_event("hello", {"at": 1})

    def handle_event(self, event: str, payload: Any) -> None:
        assert event == "greeting"


async def test_hooks(live: LiveUser) -> None:
    live.hooks["Counter"] = Counter
    await live.visit("/hooks")


# Errors


def tell(error: LiveViewLoadError) -> None:
    print(error)


async def test_errors(live: LiveUser, load: LoadContext) -> None:
    with pytest.raises(ElementError) as missing:
        await live.click("#nobody")
    assert_type(missing.value.selector, str)
    assert_type(missing.value.candidates, tuple[str, ...])
    try:
        await load.run(browse)
    except (BudgetExceeded, InvalidRun, NoData) as error:
        tell(error)
    try:
        await live.click("#inc")
    except StepTimeout as error:
        assert_type(error.timeout, float)
        assert_type(error.waiting_for, str)
    except ViewCrashed as error:
        assert_type(error.reason, str)
    except UploadError as error:
        assert_type(error.upload, str)
    except RendezvousTimeout as error:
        assert_type(error.present, tuple[int, ...])
    except (ConnectionLost, StepError):
        raise
