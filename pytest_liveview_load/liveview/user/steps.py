# ruff: noqa: ASYNC109 - a step's timeout is its own: it names what was waited for
"""The steps that act on the page: `visit`, `click`, `fill`, `submit`, `upload`, `push` …

Each waits for a usable page, does what a person would, and ends when
every reply it caused has arrived and every navigation it began has mounted.
"""

import asyncio
from functools import partial
from typing import Any

from pytest_liveview_load.errors import UploadError
from pytest_liveview_load.liveview.client.hooks import HookClasses, TabHooks
from pytest_liveview_load.liveview.client.lifecycle import run_chain
from pytest_liveview_load.liveview.client.navigation import begin_load, move_in_history
from pytest_liveview_load.liveview.client.perform import act, perform, push_as_hook
from pytest_liveview_load.liveview.client.tab import Step
from pytest_liveview_load.liveview.client.tls import absolute
from pytest_liveview_load.liveview.client.upload_entries import Uploader
from pytest_liveview_load.liveview.client.upload_files import File, chosen_files
from pytest_liveview_load.liveview.client.uploads import upload_chosen, uploads_of
from pytest_liveview_load.liveview.page import events, file_inputs, inputs
from pytest_liveview_load.liveview.page.actions import Action, PushEvent
from pytest_liveview_load.liveview.page.events import Edge
from pytest_liveview_load.liveview.page.find import Role, find_one
from pytest_liveview_load.liveview.page.form_state import VisiblePage
from pytest_liveview_load.liveview.user import gestures
from pytest_liveview_load.liveview.user.reading import PageReading


class Steps(PageReading):
    """Steps."""

    __slots__ = ()

    async def visit(self, path: str, *, timeout: str | float | None = None) -> None:
        """Open a page as by its address: GET, websocket, join.

        `path` is relative to the app's url. A page without a live view is fine.

        Example:
            await live.visit("/counter")
            assert live.path == "/counter"
        """
        url = absolute(self._network.settings.url, path)
        tab = self._tab
        with Step(tab, f"visit({path!r})", timeout) as step:
            tab.failure = tab.navigation = None
            try:
                begin_load(tab, tab.start_navigation("visit"), url, unload=False)
                await step.settle()
            except asyncio.CancelledError:
                tab.leave()  # else the page would go on loading
                raise

    async def back(self, *, timeout: str | float | None = None) -> None:
        """Press the browser's back button.

        Example:
            await live.visit("/nav/a")
            await live.click("#patch-2")
            await live.back()
            assert live.path == "/nav/a"
        """
        await self._move_in_history("back()", -1, timeout)

    async def forward(self, *, timeout: str | float | None = None) -> None:
        """Press the browser's forward button.

        Example:
            await live.visit("/nav/a")
            await live.click("#patch-2")
            await live.back()
            await live.forward()
            assert live.path == "/nav/a?page=2"
        """
        await self._move_in_history("forward()", 1, timeout)

    async def click(
        self,
        selector: str | None = None,
        *,
        text: str | None = None,
        timeout: str | float | None = None,
    ) -> None:
        """Click the one element that matches the CSS selector, the text, or both.

        Raises ElementError for what is disabled, or waits for the reply to its last
        event (`phx-click-loading`, `phx-disable-with`): the real client ignores that.

        Example:
            await live.visit("/counter")
            await live.click("#inc")
            await live.click(text="+5")
            assert live.text("#count") == "6"
        """
        step = Step(self._tab, f"click({selector or text!r})", timeout)
        hooks = self._tab.hooks
        hooked = None if hooks is None else hooks.listens
        await act(step, gestures.click(selector, text, hooked))

    async def fill(
        self,
        selector: str | None = None,
        value: str = "",
        *,
        label: str | None = None,
        timeout: str | float | None = None,
    ) -> None:
        """Focus a field and put `value` into it: one input event.

        Example:
            await live.visit("/form")
            await live.fill("#user_name", "Ada")
            await live.fill(label="Email", value="ada@example.org")
        """
        step = Step(self._tab, f"fill({selector or label!r})", timeout)
        await act(step, gestures.on_field(selector, label, inputs.fill, value))

    async def type(
        self,
        selector: str | None = None,
        value: str = "",
        *,
        label: str | None = None,
        timeout: str | float | None = None,
    ) -> None:
        """Type `value` into a field, behind what it holds: one input event a character.

        Example:
            await live.visit("/form")
            await live.type("#user_bio", "Hi")
        """
        step = Step(self._tab, f"type({selector or label!r})", timeout)
        await act(step, *gestures.keystrokes(selector, label, value))

    async def press(
        self,
        key: str,
        selector: str | None = None,
        *,
        timeout: str | float | None = None,
    ) -> None:
        """Press a key ("Enter", "ArrowUp", "a") in an element, or where the focus is.

        Example:
            await live.visit("/counter")
            await live.press("ArrowUp")
        """
        step = Step(self._tab, f"press({key!r})", timeout)
        await act(step, gestures.press(key, selector))

    async def select(
        self,
        selector: str | None = None,
        *options: str,
        label: str | None = None,
        timeout: str | float | None = None,
    ) -> None:
        """Select exactly these options of a `<select>`, by value or text.

        Example:
            await live.visit("/form")
            await live.select("#user_role", "writer")
            await live.select("#user_langs", "elixir", "python")
        """
        step = Step(self._tab, f"select({selector or label!r})", timeout)
        plan = gestures.on_field(selector, label, inputs.select, *options)
        await act(step, plan)

    async def check(
        self,
        selector: str | None = None,
        *,
        label: str | None = None,
        timeout: str | float | None = None,
    ) -> None:
        """Check a checkbox, unless it is checked.

        Example:
            await live.visit("/form")
            await live.check("#user_agree")
        """
        step = Step(self._tab, f"check({selector or label!r})", timeout)
        await act(step, gestures.on_field(selector, label, inputs.check))

    async def uncheck(
        self,
        selector: str | None = None,
        *,
        label: str | None = None,
        timeout: str | float | None = None,
    ) -> None:
        """Uncheck a checkbox, if it is checked.

        Example:
            await live.visit("/form")
            await live.check("#user_agree")
            await live.uncheck("#user_agree")
        """
        step = Step(self._tab, f"uncheck({selector or label!r})", timeout)
        await act(step, gestures.on_field(selector, label, inputs.uncheck))

    async def choose(
        self,
        selector: str | None = None,
        *,
        label: str | None = None,
        timeout: str | float | None = None,
    ) -> None:
        """Choose a radio button.

        Example:
            await live.visit("/form")
            await live.choose("#user_plan_pro")
        """
        step = Step(self._tab, f"choose({selector or label!r})", timeout)
        await act(step, gestures.on_field(selector, label, inputs.choose))

    async def submit(
        self,
        selector: str | None = None,
        *,
        text: str | None = None,
        timeout: str | float | None = None,
    ) -> None:
        """Submit a form: the selected one, the selected button's, or the only one.

        Example:
            await live.visit("/form")
            await live.submit("#user-form")
            assert live.text("#user_name-error") == "is too short"
        """
        step = Step(self._tab, f"submit({selector or text or ''!r})", timeout)
        await act(step, gestures.submit(selector, text))

    async def push(
        self,
        event: str,
        value: Any = None,
        *,
        target: str | int | None = None,
        timeout: str | float | None = None,
    ) -> Any:
        """Push an event as a hook's `pushEvent` does; return what the server replied.

        `target` is a component's cid or a selector inside it; the reply is None unless
        `handle_event` answered `{:reply, …}`.

        Example:
            await live.visit("/counter")
            await live.push("inc", {"by": "3"})
            assert live.text("#count") == "3"
        """
        step = Step(self._tab, f"push({event!r})", timeout)
        return await push_as_hook(step, event, value, target)

    async def focus(
        self,
        selector: str | None = None,
        *,
        label: str | None = None,
        timeout: str | float | None = None,
    ) -> None:
        """Move the focus to a field; the one that had it is left.

        Example:
            await live.visit("/form")
            await live.focus("#user_name")
        """

        def plan(visible: VisiblePage) -> list[Action]:
            role: Role = "any" if label is None else "field"
            found = find_one(visible.document, selector, label=label, role=role)
            return events.focus_element(visible, found)

        await act(Step(self._tab, f"focus({selector or label!r})", timeout), plan)

    async def blur(self, *, timeout: str | float | None = None) -> None:
        """Leave the field that has the focus; does nothing where none has it.

        Example:
            await live.visit("/form")
            await live.focus("#user_name")
            await live.blur()
        """
        await act(Step(self._tab, "blur()", timeout), events.blur)

    async def scroll_to(
        self, edge: Edge, selector: str, *, timeout: str | float | None = None
    ) -> None:
        """Jump to the "top" or "bottom" of a list that loads more items when scrolled.

        At the top, `_overran` is told first, as a browser does that jumps there.
        """

        def plan(visible: VisiblePage) -> list[Action]:
            return events.scroll(visible, find_one(visible.document, selector), edge)

        step = Step(self._tab, f"scroll_to({edge!r}, {selector!r})", timeout)
        await act(step, plan)

    async def switch_away(self, *, timeout: str | float | None = None) -> None:
        """Go to another window: `phx-blur` of the field, then `phx-window-blur`.

        Example:
            await live.visit("/form")
            await live.switch_away()
        """
        step = Step(self._tab, "switch_away()", timeout)
        await act(step, events.leave_window)

    async def switch_back(self, *, timeout: str | float | None = None) -> None:
        """Come back from another window: `phx-window-focus`.

        Example:
            await live.visit("/form")
            await live.switch_away()
            await live.switch_back()
        """
        step = Step(self._tab, "switch_back()", timeout)
        await act(step, events.return_to_window)

    @property
    def uploaders(self) -> dict[str, Uploader]:
        """The app's own uploaders, by the name that the server's meta gives them.

        `live.uploaders["S3"] = put`, where `async def put(entry)` sends `entry.read()`
        to where `entry.meta` says and may tell `entry.progress(percent)`. Returning
        completes the entry, raising refuses it; `entry.on_cancel(callback)` and
        `entry.cancelled` tell when it is not wanted any more.

        Example:
            async def put(entry):
                entry.progress(50)

            live.uploaders["S3"] = put
        """
        return uploads_of(self._tab).uploaders

    async def upload(
        self,
        selector: str | None = None,
        *files: File,
        label: str | None = None,
        timeout: str | float | None = None,
    ) -> None:
        """Choose files in a `live_file_input`: paths, (name, bytes) or (name, bytes, type).

        On any other element they are dropped, if it is a `phx-drop-target` or within one.
        An input with `webkitdirectory` takes folders: the path of one, or names such as
        "photos/me.png"; the server is told each file's `relative_path`.

        With `auto_upload` the step ends when they have arrived. A file that is cancelled
        (by a click on what the app offers for it) is not sent; nor is an empty one, as in
        a browser. Records `upload`, from the first preflight to the last ack.

        Raises:
            UploadError: A file cannot be read (nothing is sent then), or the server
                refuses one; without `auto_upload` servers before 1.2 do so at the submit.

        Example:
            await live.visit("/upload")
            await live.upload("[name=doc]", ("hello.txt", b"hello"))
            await live.click("#upload-save")
            assert live.text("#flash-info") == "Received 1 file(s)"
        """
        named = selector or label or ""
        if not files:
            raise UploadError(named, "no file was given")
        chosen = [file for each in files for file in chosen_files(named, each)]
        tab = self._tab
        with Step(tab, f"upload({named!r})", timeout) as step:
            page = await step.ready()
            visible = page.without_loading_states()
            element = find_one(visible.document, selector, label=label, role="field")
            ref, actions = file_inputs.attach_files(visible, element, chosen)
            await perform(step, page, actions)
            change = actions[-1]
            if tab.page is page and isinstance(change, PushEvent):
                view = await step.joined_view(page, change.view_id)
                await upload_chosen(step, page, view, change, ref)
                await step.settle()

    @property
    def hooks(self) -> HookClasses:
        """The Python class of each `phx-hook` name: set it before the page is visited.

        Example:
            from pytest_liveview_load import Hook

            class Echo(Hook):
                def mounted(self):
                    self.push_event("no_reply", {})

            live.hooks["Echo"] = Echo
            await live.visit("/hooks")
            await live.until(lambda: live.text("#pings") == "1")
        """
        return self._tab_hooks().classes

    async def push_event(
        self,
        event: str,
        value: Any = None,
        *,
        hook: str | None = None,
        to: str | int | None = None,
        timeout: str | float | None = None,
    ) -> Any:
        """Push an event as the hook on the selected element does; return the reply.

        `to`, a selector or a component's cid, makes it a `pushEventTo`. The reply is None
        unless `handle_event` answered `{:reply, …}`.

        Example:
            await live.visit("/hooks")
            assert await live.push_event("ping", hook="#echo") == {"pong": 1}
        """
        step = Step(self._tab, f"push_event({event!r})", timeout)
        return await push_as_hook(step, event, value, to, hook)

    async def pushed(self, event: str, *, timeout: str | float | None = None) -> Any:
        """Return the payload of a `push_event` of the server's; wait for it if need be.

        Each is returned once, in their order, and may have come at any time since the
        page was loaded, as long as it is among its last 256.

        Example:
            await live.visit("/hooks")
            await live.click("#push")
            assert await live.pushed("hello") == {"n": 1, "to": "you"}
        """
        tab, hooks = self._tab, self._tab_hooks()
        with Step(tab, f"pushed({event!r})", timeout) as step:
            while True:
                hooks.changed(await step.ready())
                tab.raise_failure()
                for said in hooks.received:
                    if said[0] == event:
                        hooks.received.remove(said)
                        return said[1]
                await step.change(f"the server to push {event!r}")

    async def _move_in_history(
        self, name: str, by: int, timeout: str | float | None
    ) -> None:
        tab = self._tab
        with Step(tab, name, timeout) as step:
            await step.ready()
            pushed = move_in_history(tab, by)
            await step.settle([] if pushed is None else [pushed])

    def _tab_hooks(self) -> TabHooks:
        tab = self._tab
        if tab.hooks is None:
            tab.hooks = TabHooks(tab.keep_failure, partial(run_chain, tab))
        return tab.hooks


def check_hooks(user: Steps) -> None:
    """Raise CallError for a class in a user's `hooks` that no page had an element for."""
    hooks = user._tab.hooks  # noqa: SLF001 - not for tests, which see it as an error
    if hooks is not None:
        hooks.check_met()
