"""One joined view: a task with a mailbox, as a LiveView is a process.

Law of this file: messages of one view are answered one by one, in the order they came; a
slow or crashing view holds up nobody else.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urljoin

from roost import layout, wire
from roost.diff import Tree, diff_tree, full_tree
from roost.liveview import LiveView, Navigation, PushNavigate, PushPatch, Redirect
from roost.process import Call, Mail, Process, Pushed, Stopped, Told
from roost.rendered import Components, Rendered
from roost.routes import Route, route_of
from roost.uploads import TOKEN_SALT as UPLOAD_SALT
from roost.uploads import Entry, Upload

log = logging.getLogger("roost")

FLASH_SALT = "flash"
Snapshot = tuple[Rendered, Components]
SendMessage = Callable[[str, str | None, str, str, Any], Awaitable[None]]


async def mount(view: LiveView, route: Route | None, uri: str) -> None:
    """Bring a new view up to its first render, or to where it navigates instead.

    A view within another has no route, and no URL to take up.
    """
    if route is not None:
        view.uri, view.params = uri, route.params
    await view.on_mount()
    if view.navigation is None:
        await view.mount()
    if view.navigation is None and route is not None:
        await view.handle_params()


def render(view: LiveView) -> Snapshot:
    """Render the view within the layout, and its components; its streams are flushed."""
    root = layout.app(view)
    components = view.components.render()
    for stream in view.streams:
        stream.flush()
    return root, components


class Channel:
    """Owns one connected view, its last render and its process."""

    def __init__(
        self,
        topic: str,
        join_ref: str,
        view: LiveView,
        process: Process,
        *,
        send: SendMessage,
    ) -> None:
        self.topic = topic
        self.join_ref = join_ref
        self.process = process
        self._view = view
        self._dialect = view.server.dialect
        self._send_message = send
        self._last: Snapshot | None = None
        self._title = ""

    async def run(
        self, route: Route | None, uri: str, ref: str, *, moved: bool
    ) -> None:
        """Join, then answer messages until the view stops, crashes or is left."""
        try:
            if await self._join(route, uri, ref, moved=moved):
                await self._live()
        finally:
            self.process.end()

    def upload(self, ref: object, entry_ref: object) -> tuple[Upload, Entry] | None:
        """Return what a signed upload token is about, unless it is gone."""
        upload = self._view.uploads.get(str(ref))
        entry = upload.entry(str(entry_ref)) if upload is not None else None
        return None if upload is None or entry is None else (upload, entry)

    async def _live(self) -> None:
        try:
            while True:
                await self._answer(await self.process.mailbox.get())
        except Stopped:
            await self._send(wire.CLOSE, self.join_ref, {})
        except Exception as error:  # noqa: BLE001  whatever a page raises is a crash
            log.warning("%s crashed: %r", type(self._view).__name__, error)
            reason = {"reason": "channel_crash"}
            await self._send(wire.ERROR, self.join_ref, reason)

    # Joining

    async def _join(
        self, route: Route | None, uri: str, ref: str, *, moved: bool
    ) -> bool:
        response: dict[str, Any] = {"container": ["div", {}]} if moved else {}
        try:
            await mount(self._view, route, uri)
            match self._view.take_navigation():
                case PushPatch() as patch:
                    response[wire.LIVE_PATCH] = self._patch_message(patch)
                    await self._handle_params(patch.to)
                case None:
                    pass
                case elsewhere:
                    await self._reply(ref, self._away(elsewhere), status="error")
                    return False
            self._last = render(self._view)
            tree = full_tree(*self._last, dialect=self._dialect)
        except Exception as error:  # noqa: BLE001  whatever a page raises is a crash
            log.warning("%s crashed in mount: %r", type(self._view).__name__, error)
            await self._reply(ref, {"reason": "join crashed"}, status="error")
            return False
        self._add_extras(tree)
        response["liveview_version"] = self._dialect.liveview_version
        response["rendered"] = tree
        if not self._stalls(wire.JOIN):
            await self._reply(ref, response)
        return True

    # Answering

    async def _answer(self, mail: Mail) -> None:
        match mail:
            case Pushed(event, ref, payload):
                await self._on_push(event, ref, payload)
            case Told(message):
                await self._view.handle_info(message)
                await self._say_changes()
            case Call(work):
                await work()
                await self._say_changes()

    async def _on_push(self, event: str, ref: str, payload: Any) -> None:
        components = self._view.components
        if event == wire.EVENT:
            await self._on_event(ref, payload)
        elif event == wire.LIVE_PATCH:
            await self._on_live_patch(ref, payload["url"])
        elif event == wire.CIDS_WILL_DESTROY:
            components.will_destroy(payload["cids"])
            await self._reply(ref, {})
        elif event == wire.CIDS_DESTROYED:
            gone = components.destroyed(payload["cids"])
            self._forget(gone)
            await self._reply(ref, {"cids": gone})
        elif event == wire.ALLOW_UPLOAD:
            await self._on_allow_upload(ref, payload)
        elif event == wire.PROGRESS:
            await self._on_progress(ref, payload)
        # Any other event is never answered, as Phoenix.

    async def _on_allow_upload(self, ref: str, payload: Any) -> None:
        upload = self._view.uploads[payload["ref"]]
        signer, pid = self._view.server.signer, self.process.pid

        def sign(entry_ref: str) -> str:
            return signer.sign(UPLOAD_SALT, (pid, upload.ref, entry_ref))

        response = upload.allow(sign)
        diff = self._changes()
        await self._reply(ref, {**response, wire.DIFF: diff} if diff else response)

    async def _on_progress(self, ref: str, payload: Any) -> None:
        entry = self._view.uploads[payload["ref"]].entry(payload["entry_ref"])
        if entry is not None and isinstance(payload["progress"], int):
            entry.progress = payload["progress"]
        await self._reply_with_changes(ref, None)

    async def _on_event(self, ref: str, payload: Any) -> None:
        event, value, cid = payload["event"], payload["value"], payload.get("cid")
        if payload["type"] == "form":
            # The real client keeps `_target` beside the fields; a view sees it among them.
            value = {"fields": value, **payload.get("meta", {})}
        for upload_ref, files in payload.get("uploads", {}).items():
            self._view.uploads[upload_ref].put_entries(files)
        if event == wire.CLEAR_FLASH:
            flash = self._view.flash
            self._view.flash = {k: v for k, v in flash.items() if k != value["key"]}
            reply = None
        elif cid is not None:
            component = self._view.components.get(cid)
            reply = None  # a component that is gone is silent, as Phoenix
            if component is not None:
                reply = await component.handle_event(event, value)
        else:
            reply = await self._view.handle_event(event, value)
        await self._delay()
        if self._stalls(event):
            return
        await self._reply_with_changes(ref, reply)

    async def _on_live_patch(self, ref: str, url: str) -> None:
        route = route_of(url, self._dialect)
        if route is None or route.view is not type(self._view):
            await self._reply(ref, {"link_redirect": True})
            return
        await self._handle_params(url)
        await self._reply_with_changes(ref, None)

    async def _handle_params(self, url: str) -> None:
        uri = urljoin(self._view.uri, url)
        route = route_of(uri, self._dialect)
        if route is None or route.view is not type(self._view):
            raise ValueError(f"cannot patch to {url!r}: it is no route of this view")
        self._view.uri, self._view.params = uri, route.params
        await self._view.handle_params()

    async def _reply_with_changes(self, ref: str, reply: Any) -> None:
        elsewhere = await self._navigate()
        if elsewhere is not None:
            await self._reply(ref, self._away(elsewhere))
            raise Stopped
        diff = self._changes()
        if reply is not None:
            diff[wire.REPLY] = reply
        await self._reply(ref, {wire.DIFF: diff} if diff else {})

    async def _say_changes(self) -> None:
        elsewhere = await self._navigate()
        if elsewhere is not None:
            for event, where in self._away(elsewhere).items():
                await self._send(event, None, where)
            raise Stopped
        diff = self._changes()
        if diff:
            await self._send(wire.DIFF, None, diff)

    async def _navigate(self) -> Navigation | None:
        """Patch at once if the view asked for it; return what leads away from it instead."""
        match self._view.take_navigation():
            case PushPatch() as patch:
                await self._send(wire.LIVE_PATCH, None, self._patch_message(patch))
                await self._handle_params(patch.to)
                return None
            case None:
                return None
            case elsewhere:
                # Phoenix flushes push_event first, even when there is none.
                await self._send(wire.DIFF, None, {wire.EVENTS: []})
                return elsewhere

    def _changes(self) -> Tree:
        assert self._last is not None  # joined before it answers
        leaving = self._view.components.leaving
        new = render(self._view)
        diff = diff_tree(self._last, new, leaving, dialect=self._dialect)
        self._last = new
        self._add_extras(diff)
        return diff

    def _add_extras(self, tree: Tree) -> None:
        if self._view.title != self._title:
            tree[wire.TITLE] = self._title = self._view.title
        if self._view.pushed_events:
            tree[wire.EVENTS] = [list(pushed) for pushed in self._view.pushed_events]
            self._view.pushed_events.clear()

    def _forget(self, cids: list[int]) -> None:
        # The browser no longer has them, so that nothing may share their statics.
        assert self._last is not None  # joined before it answers
        root, components = self._last
        kept = {cid: tree for cid, tree in components.items() if cid not in cids}
        self._last = root, kept

    def _stalls(self, event: str) -> bool:
        # `?stall=inc` on any page: an answer that never comes.
        view = self._view
        return event in view.never_answered or view.params.get("stall") == event

    async def _delay(self) -> None:
        # `?delay=50` on any page: a slow server on demand, to see a budget exceeded.
        delay = self._view.params.get("delay", "")
        if self._view.delays_replies and delay.isdecimal():
            await asyncio.sleep(int(delay) / 1000)

    # Saying

    def _away(self, navigation: Navigation) -> dict[str, Any]:
        if isinstance(navigation, Redirect):
            return {wire.REDIRECT: {"status": 302, "to": navigation.to}}
        where = self._patch_message(navigation)
        if self._view.flash:
            token = self._view.server.signer.sign(FLASH_SALT, dict(self._view.flash))
            where = {"flash": token, **where}
        return {wire.LIVE_REDIRECT: where}

    @staticmethod
    def _patch_message(navigation: PushPatch | PushNavigate) -> dict[str, str]:
        kind = "replace" if navigation.replace else "push"
        return {"kind": kind, "to": navigation.to}

    async def _reply(self, ref: str, response: Any, *, status: str = "ok") -> None:
        payload = {"response": response, "status": status}
        await self._send(wire.PHX_REPLY, ref, payload)

    async def _send(self, event: str, ref: str | None, payload: Any) -> None:
        await self._send_message(self.join_ref, ref, self.topic, event, payload)
