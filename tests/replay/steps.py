"""The recorded sentences as steps of a `LiveUser`.

The one law: a sentence becomes what a person would do; no step knows which page it is on.
"""

import re
from collections.abc import Awaitable, Callable
from typing import Final

from pytest_liveview_load.client.live_user import LiveUser

# Browser automation clicks the first of several matches; ours asks for exactly one.
_FIRST_OF: Final = {"#items-2 a": "#items-2 a:first-of-type"}

Step = Callable[[LiveUser, "re.Match[str]"], Awaitable[None]]

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
    r"set (?P<selector>\S+): e.value='(?P<value>.*)'": lambda live, said: live.select(
        said["selector"], said["value"]
    ),
    r"set (?P<selector>\S+): (?P<options>e\.options.+)": lambda live, said: live.select(
        said["selector"], *_options(live, said)
    ),
    r"history\.back": lambda live, _: live.back(),
}


async def perform(live: LiveUser, sentence: str) -> None:
    """Do what a recorded sentence says."""
    for pattern, step in _STEPS.items():
        if said := re.fullmatch(pattern, sentence):
            return await step(live, said)
    raise NotImplementedError(f"no person of ours can {sentence!r}")


def _options(live: LiveUser, said: "re.Match[str]") -> list[str]:
    """Return the values of the options that a script on `e` selected by index."""
    return [
        live.attr(f"{said['selector']} option:nth-of-type({int(index) + 1})", "value")
        or ""
        for index in re.findall(r"options\[(\d+)\]\.selected=true", said["options"])
    ]
