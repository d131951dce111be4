"""What a person does on a page, as plans: find the element, ask `page` what it comes to.

Nothing is sent here. A plan is asked once the page is ready, on the page as it is
then. What a click on a shared page comes to is worked out once for all who see it.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import cast

from pytest_liveview_load.liveview.client.perform import Plan
from pytest_liveview_load.liveview.page import clicks, inputs
from pytest_liveview_load.liveview.page.actions import Action, PushEvent
from pytest_liveview_load.liveview.page.find import find_one
from pytest_liveview_load.liveview.page.form_state import VisiblePage
from pytest_liveview_load.liveview.page.html import Element, form_of, is_disabled


def click(selector: str | None, text: str | None) -> Plan:
    """Click an element, found by selector, by what it reads, or both."""

    def plan(visible: VisiblePage) -> list[Action]:
        shared = visible.forms.untouched and (
            text is None or not visible.document.has_own_texts
        )
        key = "click", selector, text, visible.dialect
        if shared:
            known = visible.document.memo.get(key)
            if known is not None:
                return cast("list[Action]", known)
        element = find_one(visible.document, selector, text=text, role="click")
        actions = clicks.click(visible, element)
        if shared and same_for_all(visible, actions):
            # Each has their own id of the main view.
            visible.document.memo[key] = [for_main(each) for each in actions]
        return actions

    return plan


def heard_by_hooks(
    plan: Plan,
    selector: str | None,
    text: str | None,
    clicked: Callable[[Element], bool],
) -> Plan:
    """Tell the page's hooks of a click first; they may be all that answers to it.

    `clicked` tells them, and returns whether one listens to the element.
    """

    def hooked(visible: VisiblePage) -> list[Action]:
        element = find_one(visible.document, selector, text=text, role="click")
        around = visible.document.click_targets(element)
        if around.control is not None and is_disabled(around.control):
            return plan(visible)  # which refuses
        if not clicked(element) or any((*around[:2], around.method, around.active)):
            return plan(visible)
        return clicks.click_unbound(visible, element)

    return hooked


def same_for_all(visible: VisiblePage, actions: list[Action]) -> bool:
    """Return whether a click came to what it comes to for all who see the same page.

    So it is when it only pushes click events to the main view, without a value that is
    this user's own, and left the forms as they were.
    """
    page = visible.document.dead_render
    main = page.main
    if main is None or not actions or not visible.forms.untouched:
        return False
    for action in actions:
        if not isinstance(action, PushEvent) or action.kind != "click":
            return False
        said = repr(action.payload)
        if action.view_id != main.id or page.masked.mask(said) != said:
            return False
    return True


def for_main(action: Action) -> Action:
    """Return a push to the main view, whatever its id is."""
    if isinstance(action, PushEvent):
        return replace(action, view_id="")
    return action


def on_field(
    selector: str | None,
    label: str | None,
    gesture: Callable[[VisiblePage, Element], list[Action]],
) -> Plan:
    """Do what one of `page.inputs` does to the field that selector and label mean."""

    def plan(visible: VisiblePage) -> list[Action]:
        field = find_one(visible.document, selector, label=label, role="field")
        return gesture(visible, field)

    return plan


def fill(selector: str | None, label: str | None, value: str) -> Plan:
    """Put `value` into a text field."""
    return on_field(
        selector, label, lambda visible, field: inputs.fill(visible, field, value)
    )


def keystrokes(selector: str | None, label: str | None, text: str) -> Iterator[Plan]:
    """Yield the plans that add the characters of `text` to a field, one each."""
    if not isinstance(text, str):
        yield fill(selector, label, text)  # which refuses it
        return
    for character in text:
        yield on_field(
            selector, label, partial(inputs.type_character, character=character)
        )


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
