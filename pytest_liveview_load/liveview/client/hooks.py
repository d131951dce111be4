"""What stands in for the page's own JavaScript: a Python class for each `phx-hook` name.

    class Chart(Hook):
        def mounted(self):
            self.push_event("range", {"days": self.attr("data-days")})

        def handle_event(self, event, payload):
            ...

    live.hooks["Chart"] = Chart          # before the page is visited

Law: as view_hook.ts. A hook is called while a frame is delivered, so it waits for
nothing; the step that caused what it pushed waits for the replies. A user without hooks
pays nothing.
"""

from collections import deque
from collections.abc import Callable
from typing import Any, Final, TypeAlias

from pytest_liveview_load.errors import NotLiveView
from pytest_liveview_load.liveview.client.nested_views import owner_of
from pytest_liveview_load.liveview.client.page import Page
from pytest_liveview_load.liveview.client.push import Push
from pytest_liveview_load.liveview.client.tab import Step, Tab
from pytest_liveview_load.liveview.client.view import View
from pytest_liveview_load.liveview.page.actions import Dispatch, LoadingSource
from pytest_liveview_load.liveview.page.document import Document
from pytest_liveview_load.liveview.page.find import find_one
from pytest_liveview_load.liveview.page.html import (
    Element,
    Identity,
    ancestors,
    find_by_identity,
    identify,
)
from pytest_liveview_load.liveview.protocol.channel import parse_reply
from pytest_liveview_load.liveview.protocol.wire import EVENT, REPLY, parse_json

# A hook's event: whom it goes to, what is sent, and what is replied.


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
        view_id = "" if hook is None else document.owner(find_one(document, hook))
        return view_id, target
    element = find_one(document, target)
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


PHX_HOOK: Final = "phx-hook"
HEARD: Final = 256  # push_events of one page that nobody has asked for yet

OnReply: TypeAlias = Callable[[Any], object]


class Hook:
    """One hook on one element; subclass it, and override what the page needs.

    `id` is the element's. Whatever a method raises fails the step.
    """

    def __init__(self, script: "Script", element_id: str) -> None:
        self._script = script
        self.id = element_id

    # Called

    def mounted(self) -> None:
        """Do what the page does when the element is there and its view has joined."""

    def updated(self) -> None:
        """Do what the page does when the server has changed the element."""

    def destroyed(self) -> None:
        """Do what the page does when the element has been taken away."""

    def handle_event(self, event: str, payload: Any) -> None:
        """Hear a `push_event` of the server's, whichever hook it was meant for."""

    def dispatched(self, event: str, detail: Any) -> None:
        """Hear a DOM event on the element: "click", or what JS.dispatch names."""

    # To be called

    def push_event(
        self,
        event: str,
        payload: Any = None,
        on_reply: OnReply | None = None,
        *,
        to: str | int | None = None,
    ) -> None:
        """Push an event; `on_reply` gets what `handle_event` of the server replied.

        `to`: a cid, or a selector of whatever is to get it (JS pushEventTo).
        """
        self._script.push(self, event, payload, on_reply, to)

    def attr(self, name: str) -> str | None:
        """Return an attribute of the element as it is now."""
        document = self._script.document()
        return document.attr(find_one(document, f'[id="{self.id}"]'), name)

    def text(self) -> str:
        """Return what a person reads in the element now."""
        document = self._script.document()
        return document.text(find_one(document, f'[id="{self.id}"]'))


class Script:
    """The hooks of one tab, and the push_events that it has heard."""

    def __init__(self, tab: "Tab") -> None:
        self.tab = tab
        self.classes: dict[str, type[Hook]] = {}
        self.living: dict[str, tuple[Hook, str]] = {}  # by element id, with its HTML
        self.heard: deque[tuple[str, Any]] = deque(maxlen=HEARD)
        self.pushes: deque[Push] = deque()
        self._page: Page | None = None

    def changed(self, page: Page) -> None:
        """Bring the hooks up to what the page shows, then tell them what was pushed."""
        if page is not self._page:
            self._page = page
            self.living.clear()
            self.heard.clear()
            self.pushes.clear()
        joined = page.main is not None and page.main.joined
        if self.classes and joined:
            self._meet(page.document())
        for event, payload, *_ in page.take_events():
            self.heard.append((event, payload))
            for hook, _ in list(self.living.values()):
                self._call(hook.handle_event, event, payload)

    def document(self) -> Document:
        """Return what the page shows now."""
        if self._page is None:
            raise RuntimeError("a hook lives on a page")
        return self._page.document()

    def push(
        self, hook: Hook, event: str, payload: Any, on_reply: OnReply | None, to: Any
    ) -> None:
        """Push for a hook; the step under way waits for the reply."""
        page = self._page
        if page is None or page.main is None:
            raise NotLiveView("" if page is None else page.url, f"push of {event!r}")
        view_id, cid = target_of(page, to, f'[id="{hook.id}"]')
        view = page.view(view_id) or page.main
        push = push_of_hook(view, event, payload, cid)
        awaited = LoadingSource(HOOK, Identity(hook.id))
        push.number = view.in_flight.mark(awaited, page.latest)
        self.pushes.append(push)
        if on_reply is not None:
            answered = on_reply

            def replied(_: object) -> None:
                if push.error is None and push.response is not None:
                    self._call(answered, reply_of(push))

            push.answered.add_done_callback(replied)

    def pending(self) -> Push | None:
        """Return a push of a hook's that no step has waited for yet."""
        return self.pushes.popleft() if self.pushes else None

    def around(self, element: Element) -> list[Hook]:
        """Return the hooks that a DOM event on the element reaches, innermost first."""
        ids = (node.get("id", "") for node in ancestors(element))
        return [self.living[each][0] for each in ids if each in self.living]

    def dispatch(self, action: Dispatch) -> None:
        """Tell hooks of a DOM event that JS.dispatch made."""
        for identity in action.identities:
            element = find_by_identity(self.document().root, identity)
            reached = [] if element is None else self.around(element)
            for hook in reached if action.bubbles else reached[:1]:
                self._call(hook.dispatched, action.event, action.detail)

    def clicked(self, element: Element) -> bool:
        """Tell hooks of a click; return whether there was one to tell."""
        reached = self.around(element)
        for hook in reached:
            self._call(hook.dispatched, "click", None)
        return bool(reached)

    def _meet(self, document: Document) -> None:
        found = {
            document.attr(each, "id") or "": each
            for each in document.all(f"[{PHX_HOOK}][id]")
            if each.get(PHX_HOOK) in self.classes
        }
        for element_id in self.living.keys() - found.keys():
            self._call(self.living.pop(element_id)[0].destroyed)
        for element_id, element in found.items():
            html = document.html(element)
            known = self.living.get(element_id)
            if known is None:
                hook = self.classes[element.get(PHX_HOOK, "")](self, element_id)
                self.living[element_id] = hook, html
                self._call(hook.mounted)
            elif known[1] != html:
                self.living[element_id] = known[0], html
                self._call(known[0].updated)

    def _call(self, method: Callable[..., object], *arguments: Any) -> None:
        try:
            method(*arguments)
        except Exception as error:  # noqa: BLE001 - the step must be told, not the socket
            self.tab.failure = self.tab.failure or error


# A raw event, as a hook's `pushEvent` and `pushEventTo` send it, as a step of its own.


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
            awaited = LoadingSource(HOOK, identify(find_one(page.latest, hook)))
            push.number = view.in_flight.mark(awaited, page.latest)
            tab.wake()
        await tab.settle(step, [push])
    finally:
        tab.step = None
    return reply_of(push)
