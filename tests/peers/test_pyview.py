"""A person on a LiveView server that none of us wrote (pyview, dialect 0.20)."""

import pytest

from pytest_liveview_load.errors import ElementError
from pytest_liveview_load.liveview.user.visitor import Visitor

pytestmark = [pytest.mark.anyio, pytest.mark.peer]


async def test_clicks_count(person: Visitor) -> None:
    await person.visit("/")
    assert person.text("#count") == "0"

    await person.click("#inc")
    await person.click(text="+10")

    assert person.text("#count") == "11"
    assert person.title == "Counter | LiveView"


async def test_what_a_condition_renders_comes_and_goes(person: Visitor) -> None:
    await person.visit("/")
    assert not person.has("#many")

    await person.click("#add")
    assert person.text("#many") == "That is many"

    await person.visit("/")
    assert not person.has("#many")


async def test_a_disabled_button_cannot_be_clicked(person: Visitor) -> None:
    await person.visit("/")

    with pytest.raises(ElementError, match="disabled"):
        await person.click("#off")


async def test_a_patch_keeps_the_count_and_back_to_the_first_page_joins_anew(
    person: Visitor,
) -> None:
    await person.visit("/")
    await person.click("#inc")
    await person.click("#by-five")

    assert person.path == "/?step=5"
    assert person.text("#step") == "5"

    await person.click("#inc")
    assert person.text("#count") == "6"

    await person.back()
    assert (person.path, person.text("#step")) == ("/", "1")
    # Its client, of 0.20, joins the first page anew: no mark says that it was patched.
    assert person.text("#count") == "0"


async def test_a_patch_of_the_server_changes_the_address(person: Visitor) -> None:
    await person.visit("/")
    await person.click("#by-seven")

    assert person.path == "/?step=7"
    assert person.text("#step") == "7"


@pytest.mark.parametrize("link", ["#to-items", "#push-to-items"])
async def test_navigation_mounts_another_view_on_the_same_socket(
    person: Visitor, link: str
) -> None:
    await person.visit("/")
    await person.click(link)

    assert person.path == "/items"
    assert person.all("#items li") == ["one", "two"]

    await person.click("#to-counter")
    assert person.path == "/"
    await person.click("#inc")
    assert person.text("#count") == "1"


async def test_a_form_is_validated_as_it_is_filled_in(person: Visitor) -> None:
    await person.visit("/form")
    await person.fill(label="Your name", value="A")

    assert person.text("#error") == "is too short"
    assert person.text("#changed") == "name"

    await person.type("#name", "da")
    assert not person.has("#error")


async def test_a_form_saves_what_was_filled_in(person: Visitor) -> None:
    await person.visit("/form")
    await person.fill("#name", "Ada & Bob")
    await person.select("#plan", "pro")
    await person.check("#news")
    assert person.text("#changed") == "news"

    await person.submit("#signup")
    assert person.text("#saved") == "Ada & Bob (pro, with news)"

    await person.uncheck("#news")
    await person.select("#plan", "Free")
    await person.click(text="Save")
    assert person.text("#saved") == "Ada & Bob (free, without news)"


async def test_a_stream_grows_at_both_ends(person: Visitor) -> None:
    await person.visit("/items")
    await person.click("#append")
    await person.click("#prepend")

    assert person.all("#items li") == ["item 4", "one", "two", "item 3"]
    assert person.text("#next") == "5"


async def test_a_streamed_item_is_changed_and_deleted(person: Visitor) -> None:
    await person.visit("/items")
    await person.click("#update")
    assert person.text("#items-1") == "one, again"

    await person.click("#delete")
    assert not person.has("#items-2")
    assert person.all("#items li") == ["one, again"]


async def test_a_stream_is_reset(person: Visitor) -> None:
    await person.visit("/items")
    await person.click("#append")
    await person.click("#reset")

    assert person.all("#items li") == ["seven"]


async def test_an_event_is_pushed_without_an_element(person: Visitor) -> None:
    await person.visit("/")
    await person.push("add", {"by": 32})

    assert person.text("#count") == "32"
