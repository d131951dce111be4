"""What is measured of a push whose reply has arrived, and of what came unasked.

Law: an event is counted once, under its view's name; what nobody named is not measured.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_liveview_load.protocol.wire_keys import DIFF, EVENT

if TYPE_CHECKING:
    from pytest_liveview_load.client.tab.push import Push
    from pytest_liveview_load.client.tab.socket import Socket
    from pytest_liveview_load.protocol.channel import Pushed

PATCH = "patch"  # the metric of a live_patch
UNSOLICITED = "*push"  # the label of diffs that no event asked for


def record(
    socket: Socket, view: str, push: Push, diff: bytes | None, size: int, arrived: float
) -> None:
    """Record one round trip of the view called `view`; its reply is `size` bytes."""
    observer, metric, name, sent = socket.observer, push.metric, push.name, push.sent
    if metric == EVENT:
        kind, component = push.kind, push.component
        observer.timing(
            metric,
            sent,
            arrived,
            name=name,
            view=view,
            kind=kind,
            component=component,
        )
        observer.size("diff_bytes", size, sent, name=name, view=view)
        socket.network.dissection.take(observer, view, name, diff, size, sent)
        observer.count("events", sent)
    elif metric == PATCH:
        observer.timing(metric, sent, arrived, name=name, view=view)


def record_unasked(
    socket: Socket, view: str, pushed: Pushed, size: int, arrived: float
) -> None:
    """Record what the view called `view` was pushed."""
    observer = socket.observer
    observer.count("pushes", arrived)
    if pushed.event != DIFF:
        return
    diff = bytes(pushed.payload)
    observer.size("diff_bytes", size, arrived, name=UNSOLICITED, view=view)
    socket.network.dissection.take(observer, view, UNSOLICITED, diff, size, arrived)
