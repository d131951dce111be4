"""A LiveView server that is never the bottleneck. Law: it costs less per event than any client.

It plays one recorded page of real Phoenix (LiveView 1.2.10, `/counter`): every GET gets the
recorded dead render with ids and tokens of its own, a join gets the recorded reply, `inc` gets a
diff of the count, everything else an empty reply. Nothing is parsed that need not be: of a frame
only the head is unmasked, and answers are joined from bytes made beforehand.

    python benchmarks/stub_server.py --port 0      # prints the port, serves until SIGTERM
"""

import argparse
import asyncio
import base64
import gzip
import hashlib
import itertools
import json
import re
import struct
import sys
from pathlib import Path
from typing import Final, cast

import uvloop
from websockets.speedups import apply_mask

RECORDING: Final = (
    Path(__file__).parents[1] / "tests/wire/lv-1.2.10/browser/counter.json.gz"
)
SOCKET_PATH: Final = b"/live/websocket"
WEBSOCKET_GUID: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, 1.3

# What of a frame is read: refs, topic, channel event and the name of the view's event.
HEAD: Final = 160

# A page visited with this query counts from a number of its own: no two users see the same.
UNLIKE: Final = b"?unlike"
APART: Final = 1_000_000

TEXT_FRAME: Final = 0x81
CLOSE_FRAME: Final = 0x88
PING_FRAME: Final = 0x89
PONG_FRAME: Final = 0x8A

EMPTY_REPLY: Final = b'"phx_reply",{"response":{},"status":"ok"}]'
COUNT_REPLY: Final = (
    b'"phx_reply",{"response":{"diff":{"2":{"0":"',
    b'"}}},"status":"ok"}]',
)


class Page:
    """The recorded page, cut where a visitor's own ids and tokens go."""

    def __init__(self, recording: Path) -> None:
        recorded = json.loads(gzip.decompress(recording.read_bytes()))
        body = next(entry["body"] for entry in recorded["http"] if "body" in entry)
        joined = next(f["text"] for f in recorded["frames"] if f["dir"] == "in")
        csrf = _only(r'name="csrf-token" content="([^"]+)"', body)
        view = _only(r' id="(phx-[^"]+)"', body)
        session = _only(r'data-phx-session="([^"]+)"', body)
        own = "|".join(map(re.escape, (csrf, view, session)))
        self._kinds = [{csrf: 0, view: 1, session: 2}[t] for t in re.findall(own, body)]
        self._texts = [text.encode() for text in re.split(own, body)]
        self._tokens = [token.encode() for token in (csrf, view, session)]
        # Everything after the topic: `["4","4","lv:phx-…",` + this
        self.join_reply = joined.split(",", 3)[3].encode()
        self._visits = itertools.count(1)
        self.apart = itertools.count(APART, APART)

    def response(self) -> bytes:
        """Return the whole HTTP response of one visit; no two have the same tokens."""
        suffix = b"%012d" % next(self._visits)
        own = [token[:-12] + suffix for token in self._tokens]
        parts = [self._texts[0]]
        for kind, text in zip(self._kinds, self._texts[1:], strict=True):
            parts += own[kind], text
        body = b"".join(parts)
        return (
            b"HTTP/1.1 200 OK\r\ncontent-type: text/html; charset=utf-8\r\n"
            b"cache-control: max-age=0, private, must-revalidate\r\n"
            b"set-cookie: _stub_key=%b; path=/; HttpOnly\r\ncontent-length: %d\r\n\r\n"
        ) % (suffix, len(body)) + body


class Connection(asyncio.Protocol):
    """One client's connection: HTTP until it upgrades, websocket frames after."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._buffer = b""
        self._upgraded = False
        self._count = 0
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's own class

    def data_received(self, data: bytes) -> None:
        if self._buffer:
            data = self._buffer + data
        if self._upgraded:
            self._buffer = self._frames(data)
        else:
            self._buffer = self._requests(data)

    # HTTP

    def _requests(self, data: bytes) -> bytes:
        while not self._upgraded and (end := data.find(b"\r\n\r\n")) >= 0:
            head, data = data[:end], data[end + 4 :]
            method, target, _ = head.split(b" ", 2)
            if target.split(b"?")[0] == SOCKET_PATH:
                self._upgrade(head)
            elif method == b"GET":
                self._transport.write(self._page.response())
            else:
                self._transport.write(
                    b"HTTP/1.1 405 Method Not Allowed\r\nconnection: close\r\n"
                    b"content-length: 0\r\n\r\n"
                )
                self._transport.close()
        return self._frames(data) if self._upgraded else data

    def _upgrade(self, head: bytes) -> None:
        key = re.search(rb"(?i)\r\nsec-websocket-key:\s*(\S+)", head)
        assert key is not None, head
        accept = base64.b64encode(hashlib.sha1(key[1] + WEBSOCKET_GUID).digest())
        self._upgraded = True
        self._transport.write(
            b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\n"
            b"connection: Upgrade\r\nsec-websocket-accept: %b\r\n\r\n" % accept
        )

    # Frames

    def _frames(self, data: bytes) -> bytes:
        """Answer every whole frame; return what is left over."""
        answers = []
        start = 0
        while len(data) - start >= 6:  # two bytes and a mask
            size = data[start + 1] & 0x7F
            at = start + 2
            if size == 126:
                size, at = int.from_bytes(data[at : at + 2]), at + 2
            elif size == 127 and len(data) - start < 10:
                break
            elif size == 127:
                size, at = int.from_bytes(data[at : at + 8]), at + 8
            end = at + 4 + size
            if end > len(data):
                break
            kind = data[start]
            if kind == TEXT_FRAME:
                read = data[at + 4 : min(end, at + 4 + HEAD)]
                answers += self._answers(apply_mask(read, data[at : at + 4]))
            elif kind == PING_FRAME:
                body = apply_mask(data[at + 4 : end], data[at : at + 4])
                answers.append(_frame(body, PONG_FRAME))
            elif kind == CLOSE_FRAME:
                self._transport.write(b"".join([*answers, _frame(b"", CLOSE_FRAME)]))
                self._transport.close()
                return b""
            start = end
        if answers:
            self._transport.write(b"".join(answers))
        return data[start:]

    def _answers(self, head: bytes) -> list[bytes]:
        # ["4","8","lv:phx-…","event",{…   or   [null,"9","phoenix","heartbeat",{}]
        join_ref, ref, topic, event, rest = head.split(b",", 4)
        prefix = b"%b,%b,%b," % (join_ref, ref, topic)
        if event == b'"event"' and b'"event":"inc"' in rest:
            self._count += 1
            before, after = COUNT_REPLY
            return [_frame(b"%b%b%d%b" % (prefix, before, self._count, after))]
        if event == b'"phx_join"':
            self._count = next(self._page.apart) if UNLIKE in rest else 0
            return [_frame(prefix + self._page.join_reply)]
        answers = [_frame(prefix + EMPTY_REPLY)]
        if event == b'"phx_leave"':
            close = b'%b,%b,%b,"phx_close",{}]' % (join_ref, join_ref[1:], topic)
            answers.append(_frame(close))
        return answers


def _frame(payload: bytes, kind: int = TEXT_FRAME) -> bytes:
    size = len(payload)
    if size < 126:
        return bytes((kind, size)) + payload
    if size < 1 << 16:
        return struct.pack("!BBH", kind, 126, size) + payload
    return struct.pack("!BBQ", kind, 127, size) + payload


def _only(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    assert found is not None, pattern
    return found[1]


async def serve(port: int, *, until_stdin_closes: bool) -> None:
    """Serve on 127.0.0.1; print the port once connections are accepted."""
    loop = asyncio.get_running_loop()
    page = Page(RECORDING)
    server = await loop.create_server(
        lambda: Connection(page), "127.0.0.1", port, backlog=4096
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    if until_stdin_closes:  # a starter that dies without a word takes us along
        await loop.run_in_executor(None, sys.stdin.read)
    else:
        await server.serve_forever()


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--port", type=int, default=0)
    options.add_argument("--until-stdin-closes", action="store_true")
    chosen = options.parse_args()
    uvloop.run(serve(chosen.port, until_stdin_closes=chosen.until_stdin_closes))


if __name__ == "__main__":
    main()
