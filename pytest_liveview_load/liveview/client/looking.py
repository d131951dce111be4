"""The page as a person sees it: what waits for a reply shows it.

Law: nobody who does not look pays; as long as nothing is under way, this is the page
itself. What the page is made of (its forms, what came and went) never looks here.
"""

from typing import TYPE_CHECKING, NamedTuple

from pytest_liveview_load.liveview.page.busy import busy
from pytest_liveview_load.liveview.page.document import Document
from pytest_liveview_load.liveview.page.identity import Identity
from pytest_liveview_load.liveview.page.scene import Scene

if TYPE_CHECKING:
    from pytest_liveview_load.liveview.client.page import Page


class Drawn(NamedTuple):
    """A page while something is under way, and of what it was drawn."""

    document: Document
    logs: tuple[int, ...]
    clicked: Identity | None
    shown: Document


def shown(page: "Page", *, patient: bool = False) -> Document:
    """Return what the page shows now.

    `patient`: as it is for who waits for views that are gone to come back.

    Raises ProtocolError for a diff that fits no tree, ElementError for a `loading:` of
    JS.push that is no selector.
    """
    document, main = page.document(), page.main
    if main is None:
        return document
    if not (main.in_flight.log or page.family.views or page.clicked):
        return document
    logged = [
        each
        for each in page.views
        if each.in_flight.log and (each.joined or not patient)
    ]
    dialect = main.dialect
    clicked = page.clicked if dialect.navigation_loads else None
    if not (logged or clicked):
        return document
    lengths = [(each.in_flight.marked, len(each.in_flight.log)) for each in logged]
    logs = tuple(number for pair in lengths for number in pair)
    drawn, of = page.drawn, (document, logs, clicked)
    if drawn is None or drawn[:3] != of:
        told = [(each.id, each.in_flight.log) for each in logged]
        seen = busy(document, told, dialect, clicked=clicked)
        drawn = page.drawn = Drawn(*of, seen)
    return drawn.shown


def sight(page: "Page") -> Scene:
    """Return what a person who acts on the page needs to know."""
    scene = page.scene()
    seen = shown(page, patient=True)
    return scene if seen is scene.document else scene._replace(document=seen)
