"""What waits for a reply looks as the real client's putRef and undoRefs leave it."""

from typing import Any, TypeAlias

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_liveview_load.liveview.client.push import InFlight
from pytest_liveview_load.liveview.page.actions import LoadingSource
from pytest_liveview_load.liveview.page.document import Document
from pytest_liveview_load.liveview.page.html import Element, Identity, parse_page
from pytest_liveview_load.liveview.page.loading import with_loading_states
from tests.liveview.page.pages import document_of
from tests.oracle.oracle import VERSIONS, Oracle

pytestmark = pytest.mark.node

VIEW = "phx-view"
PAGE = """<form id="f" class="card" phx-change="c" phx-submit="s">
<input id="name" name="name" value="x">
<input id="file" type="file" name="file">
<input id="fixed" name="fixed" value="y"{readonly}>
<textarea id="bio" name="bio"></textarea>
<select id="role" name="role"><option>a</option></select>
<div id="own" phx-update="ignore"><button id="kept">k</button><input id="theirs"></div>
<input id="off" type="submit" disabled>
<button id="save" class="big" phx-disable-with="Saving">Save <b>all</b></button>
<button id="draft">Draft</button>
<button id="mute" phx-disable-with="">Mute</button>
</form>
<button id="inc" phx-click="inc">+</button>
<button id="slow" phx-click="slow" phx-disable-with="Wait">Go</button>
<p id="note" class="a b">n</p>"""

_Log: TypeAlias = list[dict[str, Any] | int]

OTHERS = st.one_of(
    st.builds(
        lambda kind, source, loading: pushed(kind, source, loading=loading),
        st.sampled_from(("click", "keydown", "blur", "focus")),
        st.sampled_from(("inc", "slow", "name", "note")),
        st.sampled_from((None, "#note", "#f", "p, #inc")),
    ),
    st.builds(
        lambda source: pushed("change", source), st.sampled_from(("name", "role"))
    ),
)
SUBMITS = st.builds(
    lambda submitter, loading: pushed("submit", "f", submitter, loading),
    st.sampled_from((None, "save", "draft", "off")),
    st.sampled_from((None, "#note")),
)


def pushed(
    kind: str, source: str, submitter: str | None = None, loading: str | None = None
) -> dict[str, Any]:
    return {"kind": kind, "source": source, "submitter": submitter, "loading": loading}


@st.composite
def logs(draw: st.DrawFn, *, in_turn: bool) -> _Log:
    """Return pushes, and in between answers: in turn, or as they come."""
    log: _Log = []
    sent = answered = 0
    pushes = OTHERS | SUBMITS
    for _ in range(draw(st.integers(1, 6))):
        if sent > answered and draw(st.booleans()):
            number = answered if in_turn else draw(st.integers(0, sent - 1))
            log.append(number)
            answered += 1
        else:
            push = draw(pushes)
            log.append(push)
            sent += 1
            if push["kind"] == "submit":
                pushes = OTHERS  # a form is not submitted twice at once
    return log


def ours(html: str, log: _Log, version: str) -> Document:
    document, in_flight = document_of(html), InFlight()
    for entry in log:
        if isinstance(entry, int):
            in_flight.unmark(entry)
        else:
            source = Identity(entry["source"])
            awaited = LoadingSource(
                entry["kind"], source, entry["submitter"], entry["loading"]
            )
            in_flight.mark(awaited, document)
    return with_loading_states(document, [(VIEW, in_flight.log)], VERSIONS[version])


def looks(root: Element, *, waiting: bool) -> dict[str, object]:
    """Return what is seen of each element with an id, or of each that waits."""
    return {
        element.get("id", ""): (
            attributes(element),
            "".join(map(str, element.itertext())).strip(),
        )
        for element in root.iter()
        if f'id="{element.get("id")}"' in PAGE
        and ("data-phx-ref" in element.attrib or not waiting)
    }


def attributes(element: Element) -> dict[str, object]:
    bare = ("disabled", "readonly")  # without a value, however that is spelt
    found: dict[str, object] = {str(name): element.get(name) for name in element.attrib}
    found.pop("phx-page-loading", None)  # 0.20 leaves it on a submitted form for good
    found |= {name: True for name in bare if name in found}
    return found | {"class": set(element.get("class", "").split())}


@pytest.mark.parametrize("version", VERSIONS)
def test_what_waits_looks_as_in_the_real_client(oracle: Oracle, version: str) -> None:
    # 0.20 forgets what was read-only, and leaves buttons disabled until they are patched.
    old = version == "0.20"
    html = PAGE.format(readonly="" if old else " readonly")

    @settings(max_examples=200, suppress_health_check=list(HealthCheck))
    @given(logs(in_turn=old))
    def agree(log: _Log) -> None:
        told = oracle.ask("waiting", version=version, html=html, view=VIEW, log=log)
        theirs = looks(parse_page(told), waiting=old)
        assert theirs == looks(ours(html, log, version).root, waiting=old)

    agree()
