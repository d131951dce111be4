"""Our merge against the real client's `Rendered`: the same HTML after every diff."""

import copy
import json
import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_liveview_load.liveview.protocol.diff import merge, rendered_from
from tests.liveview.protocol.recorded import rendered_cases
from tests.oracle.oracle import PACKED, VERSIONS, Oracle
from tests.oracle.trees import views
from tests.properties.rendered_trees import with_templates

pytestmark = pytest.mark.node

VIEW = "lv"
NO_TAG = re.compile(r"<(?!/?i[ >\\]|!--)")
MAGIC = re.compile(r' data-phx-id="[^"]*"')


def ours(version: str, initial: Any, diffs: list[Any]) -> list[str]:
    rendered = rendered_from(initial, VERSIONS[version]).rendered
    html = [rendered.html(VIEW)]
    for diff in diffs:
        rendered = merge(rendered.without_streams(), diff).rendered
        html.append(rendered.html(VIEW))
    return html


def real(oracle: Oracle, version: str, initial: Any, diffs: list[Any]) -> list[str]:
    html = oracle.ask(
        "rendered", version=version, initial=initial, diffs=diffs, view=VIEW
    )
    return [MAGIC.sub("", each) for each in html]


def whole_markup(value: Any) -> Any:
    """Return the value without tags that are none, which a browser's parser would mend."""
    return json.loads(NO_TAG.sub("&lt;", json.dumps(value)))


def written(oracle: Oracle, pages: list[str]) -> list[str]:
    """Return each page as a browser writes it down."""
    return [oracle.ask("parsed", version="0.20", html=html) for html in pages]


@pytest.mark.parametrize("version", VERSIONS)
def test_random_views_have_the_real_clients_html(oracle: Oracle, version: str) -> None:
    with_keys = version in ("1.2", "1.1")
    forms = ("keyed",) if with_keys else ("list",)

    @settings(max_examples=200, suppress_health_check=list(HealthCheck))
    @given(views(forms), st.booleans())
    def agree(history: tuple[Any, list[Any]], templates: bool) -> None:
        first, diffs = copy.deepcopy(history)
        if templates and with_keys:  # before, only comprehensions had a table
            first, diffs = with_templates(first), [with_templates(d) for d in diffs]
        if VERSIONS[version].span_components:
            first, diffs = whole_markup(first), whole_markup(diffs)
        expected = real(oracle, version, first, diffs)
        found = ours(version, first, diffs)
        if VERSIONS[version].span_components:  # it marks components on the DOM
            expected, found = written(oracle, expected), written(oracle, found)
        assert expected == found

    agree()


@pytest.mark.parametrize("version", VERSIONS)
def test_the_oracle_answers_as_it_was_recorded(oracle: Oracle, version: str) -> None:
    recorded = [c for c in rendered_cases().values() if c["version"] == PACKED[version]]
    assert recorded
    for case in recorded:
        asked = real(oracle, version, case["initial"], case["diffs"])
        assert case["html_after"] == asked, case["name"]
