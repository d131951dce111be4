"""Whose commands run when a view is back or gone."""

import pytest

from pytest_liveview_load.liveview.page.html import PHX_CONNECTED, PHX_DISCONNECTED
from pytest_liveview_load.liveview.page.loading import connection_commands
from tests.liveview.page.pages import VIEW, document_of

CONTENT = """<p id="a" phx-connected="up"><b phx-connected="too"></b></p>
<p id="c" phx-connected=""></p><section id="child"><i id="d" phx-disconnected="down"></i>
</section>"""

FOUND = {
    "each with its command, the empty one left out": (
        VIEW,
        PHX_CONNECTED,
        ["up", "too"],
    ),
    "those of views inside as well": (VIEW, PHX_DISCONNECTED, ["down"]),
    "those of a nested view alone": ("child", PHX_DISCONNECTED, ["down"]),
    "none of what is around it": ("child", PHX_CONNECTED, []),
}


@pytest.mark.parametrize(
    ("view_id", "name", "expected"), FOUND.values(), ids=FOUND.keys()
)
def test_commands_inside_a_view(view_id: str, name: str, expected: list[str]) -> None:
    document = document_of(CONTENT)
    assert expected == [
        chain for _, chain in connection_commands(document, view_id, name)
    ]
