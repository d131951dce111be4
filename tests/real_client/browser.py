"""The real client in jsdom, driven by the sentences of the recordings.

It does what a sentence says and tells what is seen; whether that is right is
the test's to judge.
"""

import base64
import re
from pathlib import Path
from typing import Any, Final

from pytest_liveview_load.liveview.client.upload_files import from_disk
from tests.oracle.oracle import Node

_SAID: Final = {
    r"click (?P<selector>.+)": "click",
    r"type '(?P<text>.*)' into (?P<selector>.+)": "type",
    r"key (?P<key>\S+) in window": "key",
    r"key (?P<key>\S+) in (?P<selector>.+)": "key",
    r"history\.back": "back",
}


class Browser(Node):
    """One tab of the real client."""

    def open(self, url: str, *, websockets: bool = True) -> None:
        self.ask("open", url=url, websockets=websockets)

    def post(self, url: str, selector: str, **fields: str) -> int:
        status: int = self.ask("post", url=url, selector=selector, fields=fields)
        return status

    def seen(self) -> dict[str, Any]:
        """Return title, path, body, and whether the main view is joined."""
        found: dict[str, Any] = self.ask("seen")
        return found

    def said(self) -> list[str]:
        """Return what the page's client has sent; a binary message as recordings have it."""
        found: list[str] = self.ask("said")
        return found

    def choose(self, selector: str, *files: Path) -> None:
        """Choose files as `live.upload` tells of them."""
        chosen = [from_disk(selector, each) for each in files]
        told = [
            {
                "name": each.info.name,
                "type": each.info.type,
                "lastModified": each.info.last_modified,
                "content": base64.b64encode(path.read_bytes()).decode(),
            }
            for each, path in zip(chosen, files, strict=True)
        ]
        self.ask("choose", selector=selector, files=told)

    def click_twice(self, selector: str) -> None:
        """Click, and click again at the moment when the page shows what came of it."""
        self.ask("clickTwice", selector=selector)

    def perform(self, sentence: str) -> None:
        """Do what a recorded sentence says."""
        for pattern, kind in _SAID.items():
            if said := re.fullmatch(pattern, sentence):
                self.ask(kind, **said.groupdict())
                return
        if said := re.fullmatch(r"set (\S+): (.+)", sentence):
            self.ask("set", selector=said[1], values=_VALUES[said[2]])
            return
        raise NotImplementedError(sentence)


# The scripts of `set` sentences, as the values they select.
_VALUES: Final = {
    "e.value='writer'": ["writer"],
    "e.options[0].selected=true; e.options[2].selected=true": ["elixir", "rust"],
}

_ID: Final = re.compile(r'(?<==")phx-[A-Za-z0-9_-]{16}(?=["-])')
_SIGNED: Final = re.compile(r'(data-phx-(?:session|static)|data-csrf)="[^"]*"')
_CSRF: Final = re.compile(r'(<input[^>]*name="_csrf_token"[^>]*value=")[^"]*')
_MOMENT: Final = re.compile(r"\b[0-9]{12,}\b|(?<=messages-)[0-9]+")
_PINGED: Final = re.compile(r' data-reply="[^"]*"')


def comparable(body: str) -> str:
    """Return a page without what two visits never share: ids, tokens, times."""
    numbers: dict[str, str] = {}

    def numbered(found: re.Match[str]) -> str:
        return numbers.setdefault(found[0], f"phx-{len(numbers)}")

    body = _SIGNED.sub(r'\1="*"', _CSRF.sub(r"\1*", body))
    return _ID.sub(numbered, _MOMENT.sub("*", _PINGED.sub("", body)))
