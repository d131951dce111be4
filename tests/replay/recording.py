"""A browser recording as a script: what the browser asked, what real Phoenix answered.

Nothing here invents or edits; it only cuts the recorded arrays into tabs and steps.
A file is one page; where it opens a second time, `t` starts again: that is another tab.
"""

import base64
import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

WIRE = Path(__file__).parents[1] / "wire"
BINARY = "binary "


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One page request and its answer; `target` is the path with its query."""

    step: int
    method: str
    target: str
    post: str | None
    status: int
    headers: dict[str, str]
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """One websocket that carried a join; `target` is its path with its query."""

    step: int
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One websocket message of the tab's `socket`-th opening.

    A binary frame's text is BINARY and its bytes in base64, as recordings have them.
    `step` is the step in which it must be seen: a push that came after a step's document was
    taken belongs to the next.
    """

    step: int
    socket: int
    text: str

    @property
    def ref(self) -> str | None:
        if self.text.startswith(BINARY):
            data = base64.b64decode(self.text.removeprefix(BINARY))
            start = 5 + data[1]
            return data[start : start + data[2]].decode()
        ref: str | None = json.loads(self.text)[1]
        return ref

    @property
    def answers(self) -> str | None:
        """Return the ref that this reply answers, None for what was not asked for."""
        _, ref, _, event, _ = json.loads(self.text)
        return ref if event == "phx_reply" else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent(Frame):
    """A frame of the browser's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Received(Frame):
    """A frame of the server's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What the person did, and what they saw afterwards."""

    sentence: str
    url: str
    title: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tab:
    """One tab's life; `frames` holds both directions in the order they were seen."""

    name: str
    netloc: str
    steps: tuple[Step, ...]
    exchanges: tuple[Exchange, ...]
    openings: tuple[Opening, ...]
    frames: tuple[Sent | Received, ...]


def recordings() -> list[tuple[str, str]]:
    """Return version and page of every recording under `tests/wire`."""
    return sorted(
        (path.parts[-3].removeprefix("lv-"), path.name.removesuffix(".json.gz"))
        for path in WIRE.glob("lv-*/browser/*.json.gz")
    )


def tabs_of(version: str, page: str) -> tuple[Tab, ...]:
    """Return the tabs of one recording under `tests/wire`."""
    path = WIRE / f"lv-{version}" / "browser" / f"{page}.json.gz"
    recorded = json.loads(gzip.decompress(path.read_bytes()))
    opens = [
        index
        for index, step in enumerate(recorded["steps"])
        if step["step"].startswith("open ")
    ]
    bounds = list(zip(opens, [*opens[1:], len(recorded["steps"])], strict=True))
    requests = _cut_http(recorded, [recorded["steps"][first] for first, _ in bounds])
    return tuple(
        _tab(recorded, f"{page}-{version}", first, end, http)
        for (first, end), http in zip(bounds, requests, strict=True)
    )


# Cutting


def _cut_http(
    recorded: dict[str, Any], opens: list[dict[str, Any]]
) -> list[list[dict[str, Any]]]:
    """Split `http` at the requests that the `open` steps made."""
    cut: list[list[dict[str, Any]]] = []
    for entry in recorded["http"]:
        if len(cut) < len(opens) and "method" in entry:
            path = opens[len(cut)]["step"].removeprefix("open ")
            if _target(entry["url"]) == path:
                cut.append([])
        cut[-1].append(entry)
    return cut


def _tab(
    recorded: dict[str, Any], name: str, first: int, end: int, http: list[Any]
) -> Tab:
    steps = recorded["steps"][first:end]
    dom = recorded["dom"][first:end]
    last = len(recorded["frames"])
    frames = recorded["frames"][
        steps[0]["frame"] : recorded["steps"][end]["frame"]
        if end < len(recorded["steps"])
        else last
    ]
    openings, messages = _frames(frames, steps, dom)
    return Tab(
        name=name,
        netloc=urlsplit(http[0]["url"]).netloc,
        steps=tuple(
            Step(
                sentence=step["step"],
                url=seen["url"],
                title=seen["title"],
                body=seen["html"],
            )
            for step, seen in zip(steps, dom, strict=True)
        ),
        exchanges=tuple(_exchanges(http, steps)),
        openings=openings,
        frames=messages,
    )


def _exchanges(http: list[Any], steps: list[Any]) -> Iterator[Exchange]:
    waiting: list[dict[str, Any]] = []
    for entry in http:
        if "method" in entry:
            waiting.append(entry)
            continue
        request = next(r for r in waiting if r["url"] == entry["response_to"])
        waiting.remove(request)
        yield Exchange(
            step=_step_at(request["t"], steps),
            method=request["method"],
            target=_target(request["url"]),
            post=request["post"],
            status=entry["status"],
            headers=entry["headers"],
            body=entry.get("body", ""),
        )


def _frames(
    recorded: list[Any], steps: list[Any], dom: list[Any]
) -> tuple[tuple[Opening, ...], tuple[Sent | Received, ...]]:
    openings: list[Opening] = []
    frames: list[Sent | Received] = []
    sockets: dict[str, int] = {}
    unused: str | None = None  # the url of a socket that carried nothing yet
    for entry in recorded:
        step = _step_at(entry["t"], steps)
        if entry["dir"] == "open":
            unused = _target(entry["ws"])
        if entry["dir"] not in ("in", "out"):
            continue
        if "text" in entry:
            _, _, topic, event, _ = json.loads(entry["text"])
            text = entry["text"]
        else:
            topic = event = ""  # a chunk: it goes where the last join went
            text = f"{BINARY}{entry['binary_b64']}"
        if event == "phx_join":
            # A socket opened just before a full page load never carries a join: it is left out.
            if unused is not None:
                openings.append(Opening(step=step, target=unused))
                unused = None
            sockets[topic] = len(openings) - 1
        socket = sockets.get(topic, len(openings) - 1)
        if entry["dir"] == "out":
            frames.append(Sent(step=step, socket=socket, text=text))
        else:
            late = entry["t"] > dom[step]["t"]
            frames.append(Received(step=step + late, socket=socket, text=text))
    return tuple(openings), tuple(frames)


def _step_at(at: float, steps: list[Any]) -> int:
    return max(i for i, step in enumerate(steps) if step["t"] <= at)


def _target(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path
