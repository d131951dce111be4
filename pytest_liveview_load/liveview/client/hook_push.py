"""A hook's event: whom it goes to, what is sent, and what is replied.

Law: as view.ts pushHookEvent: type "hook", the value as it is; without a target the view
of the hook's element gets it, never a component.
"""

from typing import Any, Final

from pytest_liveview_load.liveview.client.page import Page
from pytest_liveview_load.liveview.client.push import Push
from pytest_liveview_load.liveview.client.view import View
from pytest_liveview_load.liveview.protocol.reply import parse_reply
from pytest_liveview_load.liveview.protocol.wire import parse_json
from pytest_liveview_load.liveview.protocol.wire_keys import EVENT, REPLY

HOOK: Final = "hook"


def target_of(
    page: Page, target: str | int | None, hook: str | None = None
) -> tuple[str, int | None]:
    """Return the view and the cid that `target` means: what it selects belongs to them.

    A cid, or nothing, is of the view of the element that `hook` selects; without one of
    the main view ("").
    """
    document = page.document()
    if target is None or isinstance(target, int):
        view_id = "" if hook is None else document.owner(document.one(hook))
        return view_id, target
    element = document.one(target)
    return document.owner(element), document.component(element)


def push_of_hook(view: View, event: str, value: object, cid: int | None) -> Push:
    """Push an event as a hook does; without a value it is an empty object."""
    said = {"type": HOOK, "event": event, "value": {} if value is None else value}
    if cid is not None:
        said["cid"] = cid
    component = "" if cid is None else str(cid)
    return view.push(EVENT, said, name=event, kind=HOOK, component=component)


def reply_of(push: Push) -> Any:
    """Return what `handle_event` of the server replied, None without `{:reply, …}`."""
    diff = None if push.response is None else parse_reply(push.response).diff
    answered = None if diff is None else parse_json(diff)
    return answered.get(REPLY) if isinstance(answered, dict) else None
