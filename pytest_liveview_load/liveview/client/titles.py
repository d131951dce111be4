"""The tab's title: any view of the page may set it, and the last one has it.

Law: as view.ts applyDiff and dom.ts putTitle. A page of one view is asked when somebody
looks; one with several each time that something comes, so that the order is theirs.
"""

from typing import TYPE_CHECKING, Final

from pytest_liveview_load.liveview.protocol.wire_keys import TITLE

if TYPE_CHECKING:
    from pytest_liveview_load.liveview.client.page import Page
    from pytest_liveview_load.liveview.client.view import View

# In a text this could be anybody's words; then it costs a look too many.
TITLED: Final = f'"{TITLE}":'.encode()


def follow(page: "Page") -> None:
    """Take the title that has just come, before another view's takes its place."""
    for view in page.views:
        content = view.content
        looked_at = content.mounts or content.title is not None
        if looked_at or (content.pending and TITLED in content.pending[-1]):
            take(page, view)


def take(page: "Page", view: "View") -> None:
    """Show the title that the view has set since this was last asked."""
    content, default = view.content, page.dead.title.default
    content.look()
    title, content.title = content.title, None
    mounts, content.mounts = content.mounts, False
    if title is None and mounts and resets(page, view):
        title = ""
    if title is None:
        return
    # An empty one means the default title; where there is none, it means nothing.
    resettable = view.dialect.mount_resets_title and default is not None
    if title.strip() or resettable:
        page.title = title


def resets(page: "Page", view: "View") -> bool:
    """Tell whether a mount without a title shows the page's default one."""
    dialect = view.dialect
    if view is page.main:
        return dialect.mount_resets_title
    return dialect.any_mount_resets_title
