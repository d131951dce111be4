"""When something fails a user's iteration, and how long it then waits.

Law of this file: whatever a scenario raises fails one iteration, but for what is meant to
end the whole run.
"""

from random import Random
from typing import Final

from pytest_liveview_load.errors import RunOver

FIRST_BACK_OFF: Final = 0.1  # seconds, doubled by each failure in a row
LONGEST_BACK_OFF: Final = 5.0
DOUBLINGS: Final = 6  # 0.1 s × 2⁶ is above the longest


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


def counts_as_failure(error: BaseException) -> bool:
    """Return whether `error` fails its iteration only, and not the whole run.

    pytest's outcomes (fail, skip) derive from BaseException; `pytest.exit` does not and
    is to be obeyed. They are told by name: this layer knows no pytest.
    """
    if isinstance(error, KeyboardInterrupt | SystemExit | GeneratorExit):
        return False
    kind = type(error)
    return (kind.__module__, kind.__name__) != ("_pytest.outcomes", "Exit")
