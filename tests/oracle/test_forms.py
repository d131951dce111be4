"""Our forms against the real client's `serializeForm`: the same value, byte for byte."""

import pytest
from hypothesis import HealthCheck, given, settings

from pytest_liveview_load.liveview.page.find import find_one
from pytest_liveview_load.liveview.page.form_data import form_value
from pytest_liveview_load.liveview.page.form_state import FormState, VisiblePage
from tests.liveview.page.pages import document_of
from tests.oracle.forms import Asked, forms, question
from tests.oracle.oracle import VERSIONS, Oracle

pytestmark = pytest.mark.node


def ours(version: str, asked: Asked) -> str:
    """Return what our client sends for the form."""
    document = document_of(asked.html)
    state = FormState()
    field = {each.element.get("id"): each for each in document.fields.by_key.values()}
    for dom_id, text in asked.typed.items():
        state.put(field[dom_id], text)
    for dom_id, checked in asked.checked.items():
        state.put_checked(document, field[dom_id], checked=checked)
    for dom_id in asked.used:
        state.mark_used(field[dom_id])
    submitter = None if asked.submitter is None else field[asked.submitter]
    return form_value(
        VisiblePage(document, state, VERSIONS[version]),
        find_one(document, "#f"),
        submitter=submitter,
        only=asked.only,
    )


@pytest.mark.parametrize("version", VERSIONS)
def test_random_forms_have_the_real_clients_value(oracle: Oracle, version: str) -> None:
    @settings(max_examples=150, suppress_health_check=list(HealthCheck))
    @given(forms())
    def agree(asked: Asked) -> None:
        expected = oracle.ask("form", version=version, **question(asked))
        assert expected == ours(version, asked)

    agree()
