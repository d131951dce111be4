"""What a dead render says is what the real client joined with, and users share its parse."""

import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pytest_liveview_load.liveview.page.dead_render import DeadRender, mask
from pytest_liveview_load.liveview.page.document import Document
from pytest_liveview_load.liveview.page.find import find_one
from tests.liveview.page.pages import SHELL, URL

WIRE = Path(__file__).parents[2] / "wire"
RECORDINGS = {
    f"{path.parts[-3]} {path.name.removesuffix('.json.gz')}": path
    for path in sorted(WIRE.glob("lv-*/browser/*.json.gz"))
}


def recording(path: Path) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(gzip.decompress(path.read_bytes()))
    return data


def dead_renders(data: dict[str, Any]) -> list[DeadRender]:
    return [
        DeadRender.parse(each["body"], each["response_to"])
        for each in data["http"]
        if "<html" in (each.get("body") or "")
    ]


def joins(data: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the view's id and payload of every join of a view from its dead render."""
    for each in data["frames"]:
        if each["dir"] == "out" and "phx_join" in each.get("text", ""):
            _, _, topic, _, payload = json.loads(each["text"])
            if topic.startswith("lv:"):
                yield topic.removeprefix("lv:"), payload


@pytest.mark.parametrize("path", RECORDINGS.values(), ids=RECORDINGS)
def test_the_real_client_joined_with_what_we_read(path: Path) -> None:
    data = recording(path)
    pages = {view.id: page for page in dead_renders(data) for view in page.views}
    joined = list(joins(data))

    assert joined
    for view_id, payload in joined:
        page = pages[view_id]
        view = next(each for each in page.views if each.id == view_id)
        params = payload["params"]

        assert params["_csrf_token"] == page.csrf_token
        assert tuple(params["_track_static"]) == page.track_static
        # A child's session comes with its parent's join; one that comes later has no
        # static either.
        if view.parent_id:
            assert payload["static"] in (view.static, None)
        else:
            assert (payload["session"], payload["static"]) == (
                view.session,
                view.static,
            )


def test_two_users_of_one_page_share_one_parsed_tree() -> None:
    ann = dead_renders(recording(RECORDINGS["lv-1.2.10 counter"]))[0]
    html = ann.masked.unmask(ann.masked.html)
    for_bob = re.sub(r"phx-GO\w{14}|SFMyNTY\.[\w.-]+", _another, html)

    bob = DeadRender.parse(for_bob, ann.url)

    assert ann.main is not None
    assert bob.main is not None
    assert bob.parsed is ann.parsed
    assert f'id="{bob.main.id}"' in for_bob
    assert f'data-phx-session="{bob.main.session}"' in for_bob
    assert bob.main.id != ann.main.id


def _another(match: re.Match[str]) -> str:
    return match[0][:-4] + match[0][-4:][::-1]


@pytest.mark.parametrize(
    "version", ["lv-0.20.17", "lv-1.0.19", "lv-1.1.33", "lv-1.2.10"]
)
def test_the_session_token_names_the_view(version: str) -> None:
    pages = dead_renders(recording(RECORDINGS[f"{version} counter"]))

    assert {("Roost.CounterLive",)} == {
        tuple(view.name for view in page.views) for page in pages
    }


def test_nested_and_sticky_views_are_read_too() -> None:
    page = dead_renders(recording(RECORDINGS["lv-1.2.10 nested"]))[0]
    assert page.main is not None

    found = [(view.id, view.main, view.sticky, view.parent_id) for view in page.views]

    assert [
        (page.main.id, True, False, ""),
        ("sticky-player", False, True, ""),
        ("child-left", False, False, page.main.id),
        ("grandchild", False, False, "child-left"),
        ("child-right", False, False, page.main.id),
    ] == found
    assert [view.name for view in page.views][:2] == [
        "Roost.NestedLive",
        "Roost.StickyLive",
    ]


def test_a_page_without_a_live_view_is_read_as_well() -> None:
    page = dead_renders(recording(RECORDINGS["lv-1.2.10 login_secret"]))[0]

    assert () == page.views
    assert page.main is None
    assert "login" in page.url
    assert page.csrf_token in Document(page).html()


@pytest.mark.parametrize("html", ["", "  ", "just text", "\x00", "<", "{}", "<html"])
def test_what_is_no_page_has_nothing(html: str) -> None:
    page = DeadRender.parse(html, URL)

    assert ((), None, "", ()) == (
        page.views,
        page.main,
        page.csrf_token,
        page.track_static,
    )
    assert Document(page).title == ""


def test_static_urls_are_relative_to_the_base() -> None:
    tracked = (
        '<base href="/app/"><link phx-track-static href="a.css">'
        '<script phx-track-static src="//cdn.test/b.js"></script>'
    )
    page = DeadRender.parse(SHELL.replace("<head>", f"<head>{tracked}"), URL)

    expected = ("http://localhost:4000/app/a.css", "http://cdn.test/b.js")

    assert expected == page.track_static


PUSHED_TITLES = {
    "a title goes between prefix and suffix": ("Cart", {}, "« Cart · Roost"),
    "an empty one changes nothing without a default": ("", {}, "« Start · Roost"),
    "an empty one shows the default": (" ", {"default": "Shop"}, "« Shop · Roost"),
}


@pytest.mark.parametrize(
    ("pushed", "data", "expected"), PUSHED_TITLES.values(), ids=PUSHED_TITLES
)
def test_a_pushed_title(pushed: str, data: dict[str, str], expected: str) -> None:
    default = f" data-default='{data['default']}'" if data else ""
    html = SHELL.replace("<title", f"<title{default}")
    page = DeadRender.parse(html, URL)

    assert expected == Document(page, title=pushed).title


TOKENS = st.text("abcXYZ019-_.=", min_size=1, max_size=24)
PIECES = st.one_of(
    st.text(max_size=20),
    TOKENS.map('<meta name="csrf-token" content="{}">'.format),
    TOKENS.map('<input name="_csrf_token" type="hidden" value="{}">'.format),
    TOKENS.map('<div data-phx-session="{}">'.format),
    TOKENS.map('<a data-csrf="{}'.format),
    TOKENS.map('<p id="phx-{}">'.format),
    TOKENS,
    st.just("lv-mask-0-"),
)


@given(st.lists(PIECES).map("".join))
@example('<i nonce="aaaaaaaaaaaa"><i nonce="0-bbbbbbbbbbb">aaaaaaaaaaaabbbbbbbbbbb')
def test_unmasking_a_template_gives_the_page_back(html: str) -> None:
    masked = mask(html)

    assert html == masked.unmask(masked.html)


def page(csrf: str, view: str, user: str = "") -> str:
    return (
        f'<meta name="csrf-token" content="{csrf}"><script nonce="{csrf[::-1]}"></script>'
        f'<div id="{view}" data-phx-main data-phx-session="{csrf}.{view}">{user}'
        f'<form><input type="hidden" name="_csrf_token" value="{csrf}"></form></div>'
    )


ANN = page("csrf-token-of-ann", "phx-Fann0123456789ab")
BOB = page("csrf-token-of-bob", "phx-Fbob0123456789ab")


def test_users_who_differ_by_tokens_only_share_a_template() -> None:
    assert mask(ANN).html == mask(BOB).html
    assert mask(ANN).values != mask(BOB).values


def test_users_who_see_different_things_do_not() -> None:
    named = page("csrf-token-of-ann", "phx-Fann0123456789ab", user="ann")

    assert mask(named).html != mask(ANN).html


def test_a_page_with_nothing_to_mask_is_its_own_template() -> None:
    html = "<p id='phx-short' nonce=''>nothing of anybody</p>"

    assert (html, ()) == (mask(html).html, mask(html).values)


def test_all_reads_show_the_users_own_values() -> None:
    document = Document(DeadRender.parse(BOB, "http://localhost/"))
    hidden = find_one(document, "input[name=_csrf_token]")

    assert document.attr(hidden, "value") == "csrf-token-of-bob"
    assert 'value="csrf-token-of-bob"' in document.html(hidden)
    assert "lv-mask" not in document.html()
    assert document.owner(hidden) == "phx-Fbob0123456789ab"


def test_a_selector_may_name_a_masked_value() -> None:
    document = Document(DeadRender.parse(BOB, "http://localhost/"))

    view = find_one(document, "#phx-Fbob0123456789ab")

    assert document.attr(view, "id") == "phx-Fbob0123456789ab"
    assert find_one(document, "[value='csrf-token-of-bob']").tag == "input"
    assert () == document.all("#phx-Fann0123456789ab")
