"""One Phoenix channel: which refs are in flight, and what each frame means.

Nothing here waits. `join`, `push` and `leave` return the bytes to
send; `receive` returns what a frame meant. The socket that owns the channel does the
rest.

Where refs go (phoenix's socket.js `makeRef`): a ref is a number that the whole socket
counts, and callbacks on the socket take one each, so that a browser's first join is "4"
and the push after it "8":

    1        LiveSocket's constructor: socket.onOpen
    2 3      each Channel's constructor: socket.onError, socket.onOpen
    4        the join; other roots of the page burn two and join here, too (5 6, "7")
    5        LiveSocket.bindTopLevelEvents: socket.onClose
    6 7      LiveSocket.joinDeadView: the Channel of the page around its views
    8        the first push

A channel made later burns its two (leave "12", join "15"); a rejoin of a channel burns
none, nor does a lost socket that is dialled anew. `liveSocket.connect()` after its own
disconnect burns the dead view's two again, and bindTopLevelEvents' one from 1.2 on. (An
app that sets `longPollFallbackMs` burns two more a connection; the recorded ones do not.)
"""

import re
from dataclasses import dataclass
from typing import Final, TypeAlias
from urllib.parse import urlsplit

import msgspec

from pytest_liveview_load.liveview.protocol import wire


class Refs:
    """A socket's counter of refs: unique per socket, burned as the real client does."""

    __slots__ = ("_last",)

    def __init__(self) -> None:
        self._last = 1  # LiveSocket's own onOpen

    def next(self) -> str:
        """Return a ref that no message of this socket has had."""
        self._last += 1
        return str(self._last)

    def burn_for_channel(self) -> None:
        """Skip the two refs that a new channel's socket callbacks take."""
        self._last += 2

    def burn_for_connecting(self) -> None:
        """Skip the three refs between the joins of a page's roots and what follows."""
        self._last += 3

    def burn_for_reconnect(self) -> None:
        """Skip the two refs of the dead view that `liveSocket.connect()` makes anew."""
        self._last += 2


class Outgoing(msgspec.Struct, frozen=True):
    """A message to send: its ref, and its bytes."""

    ref: str
    data: bytes


# What a frame meant


@dataclass(frozen=True, slots=True)
class Joined:
    """The server took the join; `response` holds the rendered tree."""

    response: msgspec.Raw


@dataclass(frozen=True, slots=True)
class JoinRefused:
    """The server refused the join; `response` says why, or where to go."""

    response: msgspec.Raw


@dataclass(frozen=True, slots=True)
class Replied:
    """The reply to the push that had `ref`."""

    ref: str
    status: str
    response: msgspec.Raw


@dataclass(frozen=True, slots=True)
class Pushed:
    """A message that nobody asked for."""

    event: str
    payload: msgspec.Raw


@dataclass(frozen=True, slots=True)
class Errored:
    """The view's process died; every push in flight stays unanswered."""

    reason: str


@dataclass(frozen=True, slots=True)
class Closed:
    """The server closed the channel, after a leave or on its own."""


Meaning: TypeAlias = Joined | JoinRefused | Replied | Pushed | Errored | Closed


class _Reply(msgspec.Struct, frozen=True):
    status: str
    response: msgspec.Raw


_read_reply: Final = wire.reader(msgspec.json.Decoder(_Reply), "a reply")


class Channel:
    """One topic of a socket. Owns its join_ref and the refs that await a reply."""

    __slots__ = ("_in_flight", "_refs", "join_ref", "topic")

    def __init__(self, topic: str, refs: Refs) -> None:
        self.topic = topic
        self._refs = refs
        self.join_ref: str | None = None  # of the latest join
        # Few at a time: a list of them is a fifth of a set, for every idle user.
        self._in_flight: list[str] = []
        refs.burn_for_channel()

    def join(self, payload: object) -> Outgoing:
        """Join or rejoin: from now on, replies to any earlier join are outdated."""
        ref = self._refs.next()
        self.join_ref = ref
        self._in_flight = [ref]
        return Outgoing(ref, wire.encode(ref, ref, self.topic, wire.PHX_JOIN, payload))

    def push(self, event: str, payload: object) -> Outgoing:
        """Send an event to the view; its reply comes back as `Replied` with this ref."""
        ref = self._refs.next()
        self._in_flight.append(ref)
        return Outgoing(
            ref, wire.encode(self.join_ref, ref, self.topic, event, payload)
        )

    def push_binary(self, event: str, data: bytes) -> Outgoing:
        """Send raw bytes (a chunk of an upload) as a binary frame."""
        ref = self._refs.next()
        self._in_flight.append(ref)
        frame = wire.encode_binary(self.join_ref or "", ref, self.topic, event, data)
        return Outgoing(ref, frame)

    def leave(self) -> Outgoing:
        """Leave the topic. The reply may never come, and nobody need wait for it."""
        return self.push(wire.PHX_LEAVE, {})

    def receive(self, frame: wire.Frame) -> Meaning | None:
        """Return what `frame`, whose topic is this channel's, means.

        None: it belongs to an earlier join, or answers what nobody asked.
        Raises ProtocolError for a reply without status or response.
        """
        if frame.join_ref != self.join_ref and frame.join_ref is not None:
            return None
        if frame.event == wire.PHX_REPLY:
            return self._receive_reply(frame)
        if frame.event == wire.PHX_ERROR:
            self._in_flight.clear()
            return Errored(_reason(frame.payload))
        if frame.event == wire.PHX_CLOSE:
            self._in_flight.clear()
            return Closed()
        return Pushed(frame.event, frame.payload)

    def _receive_reply(self, frame: wire.Frame) -> Meaning | None:
        ref = frame.ref
        if ref is None or ref not in self._in_flight:
            return None
        reply = _read_reply(frame.payload)
        self._in_flight.remove(ref)
        if ref != self.join_ref:
            return Replied(ref, reply.status, reply.response)
        accepted = reply.status == wire.STATUS_OK
        return Joined(reply.response) if accepted else JoinRefused(reply.response)


# Messages of the socket itself


def heartbeat(refs: Refs) -> Outgoing:
    """Return the message that keeps the socket alive (every 30 s in the real client)."""
    ref = refs.next()
    return Outgoing(ref, wire.encode(None, ref, wire.TOPIC_PHOENIX, wire.HEARTBEAT, {}))


def leave_page(refs: Refs) -> Outgoing:
    """Return the leave of topic "lv:" that a full unload sends."""
    ref = refs.next()
    return Outgoing(
        ref, wire.encode(None, ref, wire.TOPIC_LIVEVIEW, wire.PHX_LEAVE, {})
    )


def _reason(payload: msgspec.Raw) -> str:
    """Return a phx_error's reason: `{"reason": "channel_crash"}`, or the payload."""
    body = wire.parse_json(payload)
    reason = body.get("reason") if isinstance(body, dict) else None
    return reason if isinstance(reason, str) else wire.quoted(payload)


# What a LiveView channel's replies and pushes say, decoded only as deep as needed.


_ABSENT = msgspec.Raw(b"")

# What a cookie may hold (RFC 6265 section 4.1.1): a flash travels in one.
_COOKIE_VALUE: Final = re.compile(r"[!#-+\--:<-\[\]-~]*")


class Redirect(msgspec.Struct, frozen=True):
    """Where the server sends the person: `live_redirect`, `live_patch`, `redirect`."""

    to: str
    kind: str = "push"
    flash: str | None = None
    status: int | None = None

    def __post_init__(self) -> None:
        """Refuse what nobody could follow, while the frame can still be quoted."""
        _ = urlsplit(self.to).port  # both raise ValueError, as `new URL` throws
        if self.flash is not None and not _COOKIE_VALUE.fullmatch(self.flash):
            raise ValueError(f"no cookie can hold the flash {self.flash[:80]!r}")


class LiveReply(msgspec.Struct, frozen=True):
    """A reply of a view's channel: to a join, an event, a live_patch."""

    rendered_json: msgspec.Raw = msgspec.field(default=_ABSENT, name="rendered")
    diff_json: msgspec.Raw = msgspec.field(default=_ABSENT, name="diff")
    liveview_version: str | None = None
    container: tuple[str, dict[str, str]] | None = None
    live_patch: Redirect | None = None
    live_redirect: Redirect | None = None
    redirect: Redirect | None = None
    link_redirect: bool = False
    reason: str | None = None
    cids: list[int] | None = None

    @property
    def rendered(self) -> bytes | None:
        """The JSON of a join's rendered tree."""
        return bytes(self.rendered_json) or None

    @property
    def diff(self) -> bytes | None:
        """The JSON of the diff."""
        return bytes(self.diff_json) or None


# What a reply's response says, and a pushed `live_patch`, `live_redirect` or `redirect`.
parse_reply: Final = wire.reader(msgspec.json.Decoder(LiveReply), "a LiveView reply")
parse_redirect: Final = wire.reader(msgspec.json.Decoder(Redirect), "a redirect")
