"""A person's click, submit or key press to what the client then has to do.

Law: as live_socket.ts binds its listeners, in their order, then what the browser does by
itself. A step that a browser would not let a person take (a disabled button), or that
nothing on the element answers to, is an ElementError which lists what is bound.
"""

from collections.abc import Mapping
from typing import Any, Final

from pytest_liveview_load.dom import js_commands, links
from pytest_liveview_load.dom.actions import Action, MoveFocus
from pytest_liveview_load.dom.attributes import (
    PHX_BLUR,
    PHX_CHANGE,
    PHX_CLICK,
    PHX_FOCUS,
    PHX_KEY,
    PHX_SUBMIT,
    binding,
    window_binding,
)
from pytest_liveview_load.dom.fields import (
    BUTTONS,
    CHECKABLE,
    SELECTS,
    TEXTAREA,
    Field,
    is_disabled,
)
from pytest_liveview_load.dom.js_commands import Cause
from pytest_liveview_load.dom.markup import Element
from pytest_liveview_load.dom.scene import Scene
from pytest_liveview_load.dom.surroundings import Surroundings
from pytest_liveview_load.errors import ElementError

_CLICKABLE: Final = f"[{PHX_CLICK}], a[href], button, input[type=submit], [data-method]"
_SUBMITTABLE: Final = "form"
_LISTED: Final = 10  # what is bound, shown in an error


def click(scene: Scene, element: Element) -> list[Action]:
    """Click, as a person does: bindings first, then what the element itself does.

    Raises:
        ElementError: The element is disabled, or nothing answers to a click on it.
    """
    around = scene.document.around(element)
    _refuse_disabled(scene, around.control)
    if around.link is not None:
        actions = [links.live_link(scene.document, around.link)]
        chain = around.link.get(PHX_CLICK)
        if chain:
            actions += _run(scene, chain, "click", around.link)
        return actions
    # A checkbox is toggled before anyone hears of the click.
    toggled = _toggled(scene, element)
    actions = []
    if around.bound is not None:
        chain = around.bound.get(PHX_CLICK)
        if chain:
            actions += _run(scene, chain, "click", around.bound)
    by_itself = _own_behaviour(scene, around, toggled)
    if by_itself is not None:
        return actions + by_itself
    if around.bound is None:
        raise _unanswered(scene, element, "phx-click and no href", _CLICKABLE)
    return actions


def submit(
    scene: Scene, form: Element, submitter: Element | None = None
) -> list[Action]:
    """Submit a form, by a button of it or as JS `requestSubmit()` without one.

    Raises:
        ElementError: `form` is no form, or the button is disabled or not of this form.
    """
    document = scene.document
    if form.tag != "form":
        raise _unanswered(scene, form, "form to submit: it is no <form>", _SUBMITTABLE)
    field = None
    if submitter is not None:
        _refuse_disabled(scene, scene.document.around(submitter).control)
        field = document.fields.field(submitter)
        if field is None or document.fields.form(submitter) is not form:
            described = document.describe(submitter)
            problem = f"is no submit button of {document.describe(form)}"
            raise ElementError(described, problem, url=document.url)
    event = document.attr(form, PHX_SUBMIT)
    if event:
        return _run(scene, event, "submit", form, submitter=field)
    return links.http_submit(scene, form, field)


def press(scene: Scene, element: Element, key: str) -> list[Action]:
    """Press and release a key in the element (JS names: "Enter", "ArrowUp", "a").

    Enter in a text field also submits its form, by its first submit button. The
    characters that a key types are not entered: `inputs.fill` does that.

    Raises:
        ElementError: The element is disabled, or nothing answers to the key.
    """
    _refuse_disabled(scene, scene.document.around(element).control)
    heard = [key_event(scene, element, "keydown", key)]
    if key == "Enter":
        heard.append(_implicit_submit(scene, element))
    heard.append(key_event(scene, element, "keyup", key))
    if all(each is None for each in heard):
        bound = ", ".join(
            f"[{name(event)}]"
            for event in ("keydown", "keyup")
            for name in (binding, window_binding)
        )
        raise _unanswered(scene, element, f"answer to the key {key!r}", bound)
    return [action for each in heard if each is not None for action in each]


def focus(scene: Scene, element: Element) -> list[Action]:
    """Move the focus to the element; the one that had it is blurred first."""
    field = scene.document.fields.field(element)
    key = field.key if field is not None else None
    if key is not None and key == scene.forms.focused:
        return []
    actions = blur(scene)
    scene.forms.focused = key
    event = scene.document.attr(element, PHX_FOCUS)
    return actions + (_run(scene, event, "focus", element) if event else [])


def blur(scene: Scene) -> list[Action]:
    """Take the focus off whatever field has it."""
    key, scene.forms.focused = scene.forms.focused, None
    if key is None:
        return []
    field = scene.document.fields.by_key.get(key)
    if field is None:
        return []
    event = scene.document.attr(field.element, PHX_BLUR)
    return _run(scene, event, "blur", field.element) if event else []


def changed(scene: Scene, field: Field) -> list[Action]:
    """Return what an input event on the field pushes: its own phx-change or its form's.

    From then on the field counts as used (live_socket.ts bindForms).
    """
    document = scene.document
    form = document.fields.form(field.element)
    own = document.attr(field.element, PHX_CHANGE)
    event = own or (document.attr(form, PHX_CHANGE) if form is not None else None)
    if not event:
        return []
    scene.forms.mark_used(field)
    return _run(scene, event, "change", field.element, field=field)


# The element's own behaviour


def _own_behaviour(
    scene: Scene, around: Surroundings, toggled: Field | None
) -> list[Action] | None:
    """Return what the browser does by itself, or None where a click does nothing."""
    if toggled is not None:
        return focus(scene, toggled.element) + changed(scene, toggled)
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
        return blur(scene) or None  # the usual click; it need not read all the fields
    field = fields.field(active)
    return None if field is None else _click_field(scene, field)


def _click_field(scene: Scene, field: Field) -> list[Action] | None:
    if field.type not in BUTTONS:
        # Clicking into a text field gives it the focus; it stays checked if a radio is.
        return focus(scene, field.element)
    actions = blur(scene)
    form = scene.document.fields.form(field.element) if field.form_key else None
    if form is None or field.type == "button":
        return actions or None
    if field.type == "reset":
        scene.forms.reset(scene.document, form)
        return actions + changed(scene, field)
    return actions + submit(scene, form, field.element)


def _click_label(scene: Scene, label: Element) -> list[Action] | None:
    control = labelled(scene, label)
    return None if control is None else click(scene, control)


def labelled(scene: Scene, label: Element) -> Element | None:
    """Return the field that a `<label>` is for, or None."""
    target = label.get("for")
    if target is None:
        controls = label.iter("input", "select", "textarea", "button")
        return next(controls, None)
    return next(
        (each for each in scene.document.root.iter() if each.get("id") == target), None
    )


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


# Keys


def key_event(
    scene: Scene, element: Element, event: str, key: str
) -> list[Action] | None:
    """Run the element's own key binding, else every one of the window.

    `event` is "keydown" or "keyup". None where neither is bound (live_socket.ts bind).
    """
    own = scene.document.attr(element, binding(event))
    if own:
        return _run_key(scene, own, event, element, key)
    name = window_binding(event)
    bound = scene.document.all(f"[{name}]")
    if not bound:
        return None
    actions: list[Action] = []
    for each in bound:
        chain = scene.document.attr(each, name) or ""
        actions += _run_key(scene, chain, event, each, key)
    return actions


def _run_key(
    scene: Scene, chain: str, event: str, element: Element, key: str
) -> list[Action]:
    wanted = element.get(PHX_KEY)
    if wanted and wanted.lower() != key.lower():
        return []
    return _run(scene, chain, event, element, data={"key": key})


def _implicit_submit(scene: Scene, element: Element) -> list[Action] | None:
    """Submit as Enter does (HTML standard, implicit submission), or None if it does not."""
    field = scene.document.fields.field(element)
    form = scene.document.fields.form(element)
    if field is None or form is None or field.type in BUTTONS | SELECTS | {TEXTAREA}:
        return None
    buttons = [
        each for each in scene.document.fields.of(form) if each.type in _SUBMITTERS
    ]
    if buttons and buttons[0].disabled:
        return None
    return submit(scene, form, buttons[0].element if buttons else None)


_SUBMITTERS: Final = frozenset(("submit", "image"))


# Shared


def _run(
    scene: Scene,
    chain: str,
    kind: str,
    source: Element,
    *,
    data: Mapping[str, Any] | None = None,
    field: Field | None = None,
    submitter: Field | None = None,
) -> list[Action]:
    cause = Cause(kind=kind, source=source, data=data, field=field, submitter=submitter)
    actions = js_commands.run(scene, scene.document.unmask(chain), cause)
    if not any(isinstance(each, MoveFocus) for each in actions):
        return actions
    moved: list[Action] = []
    for each in actions:
        moved += focus(scene, each.element) if isinstance(each, MoveFocus) else [each]
    return moved


def _refuse_disabled(scene: Scene, control: Element | None) -> None:
    if control is not None and is_disabled(control):
        described = scene.document.describe(control)
        raise ElementError(described, "is disabled", url=scene.document.url)


def _unanswered(scene: Scene, element: Element, missing: str, css: str) -> ElementError:
    document = scene.document
    bound = [document.describe(each) for each in document.all(css)[:_LISTED]]
    described = document.describe(element)
    return ElementError(
        described, f"has no {missing}", candidates=bound, url=document.url
    )
