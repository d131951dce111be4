"""Chromium without a screen, driven over its DevTools protocol.

Law: a browser has a profile of its own that goes with it, and ends when its block does.
Every wait has a deadline.
"""

import asyncio
import base64
import contextlib
import json
import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

from websockets.asyncio.client import ClientConnection, connect

FLAGS: Final = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic"),
    *("--no-first-run", "--disable-background-networking", "--disable-dev-shm-usage"),
    *("--disable-component-update", "--disable-sync", "--remote-debugging-port=0"),
)
DEADLINE: Final = 20.0  # seconds
PORT_FILE: Final = "DevToolsActivePort"


def chromium() -> str | None:
    """Return the path of Chromium, None if it is not installed."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


class Tab:
    """One tab. `events` keeps what DevTools told of its network, in order."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._number = 0
        self._session = ""
        self.events: list[tuple[str, Any]] = []

    async def start(self) -> None:
        """Open an empty tab and listen to its network."""
        made = await self.call("Target.createTarget", url="about:blank")
        found = await self.call(
            "Target.attachToTarget", targetId=made["targetId"], flatten=True
        )
        self._session = found["sessionId"]
        await self.call("Network.enable")
        await self.call("Page.enable")

    async def call(self, method: str, **params: Any) -> Any:
        """Do one DevTools command; return its result."""
        self._number += 1
        said: dict[str, Any] = {"id": self._number, "method": method, "params": params}
        if self._session:
            said["sessionId"] = self._session
        async with asyncio.timeout(DEADLINE):
            await self._socket.send(json.dumps(said))
            while True:
                heard = json.loads(await self._socket.recv())
                if heard.get("id") == self._number:
                    break
                self.events.append((heard["method"], heard["params"]))
        if "error" in heard:
            raise RuntimeError(f"{method}: {heard['error']['message']}")
        return heard["result"]

    async def go(self, url: str) -> None:
        """Begin to load a page."""
        await self.call("Page.navigate", url=url)

    async def open(self, url: str) -> None:
        """Load a page and wait until its main view is connected."""
        await self.go(url)
        await self.until("document.querySelector('[data-phx-main].phx-connected')")

    async def run(self, script: str) -> Any:
        """Return the value of a JavaScript expression."""
        answer = await self.call(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True
        )
        if "exceptionDetails" in answer:
            raise RuntimeError(f"{script}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    async def until(self, condition: str) -> None:
        """Wait for a JavaScript condition; raises TimeoutError."""
        async with asyncio.timeout(DEADLINE):
            while not await self.run(f"!!({condition})"):
                await self.run("new Promise(requestAnimationFrame)")

    async def click(self, selector: str) -> None:
        """Click as a person does, with the mouse, in the middle of the element."""
        where = json.dumps(selector)
        await self.until(f"document.querySelector({where})")
        x, y = await self.run(
            f"(() => {{ const e = document.querySelector({where}); e.scrollIntoView();"
            " const r = e.getBoundingClientRect();"
            " return [r.x + r.width / 2, r.y + r.height / 2] })()"
        )
        for kind in ("mousePressed", "mouseReleased"):
            await self.call(
                "Input.dispatchMouseEvent",
                type=kind,
                x=x,
                y=y,
                button="left",
                clickCount=1,
            )

    async def type(self, selector: str, text: str) -> None:
        """Click into a field and type."""
        await self.click(selector)
        for key in text:
            for kind in ("keyDown", "keyUp"):
                typed = {"text": key} if kind == "keyDown" else {}
                await self.call("Input.dispatchKeyEvent", type=kind, key=key, **typed)

    async def press(self, key: str, selector: str | None = None) -> None:
        """Press Enter, or a key that writes nothing, in a field or where the focus is."""
        if selector is not None:
            await self.click(selector)
        down = {"type": "rawKeyDown"}
        if key == "Enter":
            down = {"type": "keyDown", "text": "\r"}
        for said in (down, {"type": "keyUp"}):
            await self.call("Input.dispatchKeyEvent", key=key, **said)

    async def choose(self, selector: str, *files: Path) -> None:
        """Choose files in a file input, as its dialog does."""
        found = await self.call(
            "Runtime.evaluate",
            expression=f"document.querySelector({json.dumps(selector)})",
        )
        await self.call(
            "DOM.setFileInputFiles",
            files=[str(each) for each in files],
            objectId=found["result"]["objectId"],
        )

    async def screenshot(self) -> bytes:
        """Return what is seen as a PNG."""
        answer = await self.call("Page.captureScreenshot", format="png")
        return base64.b64decode(answer["data"])


@contextlib.asynccontextmanager
async def browsing(program: str) -> AsyncIterator[Tab]:
    """Run Chromium with one tab while the block runs."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process = await asyncio.create_subprocess_exec(
            *(program, *FLAGS, f"--user-data-dir={profile}", "about:blank"),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            port, path = await _address(Path(profile) / PORT_FILE)
            url = f"ws://127.0.0.1:{port}{path}"
            async with connect(url, max_size=None, proxy=None) as socket:
                tab = Tab(socket)
                await tab.start()
                yield tab
                with contextlib.suppress(Exception):
                    await socket.send(json.dumps({"id": 0, "method": "Browser.close"}))
        finally:
            await _end(process)


async def _end(process: asyncio.subprocess.Process) -> None:
    try:
        async with asyncio.timeout(DEADLINE / 4):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


async def _address(file: Path) -> tuple[str, str]:
    """Wait for the file in which Chromium says where DevTools listens."""
    async with asyncio.timeout(DEADLINE):
        while not file.exists() or len(lines := file.read_text().split()) < 2:  # noqa: ASYNC110, ASYNC240
            await asyncio.sleep(0.02)
    return lines[0], lines[1]
