"""Values as Elixir's `inspect` shows them, and forms as Plug decodes them.

Law of this file: the pages show what the recorded pages show, to the letter.
"""

import json
import re
from typing import Any
from urllib.parse import parse_qsl

Fields = dict[str, Any]


def inspect(value: object) -> str:
    """Return `value` as `inspect/1` would print it."""
    match value:
        case None:
            return "nil"
        case dict():
            pairs = sorted(value.items())
            inner = ", ".join(f"{inspect(k)} => {inspect(v)}" for k, v in pairs)
            return "%{" + inner + "}"
        case list():
            return f"[{', '.join(map(inspect, value))}]"
        case _:
            return json.dumps(value, ensure_ascii=False)


def decode_form(encoded: str) -> Fields:
    """Return nested fields: `user[name]=A` → `{"user": {"name": "A"}}`, as Plug's decoder."""
    fields: Fields = {}
    for name, value in parse_qsl(encoded, keep_blank_values=True):
        path = path_of(name)
        _put(fields, path, value, many=name.endswith("[]"))
    return fields


def path_of(name: str) -> list[str]:
    """Return the keys in a field's name: `user[langs][]` → `["user", "langs"]`."""
    return [key for key in re.split(r"[\[\]]+", name) if key]


def without_unused(fields: Fields) -> Fields:
    """Return `fields` without the marks of fields that nobody touched."""
    return {
        key: without_unused(value) if isinstance(value, dict) else value
        for key, value in fields.items()
        if not key.startswith("_unused_")
    }


def _put(fields: Fields, path: list[str], value: str, *, many: bool) -> None:
    *parents, last = path
    for key in parents:
        child = fields.setdefault(key, {})
        if not isinstance(child, dict):
            return  # a name that contradicts an earlier one is dropped
        fields = child
    if not many:
        fields[last] = value
    elif isinstance(values := fields.setdefault(last, []), list):
        values.append(value)
