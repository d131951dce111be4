"""One user's values go out of a page and come back where they were."""

from hypothesis import example, given
from hypothesis import strategies as st

from pytest_liveview_load.liveview.page.dead_render import DeadRender, mask
from pytest_liveview_load.liveview.page.document import Document
from pytest_liveview_load.liveview.page.find import find_one

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

    assert html == masked.unmask(masked.template)


def page(csrf: str, view: str, user: str = "") -> str:
    return (
        f'<meta name="csrf-token" content="{csrf}"><script nonce="{csrf[::-1]}"></script>'
        f'<div id="{view}" data-phx-main data-phx-session="{csrf}.{view}">{user}'
        f'<form><input type="hidden" name="_csrf_token" value="{csrf}"></form></div>'
    )


ANN = page("csrf-token-of-ann", "phx-Fann0123456789ab")
BOB = page("csrf-token-of-bob", "phx-Fbob0123456789ab")


def test_users_who_differ_by_tokens_only_share_a_template() -> None:
    assert mask(ANN).template == mask(BOB).template
    assert mask(ANN).values != mask(BOB).values


def test_users_who_see_different_things_do_not() -> None:
    named = page("csrf-token-of-ann", "phx-Fann0123456789ab", user="ann")

    assert mask(named).template != mask(ANN).template


def test_a_page_with_nothing_to_mask_is_its_own_template() -> None:
    html = "<p id='phx-short' nonce=''>nothing of anybody</p>"

    assert (html, ()) == (mask(html).template, mask(html).values)


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
