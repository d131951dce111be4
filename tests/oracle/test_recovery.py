"""What a form recovers with, against the real client's getFormsForRecovery."""

from typing import Final

import pytest

from pytest_liveview_load.liveview.client.view_events import recovered
from pytest_liveview_load.liveview.page.form_state import FormState, VisiblePage
from pytest_liveview_load.liveview.protocol.versions import Dialect
from tests.liveview.page.pages import VIEW, document_of
from tests.oracle.oracle import VERSIONS, Oracle

pytestmark = pytest.mark.node

FORMS: Final = {
    "no fieldset": '<input id="x" name="a"><input name="b" value="1">',
    "a fieldset": '<fieldset><input id="x" name="a"><input name="b" value="1"></fieldset>',
    "a field between": '<input name="c"><fieldset><input id="x" name="a"></fieldset>'
    '<input name="d">',
    "one in another": '<fieldset><input id="x" name="a"><fieldset><input name="b">'
    "</fieldset></fieldset>",
    "checked ones": '<fieldset><input id="x" name="a"><input type="checkbox" name="c" checked>'
    '<input type="radio" name="r" value="1" checked><input type="radio" name="r" value="2">'
    "</fieldset>",
    "a select": '<fieldset><input id="x" name="a"><select name="s"><option value="1">1</option>'
    '<option value="2" selected>2</option></select><textarea name="t">u</textarea></fieldset>',
    "a disabled fieldset": '<input id="x" name="a"><fieldset disabled><input name="b">'
    '<input name="c" disabled></fieldset>',
}


@pytest.mark.parametrize("version", ["1.0", "1.1", "1.2"])
@pytest.mark.parametrize("fields", FORMS.values(), ids=FORMS)
def test_a_form_recovers_with_the_real_clients_value(
    oracle: Oracle, version: str, fields: str
) -> None:
    html = f'<form id="f" phx-change="c">{fields}</form>'
    real = oracle.ask("recovered", version=version, html=html, typed={"x": "typed"})

    document = document_of(html)
    before = VisiblePage(document, FormState(), VERSIONS[version])
    before.forms.put(document.fields.by_key["x"], "typed")
    (push,) = recovered(before, document, VIEW, set())

    assert real == push.payload["value"]


@pytest.mark.parametrize(
    ("version", "twice"),
    [
        *(("1.0.16", False), ("1.0.17", True), ("1.0.19", True)),
        *(("1.1.0", True), ("1.1.2", True), ("1.1.3", False), ("1.2.10", False)),
    ],
)
def test_only_some_releases_send_a_fieldset_twice(version: str, twice: bool) -> None:
    assert Dialect.of_version(version).recovers_fieldsets_twice == twice
