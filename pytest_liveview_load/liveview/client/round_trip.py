"""What is measured of a join, of a push whose reply has arrived, and of what came unasked.

Law: an event is counted once, under its view's name; what nobody named is not measured.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_liveview_load.liveview.protocol.wire_keys import DIFF, EVENT

if TYPE_CHECKING:
    from pytest_liveview_load.liveview.client.push import Push
    from pytest_liveview_load.liveview.client.view import View
    from pytest_liveview_load.liveview.protocol.channel import Pushed

PATCH = "patch"  # the metric of a live_patch
UNSOLICITED = "*push"  # the label of diffs that no event asked for
UNNAMED = ""  # a diff that is not measured


def record_join(view: View, rendered: bytes, size: int, arrived: float) -> None:
    """Record a join, whose reply is `size` bytes."""
    socket, name, sent = view.socket, view.name, view.join_sent
    socket.observer.timing("join", sent, arrived, name=name, view=name)
    socket.observer.size("join_bytes", size, sent, name=name, view=name)
    network = socket.network
    shared = network.intern(rendered)
    view.content.witness = network.witnesses.joined(name, shared, view.dialect)


def record(
    view: View, push: Push, diff: bytes | None, size: int, arrived: float
) -> None:
    """Record one round trip; its reply is `size` bytes."""
    socket, of_view = view.socket, view.name
    observer, metric, name, sent = socket.observer, push.metric, push.name, push.sent
    if metric == EVENT:
        kind, component = push.kind, push.component
        observer.timing(
            metric,
            sent,
            arrived,
            name=name,
            view=of_view,
            kind=kind,
            component=component,
        )
        observer.size("diff_bytes", size, sent, name=name, view=of_view)
        socket.network.dissection.take(observer, of_view, name, diff, size, sent)
    elif metric == PATCH:
        observer.timing(metric, sent, arrived, name=name, view=of_view)
    witness = view.content.witness
    if witness is not None and diff is not None:
        known_as = name if metric == EVENT else UNNAMED
        view.content.witness = witness.hear(observer, known_as, diff)


def record_unasked(view: View, pushed: Pushed, size: int, arrived: float) -> None:
    """Record what the view was pushed."""
    observer, name = view.socket.observer, view.name
    observer.count("pushes", arrived)
    if pushed.event != DIFF:
        return
    diff = bytes(pushed.payload)
    observer.size("diff_bytes", size, arrived, name=UNSOLICITED, view=name)
    dissection = view.socket.network.dissection
    dissection.take(observer, name, UNSOLICITED, diff, size, arrived)
    witness = view.content.witness
    if witness is not None:
        view.content.witness = witness.hear(observer, UNSOLICITED, diff)
