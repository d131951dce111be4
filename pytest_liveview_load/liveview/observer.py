"""What the client tells of its measurements, and to whom.

Law: the client measures and never judges. Times are float seconds of one monotonic
clock, stamped at the socket; sizes are bytes of the wire payload.
"""

from typing import Protocol

# The name and the view of an event, and the parts of its diff (`liveview.diff_cost.sizes`).
Parts = tuple[str, str, tuple[int, ...]]


class Observer(Protocol):
    """Takes what one process measures; `metrics.recorder.Recorder` is one."""

    def timing(
        self,
        metric: str,
        started: float,
        ended: float,
        *,
        name: str = "",
        view: str = "",
        kind: str = "",
        component: str = "",
    ) -> None:
        """Take one duration, from `started` to `ended`."""
        ...

    def size(
        self,
        metric: str,
        value: int,
        at: float,
        *,
        name: str = "",
        view: str = "",
        kind: str = "",
        component: str = "",
        part: str = "",
    ) -> None:
        """Take one size of `value` bytes, of a part of a diff if `part` names one."""
        ...

    def parts(self, of: Parts, at: float) -> None:
        """Take the bytes of each part of one diff."""
        ...

    def resent(self, sizes: tuple[int, ...], *, name: str = "", view: str = "") -> None:
        """Take what of one diff its page had already (`liveview.diff_cost.resent.Resent`)."""
        ...

    def count(self, metric: str, at: float, n: int = 1) -> None:
        """Take `n` occurrences."""
        ...
