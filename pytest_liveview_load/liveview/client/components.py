"""Telling the server of live components that have left the page.

Law: as view.ts maybePushComponentsDestroyed: announce, look again when that is
answered, and say which are really gone. A page without components pays nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_liveview_load.liveview.protocol.wire_keys import (
    CIDS_DESTROYED,
    CIDS_WILL_DESTROY,
)

if TYPE_CHECKING:
    from pytest_liveview_load.liveview.client.push import Push
    from pytest_liveview_load.liveview.client.view import View
    from pytest_liveview_load.liveview.protocol.reply import LiveReply


def sweep(view: View) -> None:
    """After a diff, tell what else it has changed: nested views, components."""
    content = view.content
    if content.has_views:
        view.host.view_patched(view)
    elif content.has_components:
        announce(view)


def announce(view: View) -> None:
    """Announce the components that a diff took away."""
    gone = view.content.destroyed()
    if gone:
        view.push(
            CIDS_WILL_DESTROY, {"cids": gone}, metric=CIDS_WILL_DESTROY, cids=gone
        )


def swept(view: View, push: Push, reply: LiveReply) -> None:
    """Go on once the server has answered one of our announcements."""
    content = view.content
    if push.metric == CIDS_WILL_DESTROY:
        gone = [cid for cid in push.cids if cid not in content.cids]
        if gone:
            view.push(CIDS_DESTROYED, {"cids": gone}, metric=CIDS_DESTROYED, cids=gone)
    elif reply.cids:
        content.forget(tuple(reply.cids))
