"""Filling in a form: text, checkboxes, radios, selects. And what a key press leads to.

What a person can do and no more: a disabled, read-only or hidden field, or an option
that is not there, is an ElementError that says what would do. Each function changes the
user's FormState and returns what the client then pushes: focus first, then the change.
"""

from collections.abc import Sequence
from functools import partial
from typing import Final

from pytest_liveview_load.errors import CallError
from pytest_liveview_load.liveview.page import events, html
from pytest_liveview_load.liveview.page.actions import Action
from pytest_liveview_load.liveview.page.clicks import click, dispatch_event, submit
from pytest_liveview_load.liveview.page.fields import (
    BUTTONS,
    CHECKABLE,
    NOT_TYPED,
    SELECT_MULTIPLE,
    SELECTS,
    TEXTAREA,
    Field,
    SelectOption,
    clean_value,
    is_number,
)
from pytest_liveview_load.liveview.page.form_state import VisiblePage
from pytest_liveview_load.liveview.page.html import Element
from pytest_liveview_load.liveview.page.push import Cause
from pytest_liveview_load.units import near_miss

_NO_SELECT: Final = "is no <select>"
_SUBMITTERS: Final = frozenset(("submit", "image"))
# Implicit submission as Chromium does it, where date and time fields do not block, and
# Enter in a color or file field opens their dialog.
_BLOCKS_SUBMIT: Final = frozenset(
    ("text", "search", "tel", "url", "email", "password", "number")
)
_KEEPS_ENTER: Final = SELECTS | {TEXTAREA, "color", "file"}
_KEY_DOWN: Final = "keydown"
_KEY_UP: Final = "keyup"


def fill(page: VisiblePage, element: Element, value: str) -> list[Action]:
    """Focus a text field, put `value` in place of what it holds: one input event.

    A form is told at once, unless `phx-debounce` holds that back.

    Raises:
        ElementError: It is no text field, or it cannot be written.
    """
    field = writable(page, element)
    if not isinstance(value, str):
        given = "what is no text" if field.type == "password" else repr(value)
        problem = f"cannot be filled with {given}"
        raise page.document.error_about(element, problem, advice="give a text")
    if field.type in NOT_TYPED - {"range", "color"}:
        advice = _ADVICE[field.type]
        raise page.document.error_about(element, "cannot be filled", advice=advice)
    if field.type == "number" and value and not is_number(value):
        raise page.document.error_about(element, f"takes a number, not {value!r}")
    actions = events.move_focus(page, element)
    return actions + events.enter_text(page, field, clean_value(field.type, value))


def type_character(page: VisiblePage, element: Element, character: str) -> list[Action]:
    """Type one more character into a text field: key down, input event, key up.

    Raises:
        ElementError: As `fill`.
    """
    actions = events.move_focus(page, element)
    actions += key_event(page, element, _KEY_DOWN, character) or []
    actions += fill(page, element, current_value(page, element) + character)
    return actions + (key_event(page, element, _KEY_UP, character) or [])


def current_value(page: VisiblePage, element: Element) -> str:
    """Return what a text field or select holds, as this user sees it."""
    field = _field(page, element)
    return page.document.unmask(page.forms.text(field))


def is_checked(page: VisiblePage, element: Element) -> bool:
    """Tell whether a checkbox or radio button is checked, as this user sees it."""
    field = _field(page, element)
    if field.type not in CHECKABLE:
        raise page.document.error_about(element, "is no checkbox and no radio button")
    return page.forms.checked(field)


def selected_values(page: VisiblePage, element: Element) -> list[str]:
    """Return the values of a select's selected options, as this user sees it."""
    field = _field(page, element)
    if field.type not in SELECTS:
        raise page.document.error_about(element, _NO_SELECT)
    return [page.document.unmask(each) for each in page.forms.selected(field)]


def is_focused(page: VisiblePage, element: Element) -> bool:
    """Tell whether a field has the focus."""
    return _field(page, element).key == page.forms.focused


def check(page: VisiblePage, element: Element) -> list[Action]:
    """Check a checkbox by a click; one that is checked is left alone."""
    return _set_checked(page, element, "checkbox", checked=True)


def uncheck(page: VisiblePage, element: Element) -> list[Action]:
    """Uncheck a checkbox by a click; one that is not checked is left alone."""
    return _set_checked(page, element, "checkbox", checked=False)


def choose(page: VisiblePage, element: Element) -> list[Action]:
    """Choose a radio button by a click; the chosen one is left alone."""
    return _set_checked(page, element, "radio", checked=True)


def select(page: VisiblePage, element: Element, *options: str) -> list[Action]:
    """Select exactly these options, by value or by what they read: one input event.

    Raises:
        ElementError: It is no select, it takes one option only, or one is not there.
    """
    field = writable(page, element)
    if field.type not in SELECTS:
        raise page.document.error_about(element, _NO_SELECT)
    if field.type != SELECT_MULTIPLE and len(options) != 1:
        problem = f"takes one option, not {len(options)}"
        raise page.document.error_about(element, problem)
    chosen = [_option(page, field, each) for each in options]
    actions = events.move_focus(page, element)
    page.forms.put(field, tuple(each.value for each in chosen))
    return actions + events.input_event(page, field)


def _set_checked(
    page: VisiblePage, element: Element, kind: str, *, checked: bool
) -> list[Action]:
    field = _field(page, element)
    if field.type != kind:
        raise page.document.error_about(element, f"is no {kind}")
    if field.disabled:
        raise page.document.error_about(element, "is disabled")
    if page.forms.checked(field) == checked:
        return []
    return click(page, element)


def _option(page: VisiblePage, field: Field, wanted: str) -> SelectOption:
    options, error = field.options, partial(page.document.error_about, field.element)
    found = [each for each in options if page.document.unmask(each.value) == wanted]
    found = found or [each for each in options if each.label == wanted]
    if not found:
        raise error(f"has no option {wanted!r}", candidates=_listed(options))
    if found[0].disabled:
        raise error(f"has option {wanted!r} disabled")
    return found[0]


def _listed(options: Sequence[SelectOption]) -> list[str]:
    return [
        f"{each.value!r}" + (f" ({each.label})" if each.label != each.value else "")
        for each in options
        if not each.disabled
    ]


def _field(page: VisiblePage, element: Element) -> Field:
    field = page.document.fields.field(element)
    if field is None:
        listed = [
            page.document.describe(each.element)
            for each in page.document.fields.by_key.values()
            if each.type != "hidden"
        ]
        raise page.document.error_about(
            element, "is no form field", candidates=listed[:10]
        )
    return field


def writable(page: VisiblePage, element: Element) -> Field:
    """Return the field that the element is; raises ElementError if it cannot be written."""
    field = _field(page, element)
    if field.disabled:
        raise page.document.error_about(element, "is disabled")
    if field.readonly and field.type not in CHECKABLE | SELECTS:
        raise page.document.error_about(element, "is read-only")
    return field


_ADVICE = dict.fromkeys(BUTTONS, "it is a button, use click") | {
    "checkbox": "use check or uncheck",
    "radio": "use choose",
    "select-one": "use select",
    "select-multiple": "use select",
    "hidden": "no person sees it, use push for what a hook would send",
    "file": "use upload",
}


# Keys. As live_socket.ts bind: the element's own binding, else every one of the window; an
# element further out is not asked.


def press(page: VisiblePage, element: Element, key: str) -> list[Action]:
    """Press and release a key in the element (JS names: "Enter", "ArrowUp", "a").

    A field is focused first. Enter in a field also clicks the first submit button of its
    form; without one it submits the form if no other text field is in it. On a button or
    link Enter is a click. The characters that a key types are not entered: `fill` does that.

    Raises:
        CallError: No keyboard has the key.
        ElementError: The element is disabled, or nothing answers to the key.
    """
    if problem := _problem_with_key(key):
        raise CallError(f"press({key!r})", problem)
    events.refuse_disabled(page, element)
    in_field = page.document.fields.field(element) is not None
    moved = events.move_focus(page, element) if in_field else []
    heard = [key_event(page, element, _KEY_DOWN, key)]
    if key == "Enter":
        heard.append(_entered(page, element))
    heard.append(key_event(page, element, _KEY_UP, key))
    if all(each is None for each in heard):
        bound = ", ".join(
            f"[{name(event)}]"
            for event in (_KEY_DOWN, _KEY_UP)
            for name in (html.binding, html.window_binding)
        )
        raise events.nothing_bound(page, element, f"answer to the key {key!r}", bound)
    return moved + [action for each in heard if each is not None for action in each]


def key_event(
    page: VisiblePage, element: Element, event: str, key: str
) -> list[Action] | None:
    """Run the element's own key binding, else every one of the window.

    `event` is "keydown" or "keyup". None where neither is bound.
    """
    own = page.document.attr(element, html.binding(event))
    if own:
        return _debounced_key(page, own, event, element, key)
    name = html.window_binding(event)
    bound = page.document.all(f"[{name}]")
    if not bound:
        return None
    actions: list[Action] = []
    for each in bound:
        value = page.document.attr(each, name) or ""
        actions += _debounced_key(page, value, event, each, key)
    return actions


def _debounced_key(
    page: VisiblePage, value: str, event: str, element: Element, key: str
) -> list[Action]:
    def pressed(page: VisiblePage, element: Element) -> list[Action]:
        wanted = element.get(html.PHX_KEY)
        if wanted and wanted.lower() != key.lower():
            return []
        return events.run_binding(page, value, Cause(event, element, {"key": key}))

    down = key if event == _KEY_DOWN else None
    return events.debounced(page, element, pressed, key_down=down)


def _entered(page: VisiblePage, element: Element) -> list[Action] | None:
    """Do what Enter does by itself, or return None if it does nothing."""
    field = page.document.fields.field(element)
    if element.tag == "a" and "href" in element.attrib:
        return click(page, element)
    if field is None:
        return None
    if field.type in BUTTONS:
        return click(page, element)
    form = html.form_of(element)
    if form is None or field.type in _KEEPS_ENTER:
        return None
    fields = page.document.fields.of(form)
    default = next((each for each in fields if each.type in _SUBMITTERS), None)
    if default is not None:
        # A click without a mouse, which moves no focus.
        disabled = html.is_disabled(default.element)
        return None if disabled else dispatch_event(page, "click", default.element)
    blocking = [each for each in fields if each.type in _BLOCKS_SUBMIT]
    return submit(page, form) if blocking == [field] else None


# The keys that there are: the values of `KeyboardEvent.key`, https://www.w3.org/TR/uievents-key/


_NAMED_KEYS: Final = """
Alt AltGraph CapsLock Control Fn FnLock Hyper Meta NumLock ScrollLock Shift Super Symbol
SymbolLock Enter Tab ArrowDown ArrowLeft ArrowRight ArrowUp End Home PageDown PageUp
Backspace Clear Copy CrSel Cut Delete EraseEof ExSel Insert Paste Redo Undo Accept Again
Attn Cancel ContextMenu Escape Execute Find Help Pause Play Props Select ZoomIn ZoomOut
BrightnessDown BrightnessUp Eject LogOff Power PowerOff PrintScreen Hibernate Standby WakeUp
AllCandidates Alphanumeric CodeInput Compose Convert Dead FinalMode GroupFirst GroupLast
GroupNext GroupPrevious ModeChange NextCandidate NonConvert PreviousCandidate Process
SingleCandidate HangulMode HanjaMode JunjaMode Eisu Hankaku Hiragana HiraganaKatakana
KanaMode KanjiMode Katakana Romaji Zenkaku ZenkakuHankaku Soft1 Soft2 Soft3 Soft4
ChannelDown ChannelUp Close MailForward MailReply MailSend MediaFastForward MediaPause
MediaPlay MediaPlayPause MediaRecord MediaRewind MediaStop MediaTrackNext
MediaTrackPrevious New Open Print Save SpellCheck AudioVolumeDown AudioVolumeMute
AudioVolumeUp MicrophoneVolumeDown MicrophoneVolumeMute MicrophoneVolumeUp
BrowserBack BrowserFavorites BrowserForward BrowserHome BrowserRefresh BrowserSearch
BrowserStop LaunchApplication1 LaunchApplication2 LaunchCalendar LaunchContacts LaunchMail
LaunchMediaPlayer LaunchMusicPlayer LaunchPhone LaunchScreenSaver LaunchSpreadsheet
LaunchWebBrowser LaunchWebCam LaunchWordProcessor Call CameraFocus EndCall GoBack GoHome
HeadsetHook LastNumberRedial MannerMode Notification VoiceDial Unidentified
"""
KEYS: Final = frozenset(
    [*_NAMED_KEYS.split(), *(f"F{number}" for number in range(1, 25))]
)
# What people call a key, and what a browser does.
CALLED: Final = {
    "space": " ",
    "spacebar": " ",
    "esc": "Escape",
    "return": "Enter",
    "del": "Delete",
    "ctrl": "Control",
    "cmd": "Meta",
    "up": "ArrowUp",
    "down": "ArrowDown",
    "left": "ArrowLeft",
    "right": "ArrowRight",
}


def _problem_with_key(key: object) -> str:
    """Return why no keyboard has this key, and what to write; "" if one has it."""
    if isinstance(key, str) and (len(key) == 1 or key in KEYS):
        return ""
    word = key if isinstance(key, str) else ""
    meant = CALLED.get(word.lower())
    hint = f" Did you mean {meant!r}?" if meant else near_miss(word, KEYS)
    return (
        "no keyboard has this key: write its character or the name that a browser gives "
        f"it, such as 'a', ' ', 'Enter' or 'ArrowUp'.{hint}"
    )
