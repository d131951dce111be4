"""Recorded frames played to Roost, one after the other.

What is sent is what was recorded, with Roost's own ids and tokens; what
comes back must tell the same news, though Phoenix may say again what did not change.
"""

import base64
import gzip
import json
import re
from collections import defaultdict, deque
from pathlib import Path
from typing import Any

import pytest

from tests.roost.raw_browser import DeadPage, Message, Socket, found
from tests.roost.tree_client import NOTHING, TreeClient

RECORDINGS = Path(__file__).parents[1] / "wire" / "lv-1.2.10" / "raw"
SIGNED = "SFMyNTY."  # what a signature and a time make different each time
VOLATILE = {
    r"SFMyNTY\.[\w.-]+": "TOKEN",
    r"phx-[\w-]{16}(?![\w-])": "phx-ID",
    r"\b\d{13}\b": "NOW",
    r"\bmessages-\d+": "messages-N",
}
MAIN = r'(?s)<main id="main">(.*)</main>'


def recording(name: str) -> dict[str, Any]:
    with gzip.open(RECORDINGS / f"{name}.json.gz", "rt", encoding="utf-8") as file:
        recorded: dict[str, Any] = json.load(file)
    return recorded


class Replay:
    """Owns both sides' trees of every view on one socket."""

    def __init__(
        self, recorded: dict[str, Any], page: DeadPage, socket: Socket
    ) -> None:
        self.step = ""
        self._page = page
        self._socket = socket
        self._ids = {
            found('<div id="(phx-[^"]+)" data-phx-main', recorded["http_html"]): (
                page.view_id
            ),
            re.sub(r"(:\d+)/.*", r"\1", recorded["url"]): re.sub(
                r"(:\d+)/.*", r"\1", page.url
            ),
        }
        self._trees: dict[tuple[str, str], TreeClient] = {}
        self._early: defaultdict[tuple[str, str | None, str], deque[Message]]
        self._early = defaultdict(deque)
        self._seen = page.html
        self._upload_tokens: dict[str, str] = {}

    async def play(self, frame: dict[str, Any]) -> None:
        """Send what the recording sent, or compare what it received."""
        if frame["dir"] == "out":
            self.step = frame["step"]
            await self._send(frame)
        elif "text" in frame:
            await self._compare(json.loads(self._own(frame["text"])))

    # Sending

    async def _send(self, frame: dict[str, Any]) -> None:
        if "binary_b64" in frame:
            data = base64.b64decode(frame["binary_b64"])
            await self._socket.websocket.send(data)
            return
        message = json.loads(self._own(frame["text"]))
        payload = message[4]
        if message[3] == "phx_join" and message[2].startswith("lvu:"):
            payload["token"] = self._upload_tokens[message[2].removeprefix("lvu:")]
        elif message[3] == "phx_join":
            self._put_tokens(message[2].removeprefix("lv:"), payload)
        await self._socket.websocket.send(json.dumps(message))

    def _put_tokens(self, dom_id: str, payload: dict[str, Any]) -> None:
        payload["params"]["_csrf_token"] = self._page.csrf_token
        tokens = r' id="%s"[^>]* data-phx-%s="(SFMyNTY\.[\w.-]+)"'
        payload["session"] = re.findall(tokens % (dom_id, "session"), self._seen)[-1]
        if payload["static"] is not None:
            payload["static"] = found(tokens % (dom_id, "static"), self._page.html)

    def _own(self, text: str) -> str:
        for recorded, own in self._ids.items():
            text = text.replace(recorded, own)
        return text

    # Comparing

    async def _compare(self, recorded: Message) -> None:
        if self._is_said_again(recorded):
            return
        received = await self._receive(recorded)
        where = (self.step, recorded[2])
        rendered = received[4].get("response", {}).get("rendered")
        if rendered is not None:
            expected_tree = recorded[4]["response"].pop("rendered")
            del received[4]["response"]["rendered"]
            self._join(recorded[2], expected_tree, rendered)
        expected = self._news("phoenix", recorded)
        actual = self._news("own", received)
        assert (where, expected) == (where, actual)

    def _is_said_again(self, recorded: Message) -> bool:
        """Tell whether Phoenix pushed a diff without any news: Roost pushes none."""
        tree = self._trees.get(("phoenix", recorded[2]))
        if recorded[3] != "diff" or tree is None:
            return False
        return bool(tree.news(comparable(recorded[4])) == NOTHING)

    async def _receive(self, recorded: Message) -> Message:
        """Return the answer to the same message, or the next push of the same name."""
        key = (recorded[2], recorded[1], recorded[3])
        while not self._early[key]:
            try:
                message = await self._socket.receive()
            except TimeoutError:
                pytest.fail(f"{self.step}: no answer, but Phoenix sent {recorded}")
            self._note(message)
            self._early[message[2], message[1], message[3]].append(message)
        return self._early[key].popleft()

    def _note(self, message: Message) -> None:
        self._seen += json.dumps(message).replace('\\"', '"')
        response = message[4].get("response", {})
        for ref, token in response.get("entries", {}).items():
            self._upload_tokens[ref] = token

    def _join(self, topic: str, expected: Any, actual: Any) -> None:
        phoenix, own = TreeClient(expected), TreeClient(actual)
        self._trees["phoenix", topic] = TreeClient(comparable(expected))
        self._trees["own", topic] = TreeClient(comparable(actual))
        upload = r' data-phx-upload-ref="(phx-[^"]+)"'
        for old, new in zip(
            re.findall(upload, phoenix.html()),
            re.findall(upload, own.html()),
            strict=True,
        ):
            self._ids[old] = new
        shown = re.findall(MAIN, self._own(phoenix.html())) or [phoenix.html()]
        has = re.findall(MAIN, own.html()) or [own.html()]
        assert (topic, comparable(shown)) == (topic, comparable(has))

    def _news(self, side: str, compared: Message) -> Message:
        """Return a message with the news of its diff alone, which is merged."""
        tree = self._trees.get((side, compared[2]))
        message: Message = comparable(compared)
        payload = message[4]
        place = payload if message[3] == "diff" else payload.get("response", {})
        diff = payload if message[3] == "diff" else place.get("diff")
        if diff is None or tree is None:
            return message
        fresh = tree.news(diff)
        tree.merge(diff)
        if message[3] == "diff":
            return [*message[:4], fresh]
        return [*message[:4], {**payload, "response": {**place, "diff": fresh}}]


def comparable(value: Any) -> Any:
    """Return `value` without what differs each time."""
    text = json.dumps(value)
    for pattern, name in VOLATILE.items():
        text = re.sub(pattern, name, text)
    return json.loads(text)
