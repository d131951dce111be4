"""The recorded sentences as steps of a `Visitor`.

A sentence becomes what a person would do; no step knows which page it is on.
"""

import re
from collections.abc import Awaitable, Callable
from typing import Final

from pytest_liveview_load.liveview.client import tab
from pytest_liveview_load.liveview.client.perform import act
from pytest_liveview_load.liveview.page import events
from pytest_liveview_load.liveview.page.actions import Action
from pytest_liveview_load.liveview.page.find import find_one
from pytest_liveview_load.liveview.page.form_state import VisiblePage
from pytest_liveview_load.liveview.user.visitor import Visitor

# Browser automation clicks the first of several matches; ours asks for exactly one.
_FIRST_OF: Final = {"#items-2 a": "#items-2 a:first-of-type"}

# The files of the recordings: what their chunks hold, put together.
FILES: Final = {
    "roost-blob.bin": bytes(
        (index * 31 + index // 251) % 256 for index in range(20_000)
    ),
    "roost-hello.txt": b"hello roost\n",
}

Step = Callable[[Visitor, "re.Match[str]"], Awaitable[None]]

_STEPS: Final[dict[str, Step]] = {
    r"open (?P<path>\S+)": lambda live, said: live.visit(said["path"]),
    r"click (?P<selector>.+)": lambda live, said: live.click(
        _FIRST_OF.get(said["selector"], said["selector"])
    ),
    r"type '(?P<text>.*)' into (?P<selector>.+)": lambda live, said: live.type(
        said["selector"], said["text"]
    ),
    r"key (?P<key>\S+) in window": lambda live, said: live.press(said["key"]),
    r"key (?P<key>\S+) in (?P<selector>.+)": lambda live, said: live.press(
        said["key"], said["selector"]
    ),
    r"set (?P<selector>\S+): e.value='(?P<value>.*)'": lambda live, said: set_by_script(
        live, said["selector"], said["value"]
    ),
    r"set (?P<selector>\S+): (?P<options>e\.options.+)": (
        lambda live, said: set_by_script(live, said["selector"], *_options(live, said))
    ),
    r"choose (?P<names>.+)": lambda live, said: live.upload(
        "input[type=file]",
        *((name, FILES[name]) for name in re.findall(r"[\w.-]+", said["names"])),
    ),
    r"history\.back": lambda live, _: live.back(),
    r"history\.forward": lambda live, _: live.forward(),
    r"liveSocket\.disconnect and connect": lambda live, _: live.reconnect(),
}


async def perform(live: Visitor, sentence: str) -> None:
    """Do what a recorded sentence says."""
    for pattern, step in _STEPS.items():
        if said := re.fullmatch(pattern, sentence):
            return await step(live, said)
    raise NotImplementedError(f"no person of ours can {sentence!r}")


async def set_by_script(live: Visitor, selector: str, *values: str) -> None:
    """Select options as the recording's script did, which told of it but moved no focus."""

    def plan(page: VisiblePage) -> list[Action]:
        field = page.document.fields.field(find_one(page.document, selector))
        assert field is not None
        page.forms.put(field, tuple(values))
        return events.input_event(page, field)

    await act(tab.Step(live._tab, f"set {selector}", None), plan)


def _options(live: Visitor, said: "re.Match[str]") -> list[str]:
    """Return the values of the options that a script on `e` selected by index."""
    return [
        live.attr(f"{said['selector']} option:nth-of-type({int(index) + 1})", "value")
        or ""
        for index in re.findall(r"options\[(\d+)\]\.selected=true", said["options"])
    ]
