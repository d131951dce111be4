"""What `live` has besides a visitor's steps, alone: thinking and measuring."""

from types import SimpleNamespace

import pytest

from pytest_liveview_load.crowd import live_user
from pytest_liveview_load.crowd.live_user import LiveUser
from pytest_liveview_load.errors import UnitError
from pytest_liveview_load.units import Between, Exponential, LogNormal
from tests.liveview.conftest import Measured

pytestmark = pytest.mark.anyio


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What users would have slept, in seconds."""
    noted: list[float] = []

    async def note(seconds: float) -> None:
        noted.append(seconds)

    monkeypatch.setattr(live_user, "asyncio", SimpleNamespace(sleep=note))
    return noted


async def test_thinking_draws_from_the_users_own_seed(
    live: LiveUser, pauses: list[float]
) -> None:
    await live.think("2s")
    await live.think("1s..3s")

    fixed, drawn = pauses
    assert fixed == 2.0
    assert 1.0 <= drawn <= 3.0


async def test_thinking_takes_what_a_loads_think_takes(
    live: LiveUser, pauses: list[float]
) -> None:
    before = live.rng.getstate()
    for written in ("exponential 2s", "lognormal 2s sigma 0.8", 0.5, ("1s", 3)):
        await live.think(written)

    live.rng.setstate(before)
    expected = [
        Exponential(2).sample(live.rng),
        LogNormal(2, 0.8).sample(live.rng),
        0.5,
        Between(1, 3).sample(live.rng),
    ]
    assert expected == pauses


async def test_what_is_no_pause_is_refused(live: LiveUser, pauses: list[float]) -> None:
    with pytest.raises(UnitError, match="Did you mean 'exponential'"):
        await live.think("exponental 2s")

    assert [] == pauses


async def test_a_measured_block_is_a_timer_unless_it_raises(
    live: LiveUser, measured: Measured
) -> None:
    with live.measure("checkout"):
        pass
    with pytest.raises(ZeroDivisionError), live.measure("broken"):
        _ = 1 / 0

    assert measured.timings == [("timer", "checkout")]
