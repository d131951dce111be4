"""Which diffs are measured, so that their cost is known and the clicks are not slower.

`PartSampler` records the sizes of a diff's parts: of every diff while those of an event are
alike, of one in some when they are not. `ResentSampler` chooses the few pages of a view
whose diffs are compared with what the page has.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Final

from pytest_liveview_load.errors import ProtocolError
from pytest_liveview_load.liveview.diff_cost.resent import SentPage
from pytest_liveview_load.liveview.diff_cost.sizes import part_sizes
from pytest_liveview_load.liveview.observer import Observer, Parts, PartSizes
from pytest_liveview_load.liveview.protocol.rendered import Rendered

KNOWN_FRAMES: Final = 512  # diffs whose parts are remembered
LARGEST_KNOWN: Final = 4096  # bytes
# Of an event whose diffs are not alike, so many are taken apart before it is only some.
MEASURED_FIRST: Final = 100
# A prime, so that users who do the same in rounds are not always met at the same step.
ONE_FRAME_IN: Final = 13

FrameKey = tuple[str, str, bytes | None, int]  # view, event, diff, bytes of the frame


@dataclass(slots=True)
class EventSampling:
    """How the diffs of one event are looked at."""

    taken: int = 0
    unlike: int = 0
    passed_over: int = 0  # after each that is taken apart
    to_pass_over: int = 0  # before the next


@dataclass(slots=True)
class KnownFrame:
    """A frame that came before: what the observer is told, and the event's sampling."""

    parts: Parts
    sampling: EventSampling


class PartSampler:
    """Takes diffs apart for all users of a network. Set `all` and it takes every one."""

    def __init__(self, *, all: bool = False) -> None:  # noqa: A002 - as it is read
        self.all = all
        self._samplings: dict[tuple[str, str], EventSampling] = {}
        self._known: dict[FrameKey, KnownFrame] = {}

    def record(
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

    def _sample(self, observer: Observer, key: FrameKey, at: float) -> None:
        label = key[:2]
        sampling = self._samplings.get(label)
        if sampling is None:
            sampling = self._samplings[label] = EventSampling()
        if sampling.to_pass_over:
            sampling.to_pass_over -= 1
            return
        sampling.taken += 1
        known = self._known.get(key)
        if known is None:
            known = self._measure(key, sampling)
            self._adapt(sampling)
        sampling.to_pass_over = sampling.passed_over
        observer.parts(known.parts, at)

    def _measure(self, key: FrameKey, sampling: EventSampling) -> KnownFrame:
        view, name, diff, size = key
        sizes = part_sizes(diff) if diff is not None else PartSizes()
        # What the frame has around the diff is as much envelope as the diff's own braces.
        sizes = sizes._replace(envelope=sizes.envelope + size - len(diff or b""))
        known = KnownFrame((name, view, sizes), sampling)
        if size <= LARGEST_KNOWN:
            if len(self._known) >= KNOWN_FRAMES:
                self._known.pop(next(iter(self._known)))
            self._known[key] = known
        return known

    def _adapt(self, sampling: EventSampling) -> None:
        """Look at fewer of an event whose diffs are not alike, at all of others."""
        sampling.unlike += 1
        unlike = (
            sampling.taken >= MEASURED_FIRST and 2 * sampling.unlike > sampling.taken
        )
        sampling.passed_over = ONE_FRAME_IN - 1 if unlike and not self.all else 0


# Of the pages of a view the first ones, and one in ONE_PAGE_IN after them.
FIRST_PAGES: Final = 3
ONE_PAGE_IN: Final = 7
MOST_PAGES: Final = 40  # of a view
MOST_DIFFS: Final = 200  # of a view
MOST_OF_A_PAGE: Final = 50  # diffs, so that several pages are seen
LARGEST_COMPARED: Final = 128 * 1024  # bytes of a tree, or a diff, worth the time


class ResentSampler:
    """Chooses the pages, for all users of a network."""

    def __init__(self) -> None:
        self._joins: Counter[str] = Counter()
        self.pages: Counter[str] = Counter()  # of each view, those compared
        self.diffs: Counter[str] = Counter()

    def joined(self, view: str, rendered: bytes) -> "SampledPage | None":
        """Return the page that has just joined if it is one to compare, else None."""
        if self.satisfied(view) or len(rendered) > LARGEST_COMPARED:
            return None
        self._joins[view] += 1
        number = self._joins[view]
        if number > FIRST_PAGES and number % ONE_PAGE_IN:
            return None
        return SampledPage(self, view, rendered)

    def satisfied(self, view: str) -> bool:
        """Tell whether enough is known of a view."""
        return self.diffs[view] >= MOST_DIFFS or self.pages[view] >= MOST_PAGES


class SampledPage:
    """Compares the diffs of one page, until it has seen enough.

    Before the first diff it costs nothing but the join's bytes, which pages share.
    """

    __slots__ = ("compared", "rendered", "sampler", "sent", "view")

    def __init__(self, sampler: ResentSampler, view: str, rendered: bytes) -> None:
        self.sampler = sampler
        self.view = view
        self.rendered = rendered
        self.sent: SentPage | None = None
        self.compared = 0

    def compares(self, diff: bytes) -> bool:
        """Tell whether the diff is to be compared; if not, the page is done with."""
        if len(diff) > LARGEST_COMPARED:
            return False
        return self.sent is not None or not self.sampler.satisfied(self.view)

    def record(
        self,
        observer: Observer,
        name: str,
        diff: bytes,
        before: Rendered,
        after: Rendered,
    ) -> "SampledPage | None":
        """Compare a diff, and record it as one of `name`; without a name only know it.

        `before` and `after` are the page's trees; of the first diff, `before` is the
        join's. Return the page, or None once enough of its diffs were compared.
        """
        try:
            if self.sent is None:
                self.sampler.pages[self.view] += 1
                self.sent = SentPage(self.rendered, before)
                self.rendered = b""
            resent = self.sent.take(diff, before.without_streams(), after)
        except ProtocolError:
            return None  # whoever looks at the page is told
        if name:
            observer.resent(resent, name=name, view=self.view)
        self.compared += 1
        diffs = self.sampler.diffs
        diffs[self.view] += 1
        enough = diffs[self.view] >= MOST_DIFFS or self.compared >= MOST_OF_A_PAGE
        return None if enough else self
