"""Carries out what a gesture leads to: the actions of `liveview.page` become pushes and loads.

A step ends when every reply that it caused has arrived and every navigation that it began
has mounted.
"""

from collections.abc import Callable
from typing import Any, TypeAlias

from pytest_liveview_load.liveview.client import hooks
from pytest_liveview_load.liveview.client.lifecycle import bound_to
from pytest_liveview_load.liveview.client.navigation import (
    begin_load,
    follow_link,
    go_to_part,
    push_patch,
    submit_over_http,
)
from pytest_liveview_load.liveview.client.page import Page
from pytest_liveview_load.liveview.client.push import Push, new_waiter, resolve
from pytest_liveview_load.liveview.client.tab import Step
from pytest_liveview_load.liveview.client.uploads import (
    awaits_uploads,
    upload_before_submit,
)
from pytest_liveview_load.liveview.client.view import View
from pytest_liveview_load.liveview.page.actions import (
    Action,
    Dispatch,
    HttpSubmit,
    LiveNavigate,
    LivePatch,
    LoadingSource,
    PageLoad,
    PartOfPage,
    PushEvent,
    VisualCommand,
)
from pytest_liveview_load.liveview.page.events import release_held, return_focus
from pytest_liveview_load.liveview.page.find import find_one
from pytest_liveview_load.liveview.page.form_state import VisiblePage
from pytest_liveview_load.liveview.page.html import identify
from pytest_liveview_load.liveview.protocol.wire import EVENT

# Reads the page and decides what the person's gesture comes to.
Plan: TypeAlias = Callable[[VisiblePage], list[Action]]


async def act(step: Step, *plans: Plan) -> None:
    """Do gestures one after the other, as one step."""
    with step:
        for plan in plans:
            page = await step.ready()
            actions = plan(page.visible_page())
            if step.tab.uploads is not None:
                actions = await upload_first(step, page, actions)
            await perform(step, page, actions)
        page_now = step.tab.page
        if page_now is not None and page_now.form.uses_debounce:
            await push_debounced(step, page_now)


async def dispatch(step: Step, page: Page, action: Dispatch, depth: int) -> None:
    """Tell of a DOM event that JS.dispatch makes, and do what is bound to it.

    Raises ElementError for one that causes itself.
    """
    for bound in bound_to(step.tab, page, action, depth):
        uploads = step.tab.uploads is not None
        rest = await upload_first(step, page, bound) if uploads else bound
        if rest:
            await perform(step, page, rest, depth)


async def upload_first(step: Step, page: Page, actions: list[Action]) -> list[Action]:
    """Upload the files of a form that is submitted; return what is left to do then."""
    rest: list[Action] = []
    for action in actions:
        if isinstance(action, PushEvent) and awaits_uploads(page, action):
            await perform(step, page, rest)
            view = await step.joined_view(page, action.view_id)
            # The form waits from now on: pushFormSubmit disables it, then uploads.
            number = view.in_flight.mark(action.loading_source, page.latest)
            step.tab.wake()
            try:
                rest = [*await upload_before_submit(step, page, view, action)]
            finally:
                view.in_flight.unmark(number)
        else:
            rest.append(action)
    return rest


async def push_debounced(step: Step, page: Page) -> None:
    """Wait as long as debounces do, and tell the server what they held back."""
    tab = step.tab
    debounce = page.form.debounce
    while tab.page is page and (due := debounce.next_due()) is not None:
        identity, seconds = due
        waiter = new_waiter()
        timer = step.loop.call_later(seconds, resolve, waiter)
        try:
            await step.wait(waiter, f"phx-debounce of {seconds * 1000:g} ms")
        finally:
            timer.cancel()
        await step.ready()
        if tab.page is page:
            await perform(step, page, release_held(page.visible_page(), identity))


async def perform(
    step: Step, page: Page, actions: list[Action], depth: int = 0
) -> None:
    """Do `actions` at once, as the real client does, and wait for what they cause."""
    tab = step.tab
    pushes: list[Push] = []
    for action in actions:
        if isinstance(action, PushEvent):
            if tab.page is page:  # a link before it may have left the page
                view = page.views.main
                if (
                    view is None
                    or not view.joined
                    or action.view_id not in ("", view.id)
                ):
                    view = await step.joined_view(page, action.view_id)
                push = push_event(view, action)
                push.number = view.in_flight.mark(action.loading_source, page.latest)
                pushes.append(push)
        elif isinstance(action, LivePatch) and (main := page.linked) is not None:
            push = push_patch(page, main, action.url, replace=action.replace)
            push.number = main.in_flight.mark(action.loading_source, page.latest)
            pushes.append(push)
        elif isinstance(action, LiveNavigate):
            navigation = tab.start_navigation("navigate", tab.network.clock())
            page.clicked = action.source
            follow_link(tab, page, navigation, action)
        elif isinstance(action, VisualCommand):
            page.run_visual_command(action)
            if tab.hooks is not None:
                tab.hooks.commands_ran()
        elif isinstance(action, PartOfPage):
            go_to_part(tab, page, action.url)
        elif isinstance(action, Dispatch):
            await dispatch(step, page, action, depth + 1)
        elif isinstance(action, HttpSubmit):
            submit_over_http(tab, action)
        elif isinstance(action, PageLoad | LivePatch):
            begin_load(tab, tab.start_navigation("visit"), action.url, unload=True)
    of_hooks = page.unawaited and not depth
    if not pushes and not of_hooks and tab.navigation is None:
        return
    tab.wake()
    await step.settle(pushes)
    if page.form.submitted_from is not None and tab.page is page:
        await perform(step, page, return_focus(page.visible_page()), depth)


def push_event(view: View, action: PushEvent) -> Push:
    """Push one event to the view that it is for."""
    name, kind = action.event, action.kind
    component = "" if action.cid is None else str(action.cid)
    return view.push(EVENT, action.payload, name=name, kind=kind, component=component)


async def push_as_hook(
    step: Step,
    event: str,
    value: Any,
    target: str | int | None,
    hook: str | None = None,
) -> Any:
    """Push an event as a hook's `pushEvent` and `pushEventTo` do, as a step of its own.

    Wait for all that it causes; return the reply's `r`, None without one.
    """
    with step:
        page = await step.ready()
        view_id, cid = hooks.target_of(page, target, hook)
        view = await step.joined_view(page, view_id)
        push = hooks.push_of_hook(view, event, value, cid)
        if hook is not None:
            awaited = LoadingSource(hooks.HOOK, identify(find_one(page.latest, hook)))
            push.number = view.in_flight.mark(awaited, page.latest)
            step.tab.wake()
        await step.settle([push])
    return hooks.reply_of(push)
