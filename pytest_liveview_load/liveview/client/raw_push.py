"""A raw event, as a hook's `pushEvent` and `pushEventTo` send it, as a step of its own.

Law: the step ends when all that it causes has happened.
"""

from typing import Any

from pytest_liveview_load.liveview.client.hook_push import (
    HOOK,
    push_of_hook,
    reply_of,
    target_of,
)
from pytest_liveview_load.liveview.client.owners import owner_of
from pytest_liveview_load.liveview.client.step import Step
from pytest_liveview_load.liveview.client.tab import Tab
from pytest_liveview_load.liveview.page.actions import Awaited
from pytest_liveview_load.liveview.page.identity import identify


async def raw_push(
    tab: Tab,
    step: Step,
    event: str,
    value: Any,
    target: str | int | None,
    hook: str | None = None,
) -> Any:
    """Push and wait for all that it causes; return the reply's `r`, None without one."""
    tab.step = step
    try:
        page = await tab.ready(step)
        view_id, cid = target_of(page, target, hook)
        view = await owner_of(tab, page, step, view_id)
        push = push_of_hook(view, event, value, cid)
        if hook is not None:
            awaited = Awaited(HOOK, identify(page.latest.one(hook)))
            push.number = view.in_flight.mark(awaited, page.latest)
            tab.wake()
        await tab.settle(step, [push])
    finally:
        tab.step = None
    return reply_of(push)
