"""The flash messages that a page shows, by kind.

Law: LiveView never says what its flash is; a page shows it, and that is what is read. A
visible element is a flash message if its click sends `lv:clear-flash`, which LiveView
itself answers, with the kind as `key`; or, where nothing can be cleared (a controller's
page), if it is called `flash-KIND`, as in every generated app.
"""

import json
from typing import Any, Final

from pytest_liveview_load.liveview.page.document import Document
from pytest_liveview_load.liveview.page.html import Element
from pytest_liveview_load.liveview.page.visibility import is_visible

CLEAR_FLASH: Final = "lv:clear-flash"
KEY: Final = "key"
CLEARABLE: Final = f"[phx-click*='{CLEAR_FLASH}']"
NAMED: Final = "[id^='flash-']"
GROUP: Final = "group"  # of the element around them all


def flash_messages(document: Document) -> dict[str, str]:
    """Return the text of each message shown, by kind, in the order of the page.

    Of several messages of one kind the first counts.
    """
    found: dict[str, str] = {}
    for element in document.all(f"{CLEARABLE}, {NAMED}"):
        kind = cleared_by(element) or named(element)
        if kind and kind not in found and is_visible(element):
            found[kind] = document.text(element)
    return found


def cleared_by(element: Element) -> str:
    """Return the kind that a click clears, "" without one."""
    click = element.get("phx-click", "")
    if click == CLEAR_FLASH:
        return element.get("phx-value-key", "")
    try:
        commands = json.loads(click)
    except ValueError:
        return ""
    for command in commands if isinstance(commands, list) else ():
        arguments = command[1] if isinstance(command, list) and command[1:] else None
        if isinstance(arguments, dict) and arguments.get("event") == CLEAR_FLASH:
            return key_of(arguments.get("value")) or element.get("phx-value-key", "")
    return ""


def key_of(value: Any) -> str:
    """Return the `key` of a command's value, "" without one."""
    key = value.get(KEY) if isinstance(value, dict) else None
    return key if isinstance(key, str) else ""


def named(element: Element) -> str:
    """Return the kind that an id of the generated app tells, else ""."""
    kind = element.get("id", "").partition("-")[2]
    is_message = element.get("role") == "alert" and kind != GROUP
    return kind if is_message and element.get("id", "").startswith("flash-") else ""
