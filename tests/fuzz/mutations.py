"""Ways in which a recorded conversation can go wrong, each a pure function of chance.

A mutation knows nothing of what the client makes of it. It takes the server's
frames as bytes and returns others; the same `random.Random` gives the same mutation.
"""

import json
from collections.abc import Callable
from random import Random
from typing import Any, Final

Json = Any
Frames = list[bytes]

# Keys, events and statuses that mean something at some place, to be met at a wrong one.
WORDS: Final = (
    *("s", "d", "c", "p", "r", "e", "t", "k", "kc", "km", "stream", "0", "1", "-1"),
    *("rendered", "diff", "response", "status", "reason", "live_redirect", "redirect"),
    *("live_patch", "to", "kind", "flash", "container", "cids", "link_redirect"),
    *("phx_reply", "phx_error", "phx_close", "phx_join", "ok", "error", "stale"),
    *("unauthorized", "join crashed", "reload", "replace", "push", "lv:x", "phoenix"),
    *("lvu:0", "lvu:1", "config", "entries", "errors", "chunk_size", "uploader"),
)
STRANGE_TEXTS: Final = (
    *(
        "",
        "\0",
        "\ud800",
        "😀" * 40,
        "<" * 500,
        "</div>" * 50,
        "&#0;",
        "<!--",
        "<![CDATA[",
    ),
    *(
        "<div data-phx-session='x' data-phx-main id='phx-2'>",
        "<form phx-trigger-action>",
    ),
    *("//elsewhere.example/x", "javascript:1", "http://[", "/\0", "x" * 10_000),
    *("<table><tr><template><select><option>", "<svg><a id='a' xlink:href='b'>"),
    *("<ul id=u phx-update=stream><li id=1>", "<p phx-update=ignore id=i>"),
)
STRANGE_NUMBERS: Final = (
    *(0, -1, 1, 2**31, -(2**31), 2**53, 10**9, 10**18, -(10**18), 10**40, 1.5, 1e308),
    *(2**63, 2**64 - 1, 0.1, -0.0, 65536, 255, 256),
)


def mutated(frames: Frames, rng: Random) -> Frames:
    """Return the frames with one to three things wrong."""
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        if not frames:
            return frames
        kind = rng.choice((_in_bytes, _in_json, _in_json, _in_json, _in_order))
        frames = kind(frames, rng)
    return frames


# Whole frames


def _in_order(frames: Frames, rng: Random) -> Frames:
    """Duplicate, drop, swap, or bring a frame too early."""
    frames = list(frames)
    index = rng.randrange(len(frames))
    match rng.choice(("twice", "drop", "swap", "early", "late")):
        case "twice":
            frames.insert(rng.randint(index, len(frames)), frames[index])
        case "drop":
            del frames[index]
        case "swap":
            other = rng.randrange(len(frames))
            frames[index], frames[other] = frames[other], frames[index]
        case "early":
            frames.insert(rng.randint(0, index), frames.pop(index))
        case "late":
            frames.append(frames.pop(index))
    return frames


# Bytes


def _in_bytes(frames: Frames, rng: Random) -> Frames:
    frames = list(frames)
    index = rng.randrange(len(frames))
    data = bytearray(frames[index])
    at = rng.randrange(len(data) + 1)
    match rng.choice(("flip", "truncate", "insert", "cut", "repeat", "utf8", "binary")):
        case "flip" if data:
            for _ in range(rng.choice((1, 1, 2, 8))):
                data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        case "truncate":
            del data[at:]
        case "insert":
            data[at:at] = rng.randbytes(rng.randint(1, 8))
        case "cut":
            del data[at : at + rng.randint(1, 40)]
        case "repeat":
            data[at:at] = data[at : at + rng.randint(1, 40)]
        case "utf8":
            data[at:at] = rng.choice((b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xf8\x88"))
        case "binary":
            data[0:0] = bytes(rng.choice(((0,), (1, 1, 1), (2, 255, 9), (3,), (9, 9))))
    frames[index] = bytes(data)
    return frames


# JSON


def _in_json(frames: Frames, rng: Random) -> Frames:
    """Change one place of one frame, chosen with the same chance at every depth."""
    frames = list(frames)
    index = rng.randrange(len(frames))
    try:
        frame = json.loads(frames[index])
    except (ValueError, RecursionError):
        return frames  # broken by the mutation before
    holder: Json = [frame]
    places = _places(holder)
    depth = rng.choice(sorted({depth for depth, _, _ in places}))
    _, where, key = rng.choice([place for place in places if place[0] == depth])
    change = rng.choice(_CHANGES)
    change(where, key, rng)
    text = json.dumps(holder[0]) if holder else ""
    frames[index] = text.encode("utf-8", "surrogatepass")
    return frames


def _places(holder: Json) -> list[tuple[int, Json, Any]]:
    """Return every (depth, container, key) of a JSON value."""
    found: list[tuple[int, Json, Any]] = []
    open_: list[tuple[int, Json]] = [(0, holder)]
    while open_:
        depth, value = open_.pop()
        pairs = (
            list(value.items()) if isinstance(value, dict) else list(enumerate(value))
        )
        for key, inner in pairs:
            found.append((depth, value, key))
            if isinstance(inner, dict | list):
                open_.append((depth + 1, inner))
    return found


def _swap_type(where: Json, key: Any, rng: Random) -> None:
    others: Json = (
        None,
        True,
        False,
        7,
        "7",
        [],
        {},
        [where[key]],
        {"s": [""]},
        {"0": "x"},
    )
    where[key] = rng.choice(others)


def _delete(where: Json, key: Any, rng: Random) -> None:
    del where[key]


def _huge_number(where: Json, key: Any, rng: Random) -> None:
    where[key] = rng.choice(STRANGE_NUMBERS)


def _strange_text(where: Json, key: Any, rng: Random) -> None:
    where[key] = rng.choice(STRANGE_TEXTS)


def _another_word(where: Json, key: Any, rng: Random) -> None:
    where[key] = rng.choice(WORDS)


def _rename(where: Json, key: Any, rng: Random) -> None:
    """Give the value another key; in a list, another place."""
    value = where[key]
    if isinstance(where, dict):
        del where[key]
        where[rng.choice((*WORDS, str(rng.choice(STRANGE_NUMBERS))))] = value
    else:
        where[rng.randrange(len(where))] = value


def _add(where: Json, key: Any, rng: Random) -> None:
    """Put a copy of the value beside it."""
    if isinstance(where, dict):
        where[rng.choice(WORDS)] = where[key]
    else:
        where.insert(rng.randrange(len(where) + 1), where[key])


def _nest(where: Json, key: Any, rng: Random) -> None:
    value = where[key]
    for _ in range(rng.choice((1, 3, 50, 400))):
        value = rng.choice(({"0": value}, {"s": ["<i>", "</i>"], "0": value}, [value]))
    where[key] = value


def _component_of_itself(where: Json, key: Any, rng: Random) -> None:
    if isinstance(where, dict):
        where["c"] = {"1": {"s": ["<b>", "", "</b>"], "r": 1, "0": 2, "1": 2}}
        where["c"]["2"] = {"s": rng.choice((1, 2, -1, -9, ["<i>", "</i>"])), "0": 1}
    where[key] = rng.choice((1, 2))


_CHANGES: Final[tuple[Callable[[Json, Any, Random], None], ...]] = (
    _swap_type,
    _delete,
    _huge_number,
    _strange_text,
    _another_word,
    _rename,
    _add,
    _nest,
    _component_of_itself,
)
