"""A raw event, as a hook's `pushEvent` and `pushEventTo` send it.

Law: as view.ts pushHookEvent: type "hook", the value as it is.
"""

from typing import Any

from pytest_liveview_load.client.owners import owner_of
from pytest_liveview_load.client.page import Page
from pytest_liveview_load.client.step import Step
from pytest_liveview_load.client.tab import Tab
from pytest_liveview_load.protocol.codec import parse_json
from pytest_liveview_load.protocol.reply import parse_reply
from pytest_liveview_load.protocol.wire_keys import EVENT, REPLY

HOOK = "hook"


async def raw_push(
    tab: Tab, step: Step, event: str, value: Any, target: str | int | None
) -> Any:
    """Push and wait for all that it causes; return the reply's `r`, None without one."""
    tab.step = step
    try:
        page = await tab.ready(step)
        view_id, cid = addressed(page, target)
        view = await owner_of(tab, page, step, view_id)
        payload = {
            "type": HOOK,
            "event": event,
            "value": {} if value is None else value,
        }
        if cid is not None:
            payload["cid"] = cid
        component = "" if cid is None else str(cid)
        push = view.push(EVENT, payload, name=event, kind=HOOK, component=component)
        await tab.settle(step, [push])
    finally:
        tab.step = None
    diff = None if push.response is None else parse_reply(push.response).diff
    answered = None if diff is None else parse_json(diff)
    return answered.get(REPLY) if isinstance(answered, dict) else None


def addressed(page: Page, target: str | int | None) -> tuple[str, int | None]:
    """Return the view and the cid that `target` means: what it selects belongs to them.

    A cid, or nothing, is the main view's ("").
    """
    if target is None or isinstance(target, int):
        return "", target
    document = page.document()
    element = document.one(target)
    return document.owner(element), document.component(element)
