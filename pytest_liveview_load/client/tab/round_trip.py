"""What is measured of a push whose reply has arrived.

Law: an event is counted once, under its view's name; what nobody named is not measured.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_liveview_load.protocol.wire_keys import EVENT

if TYPE_CHECKING:
    from pytest_liveview_load.client.observer import Observer
    from pytest_liveview_load.client.tab.push import Push

PATCH = "patch"  # the metric of a live_patch


def record(
    observer: Observer, view: str, push: Push, size: int, arrived: float
) -> None:
    """Record one round trip of the view called `view`."""
    metric, name, sent = push.metric, push.name, push.sent
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
        observer.count("events", sent)
    elif metric == PATCH:
        observer.timing(metric, sent, arrived, name=name, view=view)
