"""A person's click or submit to what the client then has to do.

Law: as live_socket.ts binds its listeners, in their order, then what the browser does by
itself. A step that a browser would not let a person take (a disabled button), or that
nothing on the element answers to, is an ElementError which lists what is bound.
"""

from typing import Final

from pytest_liveview_load.liveview.page import links
from pytest_liveview_load.liveview.page.actions import Action
from pytest_liveview_load.liveview.page.attributes import (
    PHX_CLICK,
    PHX_CLICK_AWAY,
    PHX_SUBMIT,
)
from pytest_liveview_load.liveview.page.debounce import paced
from pytest_liveview_load.liveview.page.events import (
    blur,
    changed,
    focus,
    is_waiting,
    refuse_disabled,
    refuse_waiting,
    run,
    unanswered,
)
from pytest_liveview_load.liveview.page.fields import (
    BUTTONS,
    CHECKABLE,
    Field,
    is_disabled,
)
from pytest_liveview_load.liveview.page.html import Element, ancestors, by_id
from pytest_liveview_load.liveview.page.push import is_submitting
from pytest_liveview_load.liveview.page.scene import Scene
from pytest_liveview_load.liveview.page.surroundings import Surroundings
from pytest_liveview_load.liveview.page.visibility import is_visible

_CLICKABLE: Final = f"[{PHX_CLICK}], a[href], button, input[type=submit], [data-method]"
_SUBMITTABLE: Final = "form"
_CLICK: Final = "click"


def click(scene: Scene, element: Element) -> list[Action]:
    """Click, as a person does: the focus moves, then bindings, then the element itself.

    Raises:
        ElementError: The element is disabled, or nothing answers to a click on it, for
            now or at all.
    """
    around = scene.document.around(element)
    refuse_disabled(scene, around.control)
    moved = _mouse_down(scene, around)
    heard = _clicked(scene, element, around)
    if around.bound is not None and not moved and heard == []:
        refuse_waiting(scene, around.bound)
    if heard is None and not moved:
        raise unanswered(scene, element, "phx-click and no href", _CLICKABLE)
    return moved + (heard or [])


def submit(
    scene: Scene, form: Element, submitter: Element | None = None
) -> list[Action]:
    """Submit a form, by a button of it or as JS `requestSubmit()` without one.

    Raises:
        ElementError: `form` is no form, or the button is disabled or not of this form;
            or an earlier submit is not answered yet.
    """
    document = scene.document
    if form.tag != "form":
        raise unanswered(scene, form, "form to submit: it is no <form>", _SUBMITTABLE)
    field = None
    if submitter is not None:
        refuse_disabled(scene, scene.document.around(submitter).control)
        field = document.fields.field(submitter)
        if field is None or document.fields.form(submitter) is not form:
            problem = f"is no submit button of {document.describe(form)}"
            raise document.refusal(submitter, problem)
    if is_submitting(form):
        refuse_waiting(scene, form)
    if scene.forms.paced:
        for each in document.fields.of(form):
            scene.forms.pace.submitted(each.element)
    event = document.attr(form, PHX_SUBMIT)
    if event:
        # As view.ts submitForm: all of it counts as used, and the field in it is left.
        scene.forms.mark_all_used(document, form)
        return blur(scene) + run(scene, event, "submit", form, submitter=field)
    return links.http_submit(scene, form, field)


def left_alone(scene: Scene, element: Element) -> list[Action]:
    """Click what nothing of LiveView's answers to: the focus moves, and whoever is away hears."""
    moved = _mouse_down(scene, scene.document.around(element))
    return moved + _clicked_away(scene, element)


def dispatched(scene: Scene, event: str, element: Element) -> list[Action]:
    """Do what a browser and LiveView's script make of a DOM event of JS.dispatch.

    A click is one without a mouse, which moves no focus; a form's submit and a field's
    input are heard by their bindings alone. What nothing answers to is nothing.
    """
    if event == _CLICK:
        around = scene.document.around(element)
        if around.control is not None and is_disabled(around.control):
            return []
        return _clicked(scene, element, around) or []
    if event == "submit":
        bound = element.tag == "form" and PHX_SUBMIT in element.attrib
        return submit(scene, element) if bound and not is_submitting(element) else []
    field = scene.document.fields.field(element)
    if field is None or event not in ("input", "change"):
        return []
    return changed(scene, field)


# What LiveView's script does


def _clicked(
    scene: Scene, element: Element, around: Surroundings
) -> list[Action] | None:
    """Return what hears of a click, in a browser's order; None where nothing does."""
    if around.link is not None:
        followed = links.live_link(scene.document, around.link)
        away = _clicked_away(scene, element)
        return [followed, *away, *_bound(scene, around.link)]
    # A checkbox is toggled before anyone hears of the click.
    toggled = _toggled(scene, element)
    actions = _clicked_away(scene, element)
    answered = around.bound is not None or bool(actions)
    if around.bound is not None and not is_waiting(around.bound):
        actions += _bound(scene, around.bound)
    by_itself = _own_behaviour(scene, around, toggled)
    if by_itself is not None:
        return actions + by_itself
    return actions if answered else None


def _bound(scene: Scene, element: Element) -> list[Action]:
    chain = element.get(PHX_CLICK)
    if not chain:
        return []
    return paced(scene, element, lambda s, e: run(s, chain, _CLICK, e))


def _clicked_away(scene: Scene, element: Element) -> list[Action]:
    """Tell the visible elements that the click was outside of them."""
    bound = scene.document.all(f"[{PHX_CLICK_AWAY}]")
    if not bound or not is_visible(element):
        return []
    inside = set(ancestors(element))
    actions: list[Action] = []
    for each in bound:
        if each not in inside and is_visible(each):
            actions += run(scene, each.get(PHX_CLICK_AWAY, ""), _CLICK, each)
    return actions


# What the browser does by itself


def _mouse_down(scene: Scene, around: Surroundings) -> list[Action]:
    """Move the focus, before the click is heard of: into a field, else out of one."""
    control = around.control
    if control is not None and control.tag != "button":
        field = scene.document.fields.field(control)
        if field is not None and field.type not in BUTTONS:
            return focus(scene, control)
    return blur(scene)


def _own_behaviour(
    scene: Scene, around: Surroundings, toggled: Field | None
) -> list[Action] | None:
    """Return what the browser does by itself, or None where a click does nothing."""
    if toggled is not None:
        return changed(scene, toggled)
    if around.method is not None:
        return [links.data_method(scene.document, around.method)]
    active = around.active
    if active is None:
        return None
    if active.tag == "a":
        return links.follow(scene.document, active)
    if active.tag == "label":
        return _click_label(scene, active)
    fields = scene.document.fields
    if active.tag == "button" and fields.form(active) is None:
        return None  # the usual click; it need not read all the fields
    field = fields.field(active)
    return None if field is None else _click_field(scene, field)


def _click_field(scene: Scene, field: Field) -> list[Action] | None:
    if field.type not in BUTTONS:
        return []  # it has the focus now; a radio that is checked stays checked
    form = scene.document.fields.form(field.element) if field.form_key else None
    if form is None or field.type == "button":
        return None
    if field.type == "reset":
        scene.forms.reset(scene.document, form)
        return changed(scene, field)
    return submit(scene, form, field.element)


def _click_label(scene: Scene, label: Element) -> list[Action] | None:
    control = labelled(scene, label)
    return None if control is None else click(scene, control)


def labelled(scene: Scene, label: Element) -> Element | None:
    """Return the field that a `<label>` is for, or None."""
    target = label.get("for")
    if target is None:
        controls = label.iter("input", "select", "textarea", "button")
        return next(controls, None)
    return next(iter(by_id(scene.document.root, id=target)), None)


def _toggled(scene: Scene, element: Element) -> Field | None:
    """Toggle a checkbox or choose a radio; None where the click changes nothing."""
    if element.tag != "input":
        return None
    field = scene.document.fields.field(element)
    if field is None or field.type not in CHECKABLE:
        return None
    checked = scene.forms.checked(field)
    if field.type == "radio" and checked:
        return None
    scene.forms.put_checked(scene.document, field, checked=not checked)
    return field
