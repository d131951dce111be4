"""Whatever a recorded frame has become: a clear error or a page, never anything else."""

import asyncio
import os
import random
import resource
from collections.abc import Iterator
from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_liveview_load.errors import (
    ConnectionLost,
    LiveViewLoadError,
    ProtocolError,
)
from pytest_liveview_load.liveview.client.view import CHANNEL_CLOSED
from tests.fuzz.mutations import mutated
from tests.fuzz.tape import Tape, play, tapes_of
from tests.replay.recording import recordings

# How many conversations are broken: enough for a merge, or for as long as one likes.
CONVERSATIONS: Final = int(os.environ.get("PYTEST_LIVEVIEW_LOAD_FUZZ", "400"))
# An upload needs a person who goes on when an answer comes: test_recorded_uploads.py.
PLAYED: Final = [(v, page) for v, page in recordings() if page != "upload"]
TOO_MUCH_MEMORY: Final = 400 * 1024  # kilobytes that no recorded page comes near

pytestmark = pytest.mark.timeout(60 + CONVERSATIONS)


@pytest.fixture(autouse=True)
def bounded_memory() -> Iterator[None]:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    yield
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < TOO_MUCH_MEMORY, f"{grown // 1024} MiB more"


def played(tape: Tape) -> None:
    outcome = asyncio.run(play(tape))
    assert [] == outcome.stray
    assert all(isinstance(error, LiveViewLoadError) for error in outcome.told)
    assert all(str(error) for error in outcome.told)


@pytest.mark.parametrize(("version", "page"), PLAYED)
def test_an_unbroken_tape_shows_pages(version: str, page: str) -> None:
    for tape in tapes_of(version, page):
        outcome = asyncio.run(play(tape))
        assert [] == outcome.stray
        assert outcome.seen
        wrong = [
            e for e in outcome.told if isinstance(e, ProtocolError | ConnectionLost)
        ]
        assert [] == [error for error in wrong if CHANNEL_CLOSED not in str(error)]


@settings(
    max_examples=CONVERSATIONS,
    suppress_health_check=list(HealthCheck),
)
@given(recording=st.sampled_from(PLAYED), seed=st.integers(0, 2**32 - 1))
def test_a_broken_conversation_ends_in_an_error_or_a_page(
    recording: tuple[str, str], seed: int
) -> None:
    rng = random.Random(seed)
    tape = rng.choice(tapes_of(*recording))
    played(tape.with_received(mutated(tape.received, rng)))
