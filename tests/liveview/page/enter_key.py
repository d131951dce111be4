"""Forms, and whether Enter in the field `#a` submits them.

Our page and Chromium are asked the same (`test_keyboard.py`, `tests/browser`).
"""

from typing import Final

# `<form>` around each; whether it is submitted.
_ALONE: Final = {
    **dict.fromkeys(
        ("text", "search", "tel", "url", "email", "password", "number"), True
    ),
    **dict.fromkeys(("date", "month", "week", "time", "datetime-local"), False),
    **dict.fromkeys(("checkbox", "radio", "range", "color", "file"), False),
}

ENTER: Final[dict[str, tuple[str, bool]]] = {
    **{
        f"a {kind} alone": (f"<input id=a type={kind}>", submits)
        for kind, submits in _ALONE.items()
    },
    **{
        f"a {kind} and a button": (
            f"<input id=a type={kind}><button>s</button>",
            kind not in ("color", "file"),
        )
        for kind in _ALONE
    },
    **{
        f"a text beside a {kind}": (f"<input type={kind}><input id=a>", not submits)
        for kind, submits in _ALONE.items()
    },
    "a text beside a textarea": ("<textarea></textarea><input id=a>", True),
    "a textarea": ("<textarea id=a></textarea><button>s</button>", False),
    "a select": ("<select id=a><option>x</select><button>s</button>", False),
    "a text beside a disabled one": ("<input id=a><input disabled>", False),
    "a read-only text": ("<input id=a readonly>", True),
    "its only submit button is disabled": (
        "<input id=a><button disabled>s</button>",
        False,
    ),
    "its first submit button is disabled": (
        "<input id=a><button disabled>s</button><button>t</button>",
        False,
    ),
    "its submit button is in a disabled fieldset": (
        "<input id=a><fieldset disabled><button>s</button></fieldset>",
        False,
    ),
    "a button that submits nothing": (
        "<input id=a><button type=button>s</button>",
        True,
    ),
    "two texts and a button that submits nothing": (
        "<input id=a><input><button type=button>s</button>",
        False,
    ),
    "two texts and a button last": (
        "<input id=a><input><button>s</button>",
        True,
    ),
    "two texts and an image": ("<input id=a><input><input type=image>", True),
    "a submit input": ("<input><input><input id=a type=submit>", True),
}
