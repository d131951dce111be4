"""Whatever has become of a recorded upload: it arrives or ends in a clear error.

The recordings hold what a server says when all goes well; what it can say of the
channels besides is put among it before the frames are broken.
"""

import asyncio
import json
import random
from functools import cache
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_liveview_load.errors import LiveViewLoadError
from tests.fuzz.mutations import mutated
from tests.fuzz.person import live_through
from tests.fuzz.tape import Outcome, Tape, tapes_of
from tests.fuzz.test_frames import CONVERSATIONS
from tests.replay.recording import recordings, tabs_of

VERSIONS: Final = [version for version, page in recordings() if page == "upload"]
LONG_ENOUGH: Final = 10.0  # seconds, where nothing is wrong
MOMENT: Final = 0.01  # seconds for what no frame will end
REASONS: Final = (
    *(
        "file_size_limit_exceeded",
        "writer_error",
        "invalid_token",
        "already_registered",
    ),
    *("unmatched topic", "", None, 7, ["too_large"], {"reason": "x"}),
)

pytestmark = pytest.mark.timeout(60 + CONVERSATIONS)


@cache
def steps_of(version: str) -> list[str]:
    return [step.sentence for step in tabs_of(version, "upload")[0].steps[1:]]


def played(tape: Tape, version: str, patience: float = MOMENT) -> Outcome:
    outcome = asyncio.run(live_through(tape, steps_of(version), patience))
    assert [] == outcome.stray
    assert all(isinstance(error, LiveViewLoadError) for error in outcome.told)
    assert all(str(error) for error in outcome.told)
    return outcome


def troubled(frames: list[bytes], rng: random.Random) -> list[bytes]:
    """Put in a frame of an upload's or the view's that the server had no reason for."""
    join_ref, ref, topic, _, _ = json.loads(rng.choice(frames))
    refused = {"status": "error", "response": {"reason": rng.choice(REASONS)}}
    said: Any = rng.choice(
        (
            [join_ref, None, topic, "phx_error", {}],
            [join_ref, join_ref, topic, "phx_error", {"reason": rng.choice(REASONS)}],
            [join_ref, join_ref, topic, "phx_close", {}],
            [join_ref, ref, topic, "phx_reply", refused],
            [join_ref, join_ref, topic, "phx_reply", refused],
            [rng.choice((None, "1", "99")), ref, topic, "phx_reply", refused],
            [join_ref, ref, topic, "phx_reply", {"status": "ok", "response": {}}],
        )
    )
    at = rng.randrange(1, len(frames) + 1)
    kept = rng.choice((frames[at:], frames[at:], frames[at + 1 :]))
    return [*frames[:at], json.dumps(said).encode(), *kept]


@pytest.mark.parametrize("version", VERSIONS)
def test_an_unbroken_upload_arrives(version: str) -> None:
    (tape,) = tapes_of(version, "upload")

    outcome = played(tape, version, LONG_ENOUGH)

    assert [] == outcome.told
    assert "Received 2 file(s)" in outcome.seen[-1]


@settings(
    max_examples=CONVERSATIONS // 2,
    suppress_health_check=list(HealthCheck),
)
@given(version=st.sampled_from(VERSIONS), seed=st.integers(0, 2**32 - 1))
def test_a_broken_recorded_upload_ends_in_an_error_or_arrives(
    version: str, seed: int
) -> None:
    rng = random.Random(seed)
    (tape,) = tapes_of(version, "upload")
    frames = tape.received
    kind = rng.randrange(4)
    if kind:
        frames = troubled(frames, rng)
    if kind != 1:
        frames = mutated(frames, rng)
    played(tape.with_received(frames), version)
