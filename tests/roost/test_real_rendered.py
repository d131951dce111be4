"""What Roost sends, in the real client's own `Rendered`: the HTML is the page's."""

import re
from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from roost.dialect import DIALECTS
from roost.diff import diff_tree, full_tree
from roost.rendered import Rendered, to_html

from tests.oracle.oracle import SCRIPT, Oracle, running
from tests.oracle.packages import NoPackages, installed
from tests.roost.random_pages import histories

pytestmark = pytest.mark.node

MAGIC = re.compile(r' data-phx-id="[^"]*"')


@pytest.fixture(scope="module")
def oracle() -> Iterator[Oracle]:
    try:
        folder = installed()
    except NoPackages as reason:
        pytest.skip(str(reason))
    with running(Oracle, SCRIPT, folder) as found:
        yield found


@pytest.mark.parametrize("line", DIALECTS)
def test_each_line_of_the_client_shows_the_page(oracle: Oracle, line: str) -> None:
    dialect = DIALECTS[line]

    @settings(max_examples=50, suppress_health_check=list(HealthCheck))
    @given(histories)
    def agree(history: list[Rendered]) -> None:
        shown = oracle.ask(
            "rendered",
            version=line,
            view="lv",
            initial=full_tree(history[0], {}, dialect=dialect),
            diffs=[
                diff_tree((old, {}), (new, {}), dialect=dialect)
                for old, new in pairwise(history)
            ],
        )
        expected = [to_html(each, {}) for each in history]
        assert expected == [MAGIC.sub("", each) for each in shown]

    agree()
