"""What the client tells of its measurements, and to whom.

The client measures and never judges. Times are float seconds of one monotonic clock,
stamped at the socket; sizes are bytes of the wire payload. Imports nothing: the metrics
name their parts after these.
"""

from typing import NamedTuple, Protocol


class PartSizes(NamedTuple):
    """The bytes of one diff, part by part.

    - `statics`: templates (`s`, `p`) and the root flag beside them, wherever they are.
    - `streams`: items of streams with their ids and deletions, and all that is in them.
    - `keyed`: entries of other comprehensions: `k`, or `d` before 1.1.
    - `components`: what else is in LiveComponents (`c`).
    - `dynamics`: what else is in the tree, and the page's title.
    - `events`: `push_event`s (`e`).
    - `replies`: the reply to a hook's `pushEvent` (`r`).
    - `envelope`: the braces and commas of the diff's outermost object; of a whole frame
      also the message around the diff.

    A key and its colon belong to the value; the braces and commas of an inner object to
    the part that the object stands in.
    """

    statics: int = 0
    dynamics: int = 0
    keyed: int = 0
    components: int = 0
    streams: int = 0
    events: int = 0
    replies: int = 0
    envelope: int = 0


class ResentSizes(NamedTuple):
    """Bytes of one diff that the page has already.

    `statics` are templates that it was sent before; `keyed` are entries, whole but for
    templates in them, that their list holds already, if they are three or more;
    `dynamics` are values that stay what they are. Items of streams are none of them.
    """

    statics: int = 0
    keyed: int = 0
    dynamics: int = 0


# The name and the view of an event, and the sizes of its diff's parts (`PartSizes`).
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
        """Take what of one diff its page had already (`ResentSizes`)."""
        ...

    def count(self, metric: str, at: float, n: int = 1) -> None:
        """Take `n` occurrences."""
        ...
