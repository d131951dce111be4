"""When something fails a user's iteration, and how long it then waits.

Law of this file: whatever a scenario raises fails one iteration, but for what is meant to
end the whole run, and for what is wrong with the test: it would fail every iteration.
"""

from random import Random
from typing import Final

from pytest_liveview_load.errors import ConfigurationError, RunOver

FIRST_BACK_OFF: Final = 0.1  # seconds, doubled by each failure in a row
LONGEST_BACK_OFF: Final = 5.0
DOUBLINGS: Final = 6  # 0.1 s × 2⁶ is above the longest
ENDS: Final = (KeyboardInterrupt, SystemExit, GeneratorExit, ConfigurationError)


def back_off(failures: int, rng: Random) -> float:
    """Return seconds to wait after so many failures in a row: 0.1 s doubling to 5 s.

    Between half and all of it, so that users who failed together do not return together.
    """
    longest: float = FIRST_BACK_OFF * 2 ** min(failures - 1, DOUBLINGS)
    return rng.uniform(0.5, 1.0) * min(longest, LONGEST_BACK_OFF)


def is_over(error: BaseException) -> bool:
    """Return whether all that `error` says is that the run is over: nobody failed."""
    if isinstance(error, BaseExceptionGroup):  # of a scenario's own task group
        return all(map(is_over, error.exceptions))
    return isinstance(error, RunOver)


def end_in(error: BaseException) -> BaseException | None:
    """Return what of `error` ends the whole run, None if it fails its iteration only.

    That is what a person got wrong, and what stops the program. pytest's outcomes (fail,
    skip) derive from BaseException and fail an iteration; `pytest.exit` is to be obeyed.
    It is told by name: this layer knows no pytest.
    """
    if isinstance(error, BaseExceptionGroup):
        ends = filter(None, map(end_in, error.exceptions))
        return next(ends, None)
    if isinstance(error, ENDS):
        return error
    kind = type(error)
    is_exit = (kind.__module__, kind.__name__) == ("_pytest.outcomes", "Exit")
    return error if is_exit else None
