"""What a view tells the tab that it is shown in, as a seam.

Law: told while a frame is being delivered; nobody waits in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_liveview_load.errors import StepError
    from pytest_liveview_load.liveview.client.view import View
    from pytest_liveview_load.liveview.protocol.reply import LiveReply, Redirect


class Host(Protocol):
    """The page that a view is part of; `page.Page` is one."""

    def view_changed(self, at: float) -> None:
        """Learn that there is something new to look at."""
        ...

    def view_patched(self, view: View) -> None:
        """Learn that a diff may have brought or taken away nested views."""
        ...

    def view_lost(self, view: View, error: Callable[[str], StepError]) -> bool:
        """Learn that the view is gone for now, and its nested views with it.

        `error` is what a step that waits for one of those is told; return whether one was.
        """
        ...

    def view_stays_away(self, view: View) -> None:
        """Learn that the view has been gone for so long that the page may say so."""
        ...

    def view_returns(self, view: View) -> None:
        """Learn that a rejoin is about to replace what the view shows."""
        ...

    def view_joined(self, view: View, reply: LiveReply, at: float) -> None:
        """Learn that the server took the join."""
        ...

    def view_refused(self, view: View, reply: LiveReply) -> None:
        """Learn that the server refused the join, and decide where to go."""
        ...

    def view_sent_away(
        self, view: View, event: str, to: Redirect, since: float
    ) -> None:
        """Follow a live_patch, live_redirect or redirect, caused at `since`."""
        ...

    def view_failed(self, error: StepError) -> None:
        """Keep an error that no step in flight could be told."""
        ...
