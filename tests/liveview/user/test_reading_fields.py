"""What fields hold, as a person sees it."""

import pytest

from pytest_liveview_load.errors import ElementError
from pytest_liveview_load.liveview.user.visitor import Visitor
from tests.liveview.client.scripted_server import ScriptedServer, accepting

pytestmark = pytest.mark.anyio

FORM = (
    '<form id="f"><input id="a" value="old"><textarea id="t">text</textarea>'
    '<input id="c" type="checkbox"><input id="r" type="radio" name="r" checked>'
    '<input id="s" type="radio" name="r">'
    '<select id="o"><option value="1">one</option><option>two</option></select>'
    '<select id="m" multiple><option value="1" selected>one<option value="2">two</select>'
    '<button id="b" value="go" data-x="1">go</button></form>'
)


@pytest.fixture
async def form(server: ScriptedServer, live: Visitor) -> Visitor:
    server.on["phx_join"] = accepting({"s": [FORM]})
    await live.visit("/counter")
    return live


async def test_what_the_server_rendered_is_read(form: Visitor) -> None:
    assert [form.value(each) for each in ("#a", "#t", "#o", "#b")] == [
        *("old", "text", "1", "go")
    ]
    assert [form.checked(each) for each in ("#c", "#r", "#s")] == [False, True, False]
    assert (form.selected("#o"), form.selected("#m")) == (["1"], ["1"])
    assert not form.focused("#a")


async def test_what_was_entered_is_read(form: Visitor) -> None:
    await form.fill("#t", "new")
    await form.check("#c")
    await form.choose("#s")
    await form.select("#o", "two")
    await form.select("#m", "1", "2")
    await form.fill("#a", "x")

    assert (form.value("#a"), form.value("#t"), form.value("#o")) == ("x", "new", "two")
    assert [form.checked(each) for each in ("#c", "#r", "#s")] == [True, False, True]
    assert (form.selected("#o"), form.selected("#m")) == (["two"], ["1", "2"])
    assert (form.focused("#a"), form.focused("#t")) == (True, False)


async def test_one_attribute_of_all_that_match_is_read(form: Visitor) -> None:
    assert form.attrs("#f > *", "value") == [
        *("old", None, None, None, None, None, None, "go")
    ]
    assert form.attrs(".none", "value") == []


async def test_what_is_no_such_field_is_an_error(form: Visitor) -> None:
    with pytest.raises(ElementError, match="is no form field"):
        form.value("#f")
    with pytest.raises(ElementError, match="is no form field"):
        form.focused("#f")
    with pytest.raises(ElementError, match="is no checkbox and no radio button"):
        form.checked("#a")
    with pytest.raises(ElementError, match="is no <select>"):
        form.selected("#a")
