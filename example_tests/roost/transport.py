"""One websocket: Phoenix's V2 messages in and out, and the views that share the socket.

Law of this file: what a message does to a view is the view's channel's business; here it is
only decided which channel that is, or what a topic without one is told.
"""

import asyncio
import json
import logging
from typing import Any, Final
from urllib.parse import urlsplit

from roost import wire
from roost.channel import FLASH_SALT, Channel
from roost.container import SESSION_SALT, STATIC_SALT
from roost.faults import NOT_JSON, Fault, Wire
from roost.liveview import LiveView
from roost.process import Process, Pushed
from roost.routes import child_of, route_of
from roost.server import Server
from roost.session import SOCKET_ID_KEY, Session, flash_of
from roost.upload_channel import CHUNK, BinaryPush, UploadChannel
from roost.upload_channel import PREFIX as UPLOAD_PREFIX
from roost.uploads import TOKEN_SALT as UPLOAD_SALT
from roost.uploads import Entry, Upload
from roost.web import Message, Receive, Request, Send

log = logging.getLogger("roost")

GOING_AWAY: Final = 1001
PROTOCOL_ERROR: Final = 1002
SERVER_ERROR: Final = 1011


class LiveSocket:
    """Owns one open websocket and the channels on it."""

    def __init__(
        self,
        request: Request,
        session: Session,
        *,
        server: Server,
        send: Send,
        idle_timeout: float | None,
        wire: asyncio.Transport | None = None,
    ) -> None:
        # As Plug: without the CSRF token of its own page a socket has no session.
        known = session.accepts(request.query.get("_csrf_token"))
        self._session = session if known else None
        self.id = session.get(SOCKET_ID_KEY) if known else None
        self._server = server
        self._send_asgi = send
        self._idle_timeout = idle_timeout
        self._channels: dict[str, tuple[Channel, asyncio.Task[None]]] = {}
        self._uploads: dict[str, UploadChannel] = {}
        self._wire = Wire(wire)
        self._silent = False
        self._open = True

    async def serve(self, receive: Receive) -> None:
        """Answer messages until the browser goes, is silent too long, or is sent away."""
        async with asyncio.TaskGroup() as tasks:
            try:
                while self._open:
                    async with asyncio.timeout(self._idle_timeout):
                        message = await receive()
                    if message["type"] == "websocket.disconnect":
                        break
                    await self._receive(message, tasks)
            except TimeoutError:
                await self.close(PROTOCOL_ERROR)
            except Exception as error:  # noqa: BLE001  a client may send anything
                log.warning("a message that is none of Phoenix's: %r", error)
                await self.close(SERVER_ERROR)
            finally:
                self._open = False
                for _, task in self._channels.values():
                    task.cancel()

    async def close(self, code: int = GOING_AWAY) -> None:
        """Close the websocket; its views end with it."""
        if self._open:
            self._open = False
            await self._send_asgi({"type": "websocket.close", "code": code})

    async def _misbehave(self, fault: Fault) -> None:
        """Fail as a page was asked to."""
        # What is sent after half a frame would be taken for the rest of it.
        self._silent = fault in (Fault.HALF_OPEN, Fault.TRUNCATED)
        if self._wire.do(fault):
            return
        if fault is Fault.GARBAGE:
            await self._send_asgi({"type": "websocket.send", "text": NOT_JSON})
        elif not self._silent:
            await self.close()

    async def _receive(self, message: Message, tasks: asyncio.TaskGroup) -> None:
        if self._silent:
            self._wire.do(Fault.HALF_OPEN)  # this one was read before
            return
        if message.get("bytes") is not None:
            await self._receive_chunk(BinaryPush.read(message["bytes"]))
            return
        join_ref, ref, topic, event, payload = json.loads(message["text"])
        if topic == wire.PHOENIX and event == wire.HEARTBEAT:
            await self._reply(None, ref, topic, {})
        elif event == wire.JOIN and topic.startswith(UPLOAD_PREFIX):
            await self._join_upload(join_ref, ref, topic, payload)
        elif event == wire.JOIN:
            await self._join(join_ref, ref, topic, payload, tasks)
        elif event == wire.LEAVE:
            await self._leave(join_ref, ref, topic)
        else:
            await self._deliver(join_ref, ref, topic, event, payload)

    async def _receive_chunk(self, push: BinaryPush) -> None:
        upload = self._uploads.get(push.topic)
        if upload is None:
            reason = {"reason": "unmatched topic"}
            await self._reply(
                push.join_ref, push.ref, push.topic, reason, status="error"
            )
        elif push.event == CHUNK and push.join_ref == upload.join_ref:
            await upload.receive(push)

    async def _deliver(
        self, join_ref: str | None, ref: str, topic: str, event: str, payload: Any
    ) -> None:
        joined = self._channels.get(topic)
        if joined is None:
            reason = {"reason": "unmatched topic"}
            await self._reply(join_ref, ref, topic, reason, status="error")
        elif joined[0].join_ref == join_ref:  # else it speaks to a view that was left
            joined[0].process.mailbox.put_nowait(Pushed(event, ref, payload))

    # Joining and leaving

    async def _join(
        self,
        join_ref: str,
        ref: str,
        topic: str,
        payload: dict[str, Any],
        tasks: asyncio.TaskGroup,
    ) -> None:
        await self._end(topic)  # a second join ends the first, as Phoenix.Socket
        claims = self._claims(topic, payload.get("session"))
        if claims is None or self._session is None:
            await self._reply(join_ref, ref, topic, {"reason": "stale"}, status="error")
            return
        url = payload.get("redirect") or payload.get("url") or ""
        if claims["router"] is None:
            url = ""  # a controller's page is no view's
        moved = "redirect" in payload
        route = route_of(url, self._server.dialect)
        kind = (route.view if route else None) if url else child_of(claims)
        if kind is None or (url and not _may_join(kind, claims, moved=moved)):
            reason = {"reason": "unauthorized"}
            await self._reply(join_ref, ref, topic, reason, status="error")
            return
        process = Process(self._misbehave)
        if not self._link(process, claims["parent_pid"]):
            await self._reply(join_ref, ref, topic, {"reason": "stale"}, status="error")
            return
        view = kind(
            {**self._session.data, **claims["session"]},
            view_id=claims["id"],
            server=self._server,
            process=process,
        )
        view.flash = self._flash(payload)
        view.connect_params = payload.get("params")
        channel = Channel(topic, join_ref, view, process, send=self._send)
        task = tasks.create_task(channel.run(route, url, ref, moved=moved))
        self._channels[topic] = (channel, task)
        task.add_done_callback(lambda done: self._forget(topic, done))

    def _link(self, process: Process, parent_pid: str | None) -> bool:
        """Have a child end with its parent; False if that has ended already."""
        if parent_pid is None:
            return True
        for parent, _ in self._channels.values():
            if parent.process.pid == parent_pid:
                parent.process.at_end(process.stop)
                return True
        return False

    def _claims(self, topic: str, token: object) -> dict[str, Any] | None:
        match self._server.signer.verify(SESSION_SALT, token):
            case (6, dict() as claims) if topic == f"lv:{claims.get('id')}":
                return claims
            case _:
                return None

    def _flash(self, payload: dict[str, Any]) -> dict[str, str]:
        """Return the flash of a live redirect, else that of the dead render."""
        signer = self._server.signer
        flash = flash_of(signer.verify(FLASH_SALT, payload.get("flash")))
        if flash or "redirect" in payload:
            return flash
        match signer.verify(STATIC_SALT, payload.get("static")):
            case (6, {"flash": told}):
                return flash_of(told)
        return {}

    async def _join_upload(
        self, join_ref: str, ref: str, topic: str, payload: dict[str, Any]
    ) -> None:
        found = self._upload_of(payload.get("token"))
        if found is None:
            reason = {"reason": "invalid_token"}
            await self._reply(join_ref, ref, topic, reason, status="error")
            return
        upload, entry = found

        async def close() -> None:
            if self._uploads.pop(topic, None) is not None:
                await self._send(join_ref, join_ref, topic, wire.CLOSE, {})

        entry.close = close
        limit = upload.max_file_size
        self._uploads[topic] = UploadChannel(join_ref, entry, limit, self._reply)
        await self._reply(join_ref, ref, topic, {})

    def _upload_of(self, token: object) -> tuple[Upload, Entry] | None:
        match self._server.signer.verify(UPLOAD_SALT, token):
            case (pid, ref, entry_ref):
                for channel, _ in self._channels.values():
                    if channel.process.pid == pid:
                        return channel.upload(ref, entry_ref)
        return None

    async def _leave(self, join_ref: str | None, ref: str, topic: str) -> None:
        joined, upload = self._channels.get(topic), self._uploads.get(topic)
        if joined is not None and joined[0].join_ref == join_ref:
            await self._end(topic)
        elif upload is not None and upload.join_ref == join_ref:
            await upload.entry.close()
        await self._reply(join_ref, ref, topic, {})

    async def _end(self, topic: str) -> None:
        joined = self._channels.pop(topic, None)
        if joined is not None:
            channel, task = joined
            task.cancel()
            await self._send(channel.join_ref, channel.join_ref, topic, wire.CLOSE, {})

    def _forget(self, topic: str, task: asyncio.Task[None]) -> None:
        joined = self._channels.get(topic)
        if joined is not None and joined[1] is task:
            del self._channels[topic]

    # Sending

    async def _reply(
        self,
        join_ref: str | None,
        ref: str,
        topic: str,
        response: dict[str, Any],
        *,
        status: str = "ok",
    ) -> None:
        payload = {"response": response, "status": status}
        await self._send(join_ref, ref, topic, wire.PHX_REPLY, payload)

    async def _send(
        self,
        join_ref: str | None,
        ref: str | None,
        topic: str,
        event: str,
        payload: Any,
    ) -> None:
        if not self._open or self._silent:
            return
        message = [join_ref, ref, topic, event, payload]
        text = json.dumps(message, ensure_ascii=False, separators=(",", ":"))
        try:
            await self._send_asgi({"type": "websocket.send", "text": text})
        except (OSError, RuntimeError):
            self._open = False  # the browser went while we spoke


def may_connect(request: Request) -> bool:
    """Tell whether the handshake comes from our own pages, as `check_origin`."""
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")


def _may_join(kind: type[LiveView], claims: dict[str, Any], *, moved: bool) -> bool:
    if moved:
        return bool(claims.get("live_session_name") == kind.live_session)
    return bool(claims["view"] == f"Elixir.{kind.view}")
