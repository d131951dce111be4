"""What a person did, done: the actions of `liveview.page.click` become pushes and navigation.

Law: a step ends when every reply that it caused has arrived and every navigation that it
began has mounted.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from pytest_liveview_load.errors import NotLiveView
from pytest_liveview_load.liveview.client.navigation import (
    begin_load,
    follow,
    patch,
    patched,
)
from pytest_liveview_load.liveview.client.nested_views import owner_of
from pytest_liveview_load.liveview.client.page import Page, sight
from pytest_liveview_load.liveview.client.push import Push
from pytest_liveview_load.liveview.client.tab import Step, Tab, Waiter
from pytest_liveview_load.liveview.client.view import View
from pytest_liveview_load.liveview.page import click
from pytest_liveview_load.liveview.page.actions import (
    Action,
    Dispatch,
    HttpSubmit,
    LiveNavigate,
    LivePatch,
    PageLoad,
    PushEvent,
    VisualCommand,
)
from pytest_liveview_load.liveview.page.debounce import release_held
from pytest_liveview_load.liveview.page.form_state import VisiblePage
from pytest_liveview_load.liveview.page.html import find_by_identity
from pytest_liveview_load.liveview.protocol.wire import EVENT

if TYPE_CHECKING:
    from pytest_liveview_load.liveview.client.uploads import Uploads

DEEPEST_DISPATCH = 20

# Reads the page and decides what the person's gesture comes to.
Plan: TypeAlias = Callable[[VisiblePage], list[Action]]


async def act(tab: Tab, step: Step, *plans: Plan) -> None:
    """Do gestures one after the other, as one step."""
    tab.step = step
    try:
        for plan in plans:
            page = await tab.ready(step)
            actions = plan(sight(page))
            if tab.uploads is not None:
                actions = await files_first(tab.uploads, tab, page, step, actions)
            await perform(tab, page, step, actions)
        if tab.page is not None and tab.page.form.uses_debounce:
            await tell_what_is_held_back(tab, tab.page, step)
    finally:
        tab.step = None


async def dispatch(
    tab: Tab, page: Page, step: Step, action: Dispatch, depth: int
) -> None:
    """Tell of a DOM event that JS.dispatch makes: hooks first, then who is bound to it.

    Raises ElementError for one that causes itself: a browser's stack would overflow.
    """
    if tab.script is not None:
        tab.script.dispatch(action)
    for identity in action.identities:
        scene = sight(page)
        element = find_by_identity(scene.document.root, identity)
        if element is not None and tab.page is page:
            if depth > DEEPEST_DISPATCH:
                problem = f"dispatches {action.event!r} in a circle"
                raise scene.document.error_about(element, problem)
            heard = click.dispatch_event(scene, action.event, element)
            if heard:
                await perform(tab, page, step, heard, depth)


async def files_first(
    uploads: "Uploads", tab: Tab, page: Page, step: Step, actions: list[Action]
) -> list[Action]:
    """Upload the files of a form that is submitted; return what is left to do then."""
    rest: list[Action] = []
    for action in actions:
        if isinstance(action, PushEvent) and uploads.waits(page, action):
            await perform(tab, page, step, rest)
            view = await owner_of(tab, page, step, action.view_id)
            # The form waits from now on: pushFormSubmit disables it, then uploads.
            number = view.in_flight.mark(action.loading_source, page.latest)
            tab.wake()
            try:
                rest = [*await uploads.before(page, view, step, action)]
            finally:
                view.in_flight.unmark(number)
        else:
            rest.append(action)
    return rest


async def tell_what_is_held_back(tab: Tab, page: Page, step: Step) -> None:
    """Wait as long as debounces do, and tell the server what they held back."""
    debounce = page.form.debounce
    while tab.page is page and (due := debounce.next_due()) is not None:
        identity, seconds = due
        waiter: Waiter = step.loop.create_future()
        timer = step.loop.call_later(seconds, waiter.set_result, True)  # noqa: FBT003
        try:
            await step.wait(waiter, f"phx-debounce of {seconds * 1000:g} ms")
        finally:
            timer.cancel()
        await tab.ready(step)
        if tab.page is page:
            await perform(tab, page, step, release_held(sight(page), identity))


async def perform(
    tab: Tab, page: Page, step: Step, actions: list[Action], depth: int = 0
) -> None:
    """Do `actions` at once, as the real client does, and wait for what they cause."""
    pushes: list[Push] = []
    patches: list[tuple[Push, LivePatch]] = []
    for action in actions:
        if isinstance(action, PushEvent):
            if tab.page is page:  # a link before it may have left the page
                view = page.view(action.view_id)
                if view is None or not view.joined:
                    view = await owner_of(tab, page, step, action.view_id)
                push = push_event(view, action)
                push.number = view.in_flight.mark(action.loading_source, page.latest)
                pushes.append(push)
        elif isinstance(action, LivePatch) and page.main is not None:
            push = patch(page, action.url)
            push.number = page.main.in_flight.mark(action.loading_source, page.latest)
            pushes.append(push)
            patches.append((push, action))
        elif isinstance(action, LiveNavigate):
            moving = tab.start("navigate", tab.network.clock())
            page.clicked = action.source
            follow(tab, page, moving, action)
        elif isinstance(action, VisualCommand):
            page.run_visual_command(action)
        elif isinstance(action, Dispatch):
            await dispatch(tab, page, step, action, depth + 1)
        elif isinstance(action, HttpSubmit):
            submit_over_http(tab, action)
        elif isinstance(action, PageLoad | LivePatch):
            begin_load(tab, tab.start("visit"), action.url, unload=True)
    if not pushes and tab.moving is None:
        return
    tab.wake()
    await tab.settle(step, pushes)
    for push, action in patches:
        patched(tab, push, action.url, replace=action.replace)
    if tab.moving is not None:
        await tab.settle(step, [])


def push_event(view: View, action: PushEvent) -> Push:
    """Push one event to the view that it is for."""
    cid = action.cid
    return view.push(
        EVENT,
        action.payload,
        name=action.event,
        kind=action.kind,
        component="" if cid is None else str(cid),
    )


def submit_over_http(tab: Tab, action: HttpSubmit) -> None:
    """Submit a form as a browser does: the page's channels are left first."""
    begin_load(
        tab,
        tab.moving or tab.start("visit"),
        action.url,
        method=action.method,
        body=action.body or None,
        unload=True,
    )


def live_view(page: Page, step: Step) -> View:
    """Return the page's view; raises NotLiveView when it has none."""
    if page.main is None:
        raise NotLiveView(page.url, step.name)
    return page.main
