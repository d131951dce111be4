"""What a person does on a page, as plans: find the element, ask `dom` what it comes to.

Law: nothing is sent here. A plan is asked once the page is ready, on the page as it is
then. What a click on a shared page comes to is worked out once for all who see it.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import cast

from pytest_liveview_load.liveview.client.perform import Plan
from pytest_liveview_load.liveview.page import click as bindings
from pytest_liveview_load.liveview.page import inputs, keyboard
from pytest_liveview_load.liveview.page.actions import Action, PushEvent
from pytest_liveview_load.liveview.page.fields import is_disabled
from pytest_liveview_load.liveview.page.find import find_one
from pytest_liveview_load.liveview.page.form_state import VisiblePage
from pytest_liveview_load.liveview.page.html import Element


def click(selector: str | None, text: str | None) -> Plan:
    """Click an element, found by selector, by what it reads, or both."""

    def plan(scene: VisiblePage) -> list[Action]:
        shared = scene.forms.untouched and (
            text is None or not scene.document.has_own_texts
        )
        key = "click", selector, text, scene.dialect
        if shared:
            known = scene.document.memo.get(key)
            if known is not None:
                return cast("list[Action]", known)
        element = find_one(scene.document, selector, text=text, role="click")
        actions = bindings.click(scene, element)
        if shared and anybodys(scene, actions):
            # Each has their own id of the main view.
            scene.document.memo[key] = [for_main(each) for each in actions]
        return actions

    return plan


def heard(
    plan: Plan,
    selector: str | None,
    text: str | None,
    tell: Callable[[Element], bool],
) -> Plan:
    """Tell the page's own script of a click first; that may be all that answers to it."""

    def hooked(scene: VisiblePage) -> list[Action]:
        element = find_one(scene.document, selector, text=text, role="click")
        around = scene.document.click_targets(element)
        if around.control is not None and is_disabled(around.control):
            return plan(scene)  # which refuses
        if not tell(element) or any((*around[:2], around.method, around.active)):
            return plan(scene)
        return bindings.click_unbound(scene, element)

    return hooked


def anybodys(scene: VisiblePage, actions: list[Action]) -> bool:
    """Return whether a click came to what it comes to for all who see the same page.

    So it is when it only pushes click events to the main view, without a value that is
    this user's own, and left the forms as they were.
    """
    page = scene.document.page
    main = page.main
    if main is None or not actions or not scene.forms.untouched:
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


def fill(selector: str | None, value: str, label: str | None) -> Plan:
    """Put `value` into a text field."""

    def plan(scene: VisiblePage) -> list[Action]:
        element = find_one(scene.document, selector, label=label, role="field")
        return inputs.fill(scene, element, value)

    return plan


def keystrokes(selector: str | None, text: str, label: str | None) -> Iterator[Plan]:
    """Yield the plans that add the characters of `text` to a field, one each."""

    def adding(character: str) -> Plan:
        def plan(scene: VisiblePage) -> list[Action]:
            element = find_one(scene.document, selector, label=label, role="field")
            return inputs.type_character(scene, element, character)

        return plan

    if not isinstance(text, str):
        return iter((fill(selector, text, label),))  # which refuses it
    return map(adding, text)


def press(key: str, selector: str | None) -> Plan:
    """Press a key in an element; without one, where the focus is."""

    def plan(scene: VisiblePage) -> list[Action]:
        document = scene.document
        if selector is not None:
            element = find_one(document, selector)
        else:
            focused = document.fields.by_key.get(scene.forms.focused or "")
            element = document.root if focused is None else focused.element
        return keyboard.press(scene, element, key)

    return plan


def select(selector: str | None, options: tuple[str, ...], label: str | None) -> Plan:
    """Select exactly `options`."""

    def plan(scene: VisiblePage) -> list[Action]:
        element = find_one(scene.document, selector, label=label, role="field")
        return inputs.select(scene, element, *options)

    return plan


def check(selector: str | None, label: str | None, *, checked: bool) -> Plan:
    """Check or uncheck a checkbox."""

    def plan(scene: VisiblePage) -> list[Action]:
        element = find_one(scene.document, selector, label=label, role="field")
        set_checked = inputs.check if checked else inputs.uncheck
        return set_checked(scene, element)

    return plan


def choose(selector: str | None, label: str | None) -> Plan:
    """Choose a radio button."""

    def plan(scene: VisiblePage) -> list[Action]:
        element = find_one(scene.document, selector, label=label, role="field")
        return inputs.choose(scene, element)

    return plan


def submit(selector: str | None, text: str | None) -> Plan:
    """Submit a form: by its selector, or by one of its buttons."""

    def plan(scene: VisiblePage) -> list[Action]:
        document = scene.document
        by_text = text is not None
        element = find_one(
            document, selector, text=text, role="click" if by_text else "form"
        )
        if element.tag == "form":
            return bindings.submit(scene, element)
        form = document.fields.form(element)
        if form is None:
            forms = [document.describe(each) for each in document.all("form")]
            problem = "is neither a form nor in one"
            raise document.error_about(element, problem, candidates=forms)
        return bindings.submit(scene, form, element)

    return plan
