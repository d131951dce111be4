"""What a patch leaves alone, against the real client's `Rendered`."""

from typing import Any, Final

import pytest

from pytest_liveview_load.liveview.page.html import Element, parse_fragment
from pytest_liveview_load.liveview.protocol.diff import merge, rendered_from
from pytest_liveview_load.liveview.protocol.skips import (
    PHX_SKIP,
    component_with_skips,
    html_with_skips,
)
from tests.oracle.oracle import VERSIONS, Oracle

pytestmark = pytest.mark.node


def root(dynamic: Any, name: str = "i") -> dict[str, Any]:
    """Return a function component with one root element."""
    return {"0": dynamic, "s": [f"<{name}>", f"</{name}>"], "r": 1}


TWO: Final = {"0": root("a"), "1": root("b", "b"), "s": ["<p>", "", "</p>"]}
INNER: Final = {
    "0": {"0": root("a"), "1": "x", "s": ["<p>", "", "</p>"], "r": 1},
    "s": ["", ""],
}
BESIDE: Final = {"0": 1, "1": "t", "2": 2, "s": ["", "", "", ""]}
COMPONENTS: Final = {"1": root("a"), "2": {**root(root("b", "u"), "b")}}

AROUND: Final = {**root("x"), "1": root("b", "u"), "s": ["<i>", "", "</i>"]}
LIST: Final = {
    "s": ["<li>", "</li>"],
    "k": {"0": {"0": root("a")}, "1": {"0": root("b")}, "kc": 2},
}
HOLDER: Final = {"0": LIST, "1": "x", "s": ["<u>", "", "</u>"], "r": 1}

# The first tree, then diffs; with the components that are patched alone.
HISTORIES: Final[dict[str, tuple[Any, list[tuple[Any, list[int] | None]]]]] = {
    "another part": (TWO, [({"0": {"0": "c"}}, None), ({"1": {"0": "d"}}, None)]),
    "the same text again": (TWO, [({"0": {"0": "a"}}, None)]),
    "an empty change": (TWO, [({"0": {}}, None)]),
    "around it": (INNER, [({"0": {"1": "y"}}, None)]),
    "within it": (INNER, [({"0": {"0": {"0": "y"}}}, None)]),
    "anew": (INNER, [({"0": {"0": root("y", "u")}}, None)]),
    "beside components": ({**BESIDE, "c": COMPONENTS}, [({"1": "u"}, None)]),
    "beside and in a component": (
        {**BESIDE, "c": COMPONENTS},
        [({"1": "u", "c": {"1": {"0": "z"}}}, None), ({"1": "v"}, None)],
    ),
    "in a component alone": (
        {**BESIDE, "c": COMPONENTS},
        [({"c": {"1": {"0": "z"}}}, [1]), ({"c": {"2": {"0": {"0": "z"}}}}, [2])],
    ),
    "around a part of a component": (
        {"0": 1, "s": ["", ""], "c": {"1": AROUND}},
        [({"c": {"1": {"0": "y"}}}, [1]), ({"c": {"1": {"1": {"0": "y"}}}}, [1])],
    ),
    "a component inside one that changes": (
        {"0": 1, "s": ["", ""], "c": {"1": root(2, "u"), "2": root("b")}},
        [({"c": {"1": {"0": 2}}}, [1])],
    ),
    "a component with another's statics": (
        {**BESIDE, "c": COMPONENTS},
        [({"0": 3, "c": {"3": {"0": {"0": "n"}, "s": -2}}}, None)],
    ),
}  # fmt: skip
OLD: Final[dict[str, tuple[Any, list[tuple[Any, list[int] | None]]]]] = {
    "an entry of a list": (
        {"0": {"s": ["<li>", "</li>"], "d": [[root("a")]]}, "1": "", "s": ["", "", ""]},
        [({"1": "x"}, None), ({"0": {"d": [[root("a")], [root("b")]]}}, None)],
    ),
}
KEYED: Final[dict[str, tuple[Any, list[tuple[Any, list[int] | None]]]]] = {
    "an entry": (
        {"0": LIST, "1": "", "s": ["", "", ""]},
        [
            ({"0": {"k": {"1": {"0": {"0": "c"}}, "kc": 2}}}, None),
            ({"0": {"k": {"0": 1, "1": [0, {"0": {"0": "d"}}], "kc": 2, "km": True}}}, None),
            ({"0": {"k": {"2": {"0": root("e")}, "kc": 3}}}, None),
            ({"0": {"k": {"kc": 1}}}, None),
            ({"1": "x"}, None),
        ],
    ),
    "an entry in a component": (
        {"0": 1, "s": ["", ""], "c": {"1": HOLDER}},
        [
            ({"c": {"1": {"1": "y"}}}, [1]),
            ({"c": {"1": {"0": {"k": {"1": {"0": {"0": "c"}}, "kc": 2}}}}}, [1]),
        ],
    ),
}  # fmt: skip


def ours(version: str, initial: Any, diffs: list[tuple[Any, list[int] | None]]) -> Any:
    rendered = rendered_from(initial, VERSIONS[version]).rendered
    told = []
    for diff, cids in diffs:
        rendered = merge(rendered, diff).rendered
        told.append(
            html_with_skips(rendered, diff)
            if cids is None
            else "".join(component_with_skips(rendered, diff, cid) for cid in cids)
        )
    return told


def skeleton(html: str) -> list[Any]:
    return [outline(each) for each in parse_fragment(html)]


def outline(element: Element) -> Any:
    """Return what is gone through: of what is skipped the element alone."""
    if PHX_SKIP in element.attrib:
        return (element.tag, "skipped")
    texts = element.text, element.tail
    return (element.tag, texts, [outline(each) for each in element])


CASES: Final = [
    *((version, name) for version in VERSIONS for name in HISTORIES),
    *((version, name) for version in ("1.1", "1.2") for name in KEYED),
    *((version, name) for version in ("0.20", "1.0") for name in OLD),
]


@pytest.mark.parametrize(("version", "name"), CASES)
def test_a_patch_skips_what_the_real_client_skips(
    oracle: Oracle, version: str, name: str
) -> None:
    initial, diffs = (HISTORIES | KEYED | OLD)[name]
    patches = [{"diff": diff, "cids": cids} for diff, cids in diffs]

    real = oracle.ask(
        "skips", version=version, initial=initial, patches=patches, view="lv"
    )

    assert [*map(skeleton, real)] == [*map(skeleton, ours(version, initial, diffs))]
