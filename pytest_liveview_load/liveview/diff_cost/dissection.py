"""Which diffs are taken apart, so that their parts are known and the clicks not slower.

Law: of one event every diff is taken apart, or one in EVERY, whatever is in it: never
more of the cheap ones. Diffs that users share are taken apart once.
"""

from typing import Final

from pytest_liveview_load.liveview.diff_cost.sizes import Anatomy, dissect
from pytest_liveview_load.liveview.observer import Observer, Parts

KEPT: Final = 512  # diffs whose parts are remembered
LARGEST_KEPT: Final = 4096  # bytes
# Of an event whose diffs are not alike, so many are taken apart before it is only some.
ALL_OF: Final = 100
# A prime, so that users who do the same in rounds are not always met at the same step.
EVERY: Final = 13

Taken = tuple[str, str, bytes | None, int]  # view, event, diff, bytes of the frame


class Sampling:
    """How the diffs of one event are looked at."""

    __slots__ = ("passed_over", "taken", "to_pass_over", "unlike")

    def __init__(self) -> None:
        self.taken = 0
        self.unlike = 0
        self.passed_over = 0  # after each that is taken apart
        self.to_pass_over = 0  # before the next


class Known:
    """A frame that came before: what the observer is told, and the event's sampling."""

    __slots__ = ("parts", "sampling")

    def __init__(self, parts: Parts, sampling: Sampling) -> None:
        self.parts = parts
        self.sampling = sampling


class Dissection:
    """Takes diffs apart for all users of a network. Set `all` and it takes every one."""

    def __init__(self, *, all: bool = False) -> None:  # noqa: A002 - as it is read
        self.all = all
        self._samplings: dict[tuple[str, str], Sampling] = {}
        self._known: dict[Taken, Known] = {}

    def take(
        self,
        observer: Observer,
        view: str,
        name: str,
        diff: bytes | None,
        size: int,
        at: float,
    ) -> None:
        """Record the parts of a frame of `size` bytes with a diff, or pass it over."""
        known = self._known.get((view, name, diff, size))
        if known is None or known.sampling.passed_over:
            self._sample(observer, (view, name, diff, size), at)
            return
        known.sampling.taken += 1
        observer.parts(known.parts, at)

    def _sample(self, observer: Observer, taken: Taken, at: float) -> None:
        label = taken[:2]
        sampling = self._samplings.get(label)
        if sampling is None:
            sampling = self._samplings[label] = Sampling()
        if sampling.to_pass_over:
            sampling.to_pass_over -= 1
            return
        sampling.taken += 1
        known = self._known.get(taken)
        if known is None:
            known = self._apart(taken, sampling)
            self._weigh(sampling)
        sampling.to_pass_over = sampling.passed_over
        observer.parts(known.parts, at)

    def _apart(self, taken: Taken, sampling: Sampling) -> Known:
        view, name, diff, size = taken
        sizes = dissect(diff) if diff is not None else Anatomy()
        # What the frame has around the diff is as much envelope as the diff's own braces.
        sizes = sizes._replace(envelope=sizes.envelope + size - len(diff or b""))
        known = Known((name, view, sizes), sampling)
        if size <= LARGEST_KEPT:
            if len(self._known) >= KEPT:
                self._known.pop(next(iter(self._known)))
            self._known[taken] = known
        return known

    def _weigh(self, sampling: Sampling) -> None:
        """Look at fewer of an event whose diffs are not alike, at all of others."""
        sampling.unlike += 1
        unlike = sampling.taken >= ALL_OF and 2 * sampling.unlike > sampling.taken
        sampling.passed_over = EVERY - 1 if unlike and not self.all else 0
