"""What stands in for the page's own JavaScript: a Python class for each `phx-hook` name.

    class Chart(Hook):
        def mounted(self):
            self.push_event("range", {"days": self.attr("data-days")})

        def handle_event(self, event, payload):
            ...

    live.hooks["Chart"] = Chart          # before the page is visited

As view_hook.ts. A hook is called while a frame is delivered, so it waits for nothing; the
step that caused what it pushed waits for the replies. A user without hooks pays nothing.
"""

from collections import UserDict, deque
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple, TypeAlias

from pytest_liveview_load.errors import CallError, NotLiveView
from pytest_liveview_load.liveview.client.page import Page
from pytest_liveview_load.liveview.client.push import Push
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
from pytest_liveview_load.units import near_miss

HOOK: Final = "hook"
PHX_HOOK: Final = "phx-hook"


def target_of(
    page: Page, target: str | int | None, hook: str | None = None
) -> tuple[str, int | None]:
    """Return the view and the cid that `target` means: what it selects belongs to them.

    A cid, or nothing, is of the view of the element that `hook` selects; without one of
    the main view ("").
    """
    document = page.document()
    hooked = None if hook is None else find_one(document, hook)
    if hooked is not None and not document.attr(hooked, PHX_HOOK):
        hooks = [document.describe(each) for each in document.all(f"[{PHX_HOOK}]")]
        raise document.error_about(hooked, "has no phx-hook", candidates=hooks)
    if target is None or isinstance(target, int):
        return "" if hooked is None else document.owner(hooked), target
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


MOST_RECEIVED: Final = 256  # push_events of one page that nobody has asked for yet

OnReply: TypeAlias = Callable[[Any], object]


class Hook:
    """One `phx-hook` on one element, written in Python: subclass it and override what you need.

    Set `live.hooks["Chart"] = Chart` before the page is visited. `id` is the element's id. Methods
    must not wait; whatever one raises fails the step.

    Example:
        class Echo(Hook):
            def mounted(self):
                self.push_event("ping", {}, on_reply=print)


        async def test_a_hook(live):
            live.hooks["Echo"] = Echo
            await live.visit("/hooks")
            second = await live.push_event("ping", hook="#echo")
            assert second == {"pong": 2}
    """

    def __init__(self, hooks: "TabHooks", element_id: str) -> None:
        self._hooks = hooks
        self.id = element_id

    # Called

    def mounted(self) -> None:
        """Called when the element is on the page and its view has joined."""

    def updated(self) -> None:
        """Called when the server has changed the element."""

    def destroyed(self) -> None:
        """Called when the element has been removed."""

    def disconnected(self) -> None:
        """Called when the element's view has lost its server."""

    def reconnected(self) -> None:
        """Called when the element's view has its server back."""

    def handle_event(self, event: str, payload: Any) -> None:
        """Called for each `push_event` of the server, of any name and for any hook."""

    def dispatched(self, event: str, detail: Any) -> None:
        """Called for a DOM event on the element: "click", or what JS.dispatch names."""

    # To be called

    def push_event(
        self,
        event: str,
        payload: Any = None,
        on_reply: OnReply | None = None,
        *,
        to: str | int | None = None,
    ) -> None:
        """Push an event; `on_reply` is called with what `handle_event` of the server replied.

        While the element's view is without its server nothing is pushed, as in a browser.

        `to` is a component's cid or a selector, as for JavaScript's pushEventTo.
        """
        self._hooks.push(self, event, payload, on_reply, to)

    def exec_js(self, commands: str | None, *, to: str | None = None) -> None:
        """Run JS commands at the element, or at the one that `to` selects.

        `commands` is an attribute that they were rendered into, such as
        `self.attr("data-show")`: as JavaScript's `liveSocket.execJS`.
        """
        self._hooks.execute(self, commands, to)

    def attr(self, name: str) -> str | None:
        """Return an attribute of the element as it is now."""
        document = self._hooks.document()
        return document.attr(find_one(document, f'[id="{self.id}"]'), name)

    def text(self) -> str:
        """Return what a person reads in the element now."""
        document = self._hooks.document()
        return document.text(find_one(document, f'[id="{self.id}"]'))


class HookClasses(UserDict[str, type[Hook]]):
    """The classes of a user's hooks, by name. Raises CallError for what is none."""

    def __setitem__(self, name: str, given: type[Hook]) -> None:
        if not (isinstance(given, type) and issubclass(given, Hook)):
            problem = (
                f"it is no class of a hook: write class {name}(Hook), and give that"
            )
            raise CallError(f"live.hooks[{name!r}] = {given!r}", problem)
        super().__setitem__(name, given)


class MountedHook(NamedTuple):
    """A hook, and what it was mounted on: its element in a view, or outside of all."""

    hook: Hook
    place: View | Page
    tag: str
    html: str
    away: bool = False  # its view was without its server when it was last told


class TabHooks:
    """The hooks of one tab, and the push_events that it has received.

    `on_error` is told what a hook raises; `run_commands` runs JS commands at an element.
    `met` are the names in use on the pages that the tab has shown.
    """

    def __init__(
        self,
        on_error: Callable[[Exception], None],
        run_commands: Callable[[Page, Identity, str], None],
    ) -> None:
        self.on_error = on_error
        self.run_commands = run_commands
        self.classes = HookClasses()
        self.met: set[str] = set()
        self.mounted: dict[str, MountedHook] = {}  # by element id
        self.received: deque[tuple[str, Any]] = deque(maxlen=MOST_RECEIVED)
        self._page: Page | None = None

    def changed(self, page: Page) -> None:
        """Bring the hooks up to what the page shows, then tell them what was pushed."""
        if page is not self._page:
            self._page = page
            self.mounted.clear()
            self.received.clear()
        self._tell_connection(lost=True)
        joined = page.views.main is not None and page.views.main.joined
        if self.classes and joined:
            self._update(page)
        for event, payload, *_ in page.take_events():
            self.received.append((event, payload))
            for each in list(self.mounted.values()):
                self._call(each.hook.handle_event, event, payload)
        self._tell_connection(lost=False)

    def document(self) -> Document:
        """Return what the page shows now."""
        return self._shown()[1]

    def push(
        self, hook: Hook, event: str, payload: Any, on_reply: OnReply | None, to: Any
    ) -> None:
        """Push for a hook; the step under way waits for the reply."""
        page = self._page
        if page is None or page.views.main is None:
            raise NotLiveView("" if page is None else page.url, f"push of {event!r}")
        view_id, cid = target_of(page, to, f'[id="{hook.id}"]')
        view = page.views.get(view_id) or page.views.main
        if not view.joined:
            return
        push = push_of_hook(view, event, payload, cid)
        awaited = LoadingSource(HOOK, Identity(hook.id))
        push.number = view.in_flight.mark(awaited, page.latest)
        page.unawaited = (*page.unawaited, push)
        if on_reply is not None:
            answered = on_reply

            def replied(_: object) -> None:
                if push.error is None and push.response is not None:
                    self._call(answered, reply_of(push))

            push.answered.add_done_callback(replied)

    def execute(self, hook: Hook, commands: object, to: str | None) -> None:
        """Run JS commands for a hook. Raises ElementError for what are none."""
        page, document = self._shown()
        element = find_one(document, to or f'[id="{hook.id}"]')
        if not isinstance(commands, str) or not commands.startswith("["):
            problem = f"was given {commands!r} to run, which are no JS commands"
            advice = 'give exec_js an attribute that holds them: self.attr("data-show")'
            raise document.error_about(element, problem, advice=advice)
        self.run_commands(page, identify(element), commands)

    def listens(self, element: Element) -> bool:
        """Tell whether a DOM event on the element reaches a hook."""
        return bool(self.around(element))

    def around(self, element: Element) -> list[Hook]:
        """Return the hooks that a DOM event on the element reaches, innermost first."""
        ids = (node.get("id", "") for node in ancestors(element))
        return [self.mounted[each].hook for each in ids if each in self.mounted]

    def dispatch(self, action: Dispatch) -> None:
        """Tell hooks of a DOM event: a click, or one that JS.dispatch made."""
        for identity in action.identities:
            element = find_by_identity(self.document().root, identity)
            reached = [] if element is None else self.around(element)
            for hook in reached if action.bubbles else reached[:1]:
                self._call(hook.dispatched, action.event, action.detail)

    def commands_ran(self) -> None:
        """Learn that JS commands have changed the page: no hook is told of that."""
        if self.mounted:
            document = self.document()
            for element_id, known in self.mounted.items():
                found = document.first(f'[id="{element_id}"]')
                if found is not None:
                    html = document.html(found)
                    self.mounted[element_id] = known._replace(html=html)

    def check_met(self) -> None:
        """Raise CallError for a class whose hook was on no page: it did nothing."""
        for name in self.classes.keys() - self.met if self._page is not None else ():
            met = ", ".join(map(repr, sorted(self.met))) or "none"
            problem = (
                f"no page that was visited has phx-hook={name!r}: they have {met}."
                f"{near_miss(name, self.met)}"
            )
            raise CallError(f"live.hooks[{name!r}]", problem)

    def _shown(self) -> tuple[Page, Document]:
        if self._page is None:
            raise RuntimeError("a hook lives on a page")
        return self._page, self._page.document()

    def _update(self, page: Page) -> None:
        """Mount, update and destroy hooks, in the order of view.ts performPatch.

        Those of a view that was left are destroyed before others are mounted, also where
        their ids are the same (view.ts destroy).
        """
        document = page.document()
        before, self.mounted = self.mounted, {}
        new: list[Hook] = []
        changed: list[Hook] = []
        for element, place in self._hooked(page, document):
            element_id = document.attr(element, "id") or ""
            html = document.html(element)
            known = before.get(element_id)
            if known and known.place is place and known.tag == element.tag:
                hook, away = known.hook, known.away
                del before[element_id]
                if known.html != html:
                    changed.append(hook)
            elif isinstance(place, Page) or place.joined:
                hook = self.classes[element.get(PHX_HOOK, "")](self, element_id)
                away = False
                new.append(hook)
            else:
                continue
            self.mounted[element_id] = MountedHook(hook, place, element.tag, html, away)
        gone = [each for each in before.values() if not left(each.place)]
        for each in before.values():
            if left(each.place):
                self._call(each.hook.destroyed)
        for hook in new:
            self._call(hook.mounted)
        for hook in changed:
            self._call(hook.updated)
        for each in gone:
            self._call(each.hook.destroyed)

    def _tell_connection(self, *, lost: bool) -> None:
        """Tell the hooks of the views that have lost their server, or have it back."""
        for element_id, known in list(self.mounted.items()):
            place = known.place
            if isinstance(place, View) and not place.left:
                away = not place.joined
                if away != known.away and away == lost:
                    self.mounted[element_id] = known._replace(away=away)
                    hook = known.hook
                    self._call(hook.disconnected if away else hook.reconnected)

    def _hooked(
        self, page: Page, document: Document
    ) -> Iterator[tuple[Element, View | Page]]:
        """Yield the elements with a hook that has a class, and where each of them is."""
        for element in document.all(f"[{PHX_HOOK}][id]"):
            name = element.get(PHX_HOOK, "")
            self.met.add(name)
            if name not in self.classes:
                continue
            inside = document.click_targets(element).owner is not None
            place = page.views.get(document.owner(element)) if inside else page
            if place is not None:
                yield element, place

    def _call(self, method: Callable[..., object], *arguments: Any) -> None:
        try:
            method(*arguments)
        except Exception as error:  # noqa: BLE001 - the step must be told, not the socket
            self.on_error(error)


def left(place: View | Page) -> bool:
    """Tell whether a hook's view was left, as live navigation does."""
    return isinstance(place, View) and place.left
