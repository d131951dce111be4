"""What a person does on a page, as plans: find the element, ask `page` what it comes to.

Nothing is sent here. A plan is asked once the page is ready, on the page as it is
then. What a click on a shared page comes to is worked out once for all who see it.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TypeVarTuple, cast

from pytest_liveview_load.liveview.client.perform import Plan
from pytest_liveview_load.liveview.page import clicks, inputs
from pytest_liveview_load.liveview.page.actions import Action, PushEvent
from pytest_liveview_load.liveview.page.find import find_one
from pytest_liveview_load.liveview.page.form_state import VisiblePage
from pytest_liveview_load.liveview.page.html import Element, form_of

# What a gesture is given beside the page and the element.
Given = TypeVarTuple("Given")


def click(
    selector: str | None,
    text: str | None,
    hooked: Callable[[Element], bool] | None = None,
) -> Plan:
    """Click an element, found by selector, by what it reads, or both.

    `hooked` tells whether a hook of this user's listens to an element.
    """

    def plan(visible: VisiblePage) -> list[Action]:
        document = visible.document
        if hooked is not None:
            element = find_one(document, selector, text=text, role="click")
            return clicks.click(visible, element, hooked=hooked(element))
        shared = visible.forms.untouched and (
            text is None or not document.has_own_texts
        )
        key = "click", selector, text, visible.dialect
        known = document.memo.get(key) if shared else None
        if known is not None:
            return cast("list[Action]", known)
        element = find_one(document, selector, text=text, role="click")
        actions = clicks.click(visible, element)
        if shared and visible.forms.untouched:
            document.memo[key] = for_all(visible, actions)
        return actions

    return plan


def for_all(visible: VisiblePage, actions: list[Action]) -> list[Action] | None:
    """Return what a click comes to for all who see the same page, None if that differs.

    It is the same when it only pushes click events to the main view, without a value that
    is this user's own.
    """
    page = visible.document.dead_render
    shared: list[Action] = []
    for action in actions:
        if not isinstance(action, PushEvent) or action.kind != "click":
            return None
        said = repr(action.payload)
        if (
            page.main is None
            or action.view_id != page.main.id
            or page.masked.mask(said) != said
        ):
            return None
        # Each has their own id of the main view.
        shared.append(replace(action, view_id=""))
    return shared or None


def on_field(
    selector: str | None,
    label: str | None,
    gesture: Callable[[VisiblePage, Element, *Given], list[Action]],
    *given: *Given,
) -> Plan:
    """Do what one of `page.inputs` does to the field that selector and label mean."""

    def plan(visible: VisiblePage) -> list[Action]:
        field = find_one(visible.document, selector, label=label, role="field")
        return gesture(visible, field, *given)

    return plan


def keystrokes(selector: str | None, label: str | None, text: str) -> Iterator[Plan]:
    """Yield the plans that add the characters of `text` to a field, one each."""
    if not isinstance(text, str):
        yield on_field(selector, label, inputs.fill, text)  # which refuses it
        return
    for character in text:
        yield on_field(selector, label, inputs.type_character, character)


def press(key: str, selector: str | None) -> Plan:
    """Press a key in an element; without one, where the focus is."""

    def plan(visible: VisiblePage) -> list[Action]:
        document = visible.document
        if selector is not None:
            element = find_one(document, selector)
        else:
            focused = document.fields.by_key.get(visible.forms.focused or "")
            element = document.root if focused is None else focused.element
        return inputs.press(visible, element, key)

    return plan


def submit(selector: str | None, text: str | None) -> Plan:
    """Submit a form: by its selector, or by one of its buttons."""

    def plan(visible: VisiblePage) -> list[Action]:
        document = visible.document
        by_text = text is not None
        element = find_one(
            document, selector, text=text, role="click" if by_text else "form"
        )
        if element.tag == "form":
            return clicks.submit(visible, element)
        form = form_of(element)
        if form is None:
            forms = [document.describe(each) for each in document.all("form")]
            problem = "is neither a form nor in one"
            raise document.error_about(element, problem, candidates=forms)
        return clicks.submit(visible, form, element)

    return plan
