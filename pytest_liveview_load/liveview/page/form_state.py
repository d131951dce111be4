"""What one user has typed, checked, chosen and submitted on a page.

Only what differs from the server's rendering is kept, by
`Field.key`, so a user who only clicks costs nothing.

The tab owns it: it makes one for each page load and calls `rebase` when a new document
arrives.
"""

import copy
import dataclasses
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Final, NamedTuple, TypeAlias

from pytest_liveview_load.liveview.page.actions import Action
from pytest_liveview_load.liveview.page.document import Document
from pytest_liveview_load.liveview.page.fields import (
    BUTTONS,
    CHECKABLE,
    SELECT_MULTIPLE,
    SELECT_ONE,
    SELECTS,
    TEXTAREA,
    Field,
    SelectOption,
)
from pytest_liveview_load.liveview.page.html import (
    CONTROLS,
    PHX_UPLOAD_REF,
    Element,
    Identity,
    find_by_identity,
    form_of,
    identify,
    is_disabled,
)
from pytest_liveview_load.liveview.page.js_overlay import JsChanges, Overlay
from pytest_liveview_load.liveview.page.patched import (
    Patches,
    Unpatched,
    Visit,
    attributes_of,
    kept_options,
    visit,
    was_patched,
)
from pytest_liveview_load.liveview.protocol.upload import FileInfo
from pytest_liveview_load.liveview.protocol.versions import Dialect
from pytest_liveview_load.units import Clock

# One file that a person has chosen, until it has arrived.


@dataclasses.dataclass(slots=True, kw_only=True, eq=False)
class ChosenFile:
    """A file in a file input; `ref` is its number on the page, once it has one.

    `read` takes an offset and a size; it returns at most that many bytes, or raises OSError.
    """

    info: FileInfo
    read: Callable[[int, int], bytes]
    ref: str | None = None
    preflighting: bool = False  # `allow_upload` was asked and not refused


# What an event comes to, on the page as it is when it is let through.
EventHandler: TypeAlias = Callable[["VisiblePage", Element], list[Action]]


class HeldEvent(NamedTuple):
    """An event that a debounce holds back."""

    seconds: float | None  # None: until the field is left
    run: EventHandler


@dataclasses.dataclass(slots=True, eq=False)
class DebounceState:
    """What debounces hold back on one page, and what throttles drop for a while."""

    now: Clock
    held: dict[Identity, HeldEvent] = dataclasses.field(default_factory=dict)
    throttled_until: dict[Identity, float] = dataclasses.field(default_factory=dict)
    last_key: dict[Identity, str] = dataclasses.field(default_factory=dict)
    edited: bool = False  # the focused text, since it has the focus
    # The field of the last input event, if nothing was told of another since then.
    last_input: Identity | None = None

    def next_due(self) -> tuple[Identity, float] | None:
        """Return the held event whose time will be up first, and in how many seconds."""
        timed = [(h.seconds, i) for i, h in self.held.items() if h.seconds is not None]
        if not timed:
            return None
        seconds, identity = min(timed, key=lambda each: each[0])
        return identity, seconds


_OPEN: Final = "open"
# A text, whether it is checked, or the values of the selected options.
_Input: TypeAlias = str | bool | tuple[str, ...]


class FormState:
    """The forms of one page as one user has left them. Mutable; owned by one tab."""

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._debounce: DebounceState | None = None
        self.focused: str | None = None  # the key of the field with the focus
        self.submitted_from: str | None = None  # which had it when a form was submitted
        self._kept_focus: tuple[Identity, ...] = ()  # where JS.pop_focus leads
        self._inputs: dict[str, _Input] = {}
        self._unpatched: dict[str, Unpatched] = {}  # what patches left as it was
        self._opened: dict[Identity, bool] = {}  # details, and closed ones
        self.shows_new = False  # what the page is to show for it, since it was composed
        self._used: set[str] = set()
        self._came_empty: dict[str, bool] = {}  # the textareas, as far as known
        self._submitters: dict[str, str] = {}  # form → field of the last submitter
        self._files: dict[str, list[ChosenFile]] = {}  # by the upload's ref
        self._cloned = False  # see `cloned`
        self._next_file = 0  # one count for all files of the page

    def copy(self) -> "FormState":
        """Return the forms as they are now, whatever becomes of these."""
        other = copy.copy(self)
        self._inputs, self._used = dict(self._inputs), set(self._used)
        self._submitters = dict(self._submitters)
        self._unpatched = dict(self._unpatched)
        return other

    def cloned(self) -> "FormState":
        """Return the forms as some real clients clone them to recover them."""
        other = self.copy()
        other._cloned = True  # noqa: SLF001  # a sibling
        return other

    # Reading

    @property
    def untouched(self) -> bool:
        """Whether all is as the server rendered it, and no field has the focus."""
        return not (
            self._inputs
            or self._used
            or self._submitters
            or self._unpatched
            or self._opened
            or self._files
            or self._debounce is not None
            or self.focused is not None
            or self._kept_focus
        )

    @property
    def uses_debounce(self) -> bool:
        """Whether there is anything to ask `debounce`."""
        return self._debounce is not None

    @property
    def debounce(self) -> DebounceState:
        """What debounces hold back and throttles do not let through."""
        if self._debounce is None:
            self._debounce = DebounceState(self._clock)
        return self._debounce

    def text(self, field: Field) -> str:
        """Return the field's value as it stands (still masked where the server gave it)."""
        typed = self._inputs.get(field.key)
        if isinstance(typed, str):
            return typed
        if field.type in SELECTS:
            return next(iter(self.selected(field)), "")
        return field.value

    def checked(self, field: Field) -> bool:
        """Tell whether a checkbox or radio is checked."""
        set_to = self._inputs.get(field.key)
        return set_to if isinstance(set_to, bool) else field.checked

    def selected(self, field: Field) -> tuple[str, ...]:
        """Return the values of a select's selected options, in document order."""
        return tuple(each.value for each in self._chosen(field))

    def used(self, field: Field) -> bool:
        """Tell whether the user has been in the field: no `_unused_` stands before it."""
        return field.key in self._used

    def files(self, upload_ref: str) -> Sequence[ChosenFile]:
        """Return the files chosen for an upload, in the order in which they were."""
        return self._files.get(upload_ref, ())

    def submitter(self, document: Document, form: Element) -> Field | None:
        """Return the button that last submitted the form, if it is still there."""
        key = self._submitters.get(document.fields.form_key(form))
        return None if key is None else document.fields.by_key.get(key)

    def entries(
        self, document: Document, form: Element, submitter: Field | None = None
    ) -> Iterator[tuple[Field, str]]:
        """Yield what the form would submit, field by field (JS `new FormData(form)`).

        Disabled, nameless and unchecked fields are left out; so are buttons, except the
        submitter in its place. A file field, whose files wait for uploads, counts as
        empty and is yielded for plain HTTP forms.
        """
        elements = _cloned if self._cloned else _as_they_are
        for field, disabled in elements(document, form):
            if not field.name or disabled:
                continue
            if field.type in BUTTONS:
                values: Sequence[str] = (field.value,) if field is submitter else ()
            elif field.type in CHECKABLE:
                values = (field.value,) if self.checked(field) else ()
            elif field.type in SELECTS:
                values = self._submitted_options(field)
            else:
                values = (self.text(field),)
            for value in values:
                yield field, value

    # Writing

    def put(self, field: Field, value: _Input) -> None:
        """Set a field's text, whether it is checked, or its selected options."""
        self._inputs[field.key] = value

    def put_checked(self, document: Document, field: Field, *, checked: bool) -> None:
        """Check or uncheck; checking a radio unchecks the others of its group."""
        if checked and field.type == "radio" and field.name:
            for other in document.fields.by_key.values():
                same = other.name == field.name and other.form_key == field.form_key
                if same and other.type == "radio":
                    self.put(other, not checked)
        self.put(field, checked)

    def put_files(self, upload_ref: str, files: Iterable[ChosenFile]) -> None:
        """Set the files chosen for an upload (LiveUploader.trackFiles)."""
        self._files[upload_ref] = list(files)

    def drop_file(self, upload_ref: str, file: ChosenFile) -> None:
        """Forget a file: it has arrived, or was refused (LiveUploader.untrackFile)."""
        files = self._files.get(upload_ref, [])
        if file in files:
            files.remove(file)

    def next_file_ref(self) -> str:
        """Return a ref that no file of this page has had (LiveUploader.genFileRef)."""
        self._next_file += 1
        return str(self._next_file - 1)

    def mark_used(self, field: Field) -> None:
        """Remember an input event (JS PHX_HAS_FOCUSED)."""
        self._used.add(field.key)

    def mark_all_used(self, document: Document, form: Element) -> None:
        """Remember a submit: all of the form counts as used."""
        self._used.update(field.key for field in document.fields.of(form))

    def mark_submitted(
        self, document: Document, form: Element, submitter: Field | None
    ) -> None:
        """Remember a submit: all of the form counts as used, and it loses the focus.

        As view.ts submitForm.
        """
        self.mark_all_used(document, form)
        form_key = document.fields.form_key(form)
        self._submitters.pop(form_key, None)
        if submitter is not None:
            self._submitters[form_key] = submitter.key
        self.focused = None

    def push_focus(self, identities: tuple[Identity, ...], *, stacks: bool) -> None:
        """Remember where the focus is to go back to (JS.push_focus), or only the last."""
        kept = (*self._kept_focus, *identities)
        self._kept_focus = kept if stacks else kept[-1:]

    def pop_focus(self) -> Identity | None:
        """Return where the focus goes back to (JS.pop_focus), and forget that."""
        kept = self._kept_focus
        self._kept_focus = kept[:-1]
        return kept[-1] if kept else None

    def drop_focus(self) -> None:
        """Forget where the focus was to go back to: its view has gone (JS.dropFocus)."""
        self._kept_focus = ()

    def toggle_open(self, details: Element) -> None:
        """Open a `<details>`, or close it, as a click on its summary does."""
        self._opened[identify(details)] = _OPEN not in details.attrib
        self.shows_new = True

    def reset(self, document: Document, form: Element) -> None:
        """Do what a reset button does: the server's values, and nothing used.

        A textarea that came empty is emptied: morphdom then sets its value alone, never
        the text that a reset goes back to.
        """
        for field in document.fields.of(form):
            self._inputs.pop(field.key, None)
            self._used.discard(field.key)
            if self._came_empty.get(field.key) and field.value:
                self.put(field, "")

    def rebase(self, old: Document, new: Document, patches: Patches) -> Overlay:
        """Take what was entered over to the document that follows.

        A patch gives the fields that it goes through the server's value again, unless
        they have the focus; a focused checkbox all the same. What has gone away is
        forgotten, and is fresh should it come again. Return the attributes that the
        field with the focus keeps.
        """
        self.shows_new = False
        if self.untouched:
            return ()
        before, after = old.fields.by_key, new.fields.by_key
        if any(Visit.NEW in of_view for of_view in patches.values()):
            after = {
                key: field
                for key, field in after.items()
                if visit(new, field.element, patches) is not Visit.NEW
            }
        if self._files:
            there = {
                new.unmask(each.element.get(PHX_UPLOAD_REF, ""))
                for each in after.values()
            }
            self._files = {ref: self._files[ref] for ref in self._files.keys() & there}
        self._used &= after.keys()
        self._came_empty = {
            key: self._came_empty.get(key, not was.value)
            for key, was in before.items()
            if was.type == TEXTAREA and key in after
        }
        if self.focused not in after:
            self.focused = None
        held = {*self._inputs, *self._unpatched}
        for key in held if self.focused is None else held | {self.focused}:
            was, now = before.get(key), after.get(key)
            if was is None or now is None or was.type != now.type:
                self._forget(key)
            else:
                self._patch(was, now, partial(was_patched, new, patches=patches))
        kept = self._unpatched.items()
        fields = (each for key, of in kept for each in of.changes(after[key]))
        return (*fields, *self._rebase_opened(new, patches))

    def _rebase_opened(self, new: Document, patches: Patches) -> Iterator[JsChanges]:
        """Yield what stays open or closed; a patch makes it what the server says."""
        for identity, is_open in list(self._opened.items()):
            details = find_by_identity(new.root, identity)
            stays = details is not None and (
                new.ignores(details, _OPEN) or not was_patched(new, details, patches)
            )
            if not stays:
                del self._opened[identity]
            elif is_open:
                yield JsChanges(identity, sets=((_OPEN, ""),))
            else:
                yield JsChanges(identity, unsets=(_OPEN,))

    def _patch(
        self, was: Field, now: Field, patched: Callable[[Element], bool]
    ) -> None:
        """Let one field go through a patch, if there was one."""
        key = now.key
        if not self._keeps_focus(was, now):
            if self._is(now) or patched(now.element):
                self._forget(key)
            return
        if attributes_of(was) == attributes_of(now):
            self._unpatched.pop(key, None)
        elif patched(now.element):
            self._unpatched.pop(key, None)
            if now.type == TEXTAREA:
                self.put(now, self.text(was))
            elif now.type in SELECTS:
                chosen = self.selected(was)
                self.put(now, chosen)
                self._unpatched[key] = kept_options(was, now, chosen)
            elif self.text(was) != now.value and "value" in now.element.attrib:
                self._unpatched[key] = Unpatched(value=was.element.get("value"))

    def _keeps_focus(self, was: Field, now: Field) -> bool:
        """Tell whether a patch leaves the field alone: it has the focus (dom_patch.ts)."""
        if now.key != self.focused or now.type in CHECKABLE:
            return False
        return now.type != SELECT_ONE or len(was.options) == len(now.options)

    def _is(self, field: Field) -> bool:
        """Tell whether what was entered is what the server says."""
        entered = self._inputs.get(field.key)
        if isinstance(entered, tuple):
            return entered == tuple(o.value for o in field.options if o.selected)
        return entered == (field.checked if isinstance(entered, bool) else field.value)

    def _forget(self, key: str) -> None:
        self._inputs.pop(key, None)
        self._unpatched.pop(key, None)

    def _submitted_options(self, field: Field) -> Sequence[str]:
        found = [each.value for each in self._chosen(field) if not each.disabled]
        return found if field.type == SELECT_MULTIPLE else found[:1]

    def _chosen(self, field: Field) -> list[SelectOption]:
        chosen = self._inputs.get(field.key)
        if isinstance(chosen, tuple):
            return [each for each in field.options if each.value in chosen]
        return [each for each in field.options if each.selected]


# Which fields a form has, and whether each is disabled.


def _as_they_are(document: Document, form: Element) -> Iterator[tuple[Field, bool]]:
    for field in document.fields.of(form):
        yield field, field.disabled


def _cloned(document: Document, form: Element) -> Iterator[tuple[Field, bool]]:
    """Yield what a form has whose `elements` were cloned one by one (getFormsForRecovery).

    A fieldset is one of them, and brings what is in it along. A radio button then stays
    checked in the last clone alone.
    """
    fields = document.fields
    for element in document.root.iter("fieldset", *CONTROLS):
        if form_of(element) is not form:
            continue
        if element.tag != "fieldset":
            field = fields.field(element)
            if field is not None:
                yield field, "disabled" in element.attrib
            continue
        for inner in element.iter(*CONTROLS):
            field = fields.field(inner)
            if field is not None and field.type != "radio":
                yield field, is_disabled(inner, within=element)


# What a gesture is worked out on.


class VisiblePage(NamedTuple):
    """A document, what its user has entered, and which LiveView the server has."""

    document: Document
    forms: FormState
    dialect: Dialect
