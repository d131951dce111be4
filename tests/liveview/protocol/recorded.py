"""Reads the recorded traffic under tests/wire; changes nothing of it."""

import base64
import functools
import gzip
import json
from pathlib import Path
from typing import Any

WIRE = Path(__file__).parents[2] / "wire"
VERSIONS = ("0.20.17", "1.0.19", "1.1.33", "1.2.10")


@functools.cache
def read(path: str) -> Any:
    """Return what the gzipped JSON file `path` under tests/wire holds."""
    with gzip.open(WIRE / f"{path}.json.gz", "rt", encoding="utf-8") as file:
        return json.load(file)


def rendered_cases() -> dict[str, Any]:
    """Return the cases by name: `k_swap@1.2.12`."""
    return {case["name"]: case for case in read("rendered_cases")}


def pages(version: str, kind: str) -> list[str]:
    """Return the pages recorded of a version; `kind` is "browser" or "raw"."""
    folder = WIRE / f"lv-{version}" / kind
    return sorted(path.name.removesuffix(".json.gz") for path in folder.glob("*.gz"))


def recordings(kind: str) -> list[tuple[str, str]]:
    """Return every (version, page) recorded."""
    return [(version, page) for version in VERSIONS for page in pages(version, kind)]


def frames(version: str, page: str, kind: str) -> list[dict[str, Any]]:
    """Return a recording's frames, in the file's order."""
    found: list[dict[str, Any]] = read(f"lv-{version}/{kind}/{page}")["frames"]
    return found


def sent_texts(version: str, page: str) -> list[str]:
    """Return the text frames that the browser sent."""
    return [
        frame["text"]
        for frame in frames(version, page, "browser")
        if frame["dir"] == "out" and "text" in frame
    ]


def sent_binaries(version: str, page: str) -> list[bytes]:
    """Return the binary frames that the browser sent."""
    return [
        base64.b64decode(frame["binary_b64"])
        for frame in frames(version, page, "browser")
        if frame["dir"] == "out" and "binary_b64" in frame
    ]
