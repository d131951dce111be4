"""Giving a view that has come back what the person had entered before.

Law: as view.ts maybeRecoverForms and pushFormRecovery: every form with an id that is
there again with the same `phx-change` is sent once more, by `phx-auto-recover` if it
names an event, unless that says "ignore".
"""

from pytest_liveview_load.liveview.client.page import Page
from pytest_liveview_load.liveview.client.perform import push_event
from pytest_liveview_load.liveview.client.view import View
from pytest_liveview_load.liveview.page import js_commands
from pytest_liveview_load.liveview.page.actions import PushEvent
from pytest_liveview_load.liveview.page.attributes import PHX_CHANGE
from pytest_liveview_load.liveview.page.document import Document
from pytest_liveview_load.liveview.page.fields import BUTTONS, Field
from pytest_liveview_load.liveview.page.html import Element
from pytest_liveview_load.liveview.page.js_commands import Cause
from pytest_liveview_load.liveview.page.scene import Scene

PHX_AUTO_RECOVER = "phx-auto-recover"
IGNORE = "ignore"
FORMS = f"form[id][{PHX_CHANGE}]"


def recover(page: Page, view: View) -> None:
    """Send a view that has come back the forms that the page remembers of it."""
    if page.remembered is not None:
        for action in recovered(page.remembered, page.document(), view.id):
            push_event(view, action)


def recovered(before: Scene, after: Document, view_id: str) -> list[PushEvent]:
    """Return what the rejoined view of `after` is told of the forms of `before`."""
    old = before.document
    again = {
        after.attr(form, "id"): form
        for form in after.all(FORMS)
        if after.owner(form) == view_id
    }
    pushes: list[PushEvent] = []
    for form in old.all(FORMS):
        new = again.get(old.attr(form, "id"))
        event = None if new is None else event_of(old, form, after, new)
        field = first_field(before, form)
        if event and field is not None:
            cause = Cause("change", field.element, field=field)
            actions = js_commands.run(before, event, cause)
            pushes += [each for each in actions if isinstance(each, PushEvent)]
    return pushes


def event_of(old: Document, form: Element, after: Document, new: Element) -> str | None:
    """Return the event that recovers a form; None when it is another form now."""
    change = after.attr(new, PHX_CHANGE)
    if change != old.attr(form, PHX_CHANGE):
        return None
    if old.attr(form, PHX_AUTO_RECOVER) == IGNORE:
        return None
    return after.attr(new, PHX_AUTO_RECOVER) or change


def first_field(before: Scene, form: Element) -> Field | None:
    """Return the field that stands for the change: the first that a person sees."""
    named = [
        field
        for field in before.document.fields.of(form)
        if field.name
        and field.type not in BUTTONS
        and PHX_CHANGE not in field.element.attrib
    ]
    return next(
        (each for each in named if each.type != "hidden"), next(iter(named), None)
    )
