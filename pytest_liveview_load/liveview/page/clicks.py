"""What a click on an element, or the submit of a form, leads to.

As live_socket.ts binds its listeners, in their order, then what the browser does by
itself. A gesture that a browser would not let a person take (a disabled button), or that
nothing on the element answers to, is an ElementError which lists what is bound.
"""

from typing import Final
from urllib.parse import urljoin, urlsplit, urlunsplit

from pytest_liveview_load.liveview.page import events, html
from pytest_liveview_load.liveview.page.actions import (
    Action,
    Dispatch,
    HttpSubmit,
    PageLoad,
    PartOfPage,
    live_navigation,
)
from pytest_liveview_load.liveview.page.compose import ClickTargets
from pytest_liveview_load.liveview.page.document import Document
from pytest_liveview_load.liveview.page.fields import BUTTONS, CHECKABLE, Field
from pytest_liveview_load.liveview.page.form_data import http_body, urlencode
from pytest_liveview_load.liveview.page.form_state import VisiblePage
from pytest_liveview_load.liveview.page.html import Element, identify
from pytest_liveview_load.liveview.page.push import Cause, is_submitting

# What a click or submit does without LiveView: links, `data-method`, plain forms.


def live_link(document: Document, link: Element) -> Action:
    """Return where a `data-phx-link` leads (live_socket.ts bindNav)."""
    url = _absolute(document, link.get("href", ""))
    replace = link.get(html.PHX_LINK_STATE) == "replace"
    kind = link.get(html.PHX_LIVE_LINK, "")
    return live_navigation(kind, url, link, replace=replace)


def data_method(document: Document, link: Element) -> HttpSubmit:
    """Return the form that phoenix_html.js makes of a link with `data-method`."""
    verb = link.get(html.DATA_METHOD, "")
    # A missing data-csrf becomes the text "null", as in JavaScript.
    csrf = document.attr(link, html.DATA_CSRF) or "null"
    body = urlencode((("_csrf_token", csrf), ("_method", verb)))
    method = "GET" if verb == "get" else "POST"
    return _http(method, _absolute(document, link.get(html.DATA_TO, "")), body)


def follow_link(document: Document, link: Element) -> list[Action]:
    """Return what following a plain link does: load a page, or go to a `#part` of it."""
    href = document.attr(link, "href") or ""
    url = _absolute(document, href)
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https"):
        return []  # javascript:, mailto:, tel:
    here = urlsplit(document.url)
    if "#" in href and parts._replace(fragment="") == here._replace(fragment=""):
        lone = "#" if href.endswith("#") else ""  # urljoin drops it
        return [PartOfPage(url=url + lone)]
    return [PageLoad(url=url)]


def http_submit(
    page: VisiblePage, form: Element, submitter: Field | None
) -> HttpSubmit | None:
    """Return what the browser does with a form that LiveView leaves alone."""
    button = submitter.element if submitter is not None else form
    document = page.document
    method = button.get("formmethod") or form.get("method") or "get"
    if method.lower() == "dialog":
        return None
    action = document.attr(button, "formaction") or document.attr(form, "action")
    # Without an action a form goes to the page itself, wherever <base> points.
    url = _absolute(document, action) if action else document.url
    body = http_body(page, form, submitter)
    return _http("POST" if method.lower() == "post" else "GET", url, body)


def triggered_submit(page: VisiblePage) -> HttpSubmit | None:
    """Return the form that now carries `phx-trigger-action`, as an HTTP submit, or None.

    The client leaves the view and submits (dom_patch.ts externalFormTriggered), with the
    button that last submitted it.
    """
    for form in page.document.all(f"form[{html.PHX_TRIGGER_ACTION}]"):
        submitter = page.forms.submitter(page.document, form)
        action = http_submit(page, form, submitter)
        if action is not None:
            return action
    return None


def _http(method: str, url: str, body: str) -> HttpSubmit:
    bare = urlunsplit(urlsplit(url)._replace(fragment=""))
    if method == "POST":
        return HttpSubmit(method=method, url=bare, body=body)
    with_query = urlunsplit(urlsplit(bare)._replace(query=body))
    return HttpSubmit(method=method, url=with_query, body="")


def _absolute(document: Document, href: str) -> str:
    # A patch moves the document's URL; <base href> stays where the page came from.
    base = urljoin(document.url, document.dead_render.parsed.base)
    try:
        return urljoin(base, document.unmask(href).strip())
    except ValueError:
        return base  # no URL at all, such as "http://["


_CLICKABLE: Final = (
    f"[{html.PHX_CLICK}], a[href], button, input[type=submit], [data-method]"
)
_CLICK: Final = "click"
_DEEPEST_DISPATCH: Final = 20


def click(page: VisiblePage, element: Element, *, hooked: bool = False) -> list[Action]:
    """Click, as a person does: the focus moves, then bindings, then the element itself.

    `hooked`: a hook listens to the element. It hears of the click before LiveView does,
    which ignores the click if the hook's own push is under way by then.

    Raises:
        ElementError: The element is disabled, or nothing answers to a click on it, for
            now or at all.
    """
    around = page.document.click_targets(element)
    events.refuse_disabled(page, element)
    moved = _mouse_down(page, around)
    if hooked:
        if around.bound is not None:
            events.refuse_loading(page, around.bound)
        told = (identify(element),)
        return [
            *moved,
            Dispatch(event=_CLICK, identities=told, detail=None, bubbles=True),
        ]
    heard = _clicked(page, element, around)
    if around.bound is not None and not moved and heard == []:
        events.refuse_loading(page, around.bound)
    if heard is None and not moved:
        raise events.nothing_bound(page, element, "phx-click and no href", _CLICKABLE)
    return moved + (heard or [])


def submit(
    page: VisiblePage, form: Element, submitter: Element | None = None
) -> list[Action]:
    """Submit a form, by a button of it or as JS `requestSubmit()` without one.

    Raises:
        ElementError: `form` is no form, or the button is disabled or not of this form;
            or an earlier submit is not answered yet.
    """
    document = page.document
    if form.tag != "form":
        raise events.nothing_bound(
            page, form, "form to submit: it is no <form>", "form"
        )
    field = None
    if submitter is not None:
        events.refuse_disabled(page, submitter)
        field = document.fields.field(submitter)
        if field is None or html.form_of(submitter) is not form:
            problem = f"is no submit button of {document.describe(form)}"
            raise document.error_about(submitter, problem)
    if is_submitting(form):
        events.refuse_loading(page, form)
    if page.forms.uses_debounce:
        for each in document.fields.of(form):
            events.field_submitted(page, each.element)
    event = document.attr(form, html.PHX_SUBMIT)
    if event:
        # As view.ts submitForm: all of it counts as used, and the field in it is left.
        page.forms.mark_all_used(document, form)
        page.forms.submitted_from = page.forms.focused
        cause = Cause("submit", form, submitter=field)
        return events.blur(page) + events.run_binding(page, event, cause)
    submitted = http_submit(page, form, field)
    return [] if submitted is None else [submitted]


def dispatch_event(
    page: VisiblePage, event: str, element: Element, depth: int = 0
) -> list[Action]:
    """Do what a browser and LiveView's script make of a DOM event of JS.dispatch.

    A click is one without a mouse, which moves no focus; a form's submit and a field's
    input are heard by their bindings alone. What nothing answers to is nothing.

    Raises:
        ElementError: The event, so `depth` deep in others, causes itself: a browser's
            stack would overflow. Or what it leads to is refused.
    """
    if depth > _DEEPEST_DISPATCH:
        raise page.document.error_about(element, f"dispatches {event!r} in a circle")
    if event == _CLICK:
        around = page.document.click_targets(element)
        if around.control is not None and html.is_disabled(around.control):
            return []
        return _clicked(page, element, around) or []
    if event == "submit":
        bound = element.tag == "form" and html.PHX_SUBMIT in element.attrib
        return submit(page, element) if bound and not is_submitting(element) else []
    field = page.document.fields.field(element)
    if field is None or event not in ("input", "change"):
        return []
    return events.input_event(page, field)


# What LiveView's script does


def _clicked(
    page: VisiblePage, element: Element, around: ClickTargets
) -> list[Action] | None:
    """Return what hears of a click, in a browser's order; None where nothing does."""
    if around.link is not None:
        followed = live_link(page.document, around.link)
        away = _clicked_away(page, element)
        return [followed, *away, *_bound(page, around.link)]
    # A checkbox is toggled before anyone hears of the click.
    toggled = _toggled(page, element)
    actions = _clicked_away(page, element)
    answered = around.bound is not None or bool(actions)
    if around.bound is not None and not events.is_loading(around.bound):
        actions += _bound(page, around.bound)
    by_itself = _own_behaviour(page, around, toggled)
    if by_itself is not None:
        return actions + by_itself
    return actions if answered else None


def _bound(page: VisiblePage, element: Element) -> list[Action]:
    binding = element.get(html.PHX_CLICK)
    if not binding:
        return []
    return events.debounced(
        page, element, lambda p, e: events.run_binding(p, binding, Cause(_CLICK, e))
    )


def _clicked_away(page: VisiblePage, element: Element) -> list[Action]:
    """Tell the visible elements that the click was outside of them.

    As live_socket.ts dispatchClickAway: what a portal shows elsewhere is inside of what
    is around its template, and only what is in the portal too asks where it is shown.
    """
    bound = page.document.all(f"[{html.PHX_CLICK_AWAY}]")
    if not bound or not html.is_visible(element):
        return []
    inside = set(html.ancestors(element))
    portal, from_template = _portal_around(page.document, element)
    actions: list[Action] = []
    for each in bound:
        shown = portal is None or portal in html.ancestors(each)
        around = inside if shown else from_template
        if each not in around and html.is_visible(each):
            binding = each.get(html.PHX_CLICK_AWAY, "")
            actions += events.run_binding(page, binding, Cause(_CLICK, each))
    return actions


def _portal_around(
    document: Document, element: Element
) -> tuple[Element | None, frozenset[Element]]:
    """Return what a portal moved that the element is in, and all around its template."""
    for portal in html.ancestors(element):
        source = portal.get(html.PHX_TELEPORTED_SRC)
        if source is not None:
            templates = html.by_id(document.root, id=source)
            around = html.ancestors(templates[0]) if templates else ()
            return portal, frozenset(around)
    return None, frozenset()


# What the browser does by itself


def _mouse_down(page: VisiblePage, around: ClickTargets) -> list[Action]:
    """Move the focus, before the click is heard of: into a field, else out of one."""
    control = around.control
    if control is not None and control.tag != "button":
        field = page.document.fields.field(control)
        if field is not None and field.type not in BUTTONS:
            return events.move_focus(page, control)
    return events.blur(page)


def _own_behaviour(
    page: VisiblePage, around: ClickTargets, toggled: Field | None
) -> list[Action] | None:
    """Return what the browser does by itself, or None where a click does nothing."""
    if toggled is not None:
        return events.input_event(page, toggled)
    if around.method is not None:
        return [data_method(page.document, around.method)]
    active = around.active
    if active is None:
        return None
    if active.tag == "a":
        if active is around.bound and active.get("href") == "#":
            return []  # bindClick prevents that
        return follow_link(page.document, active)
    details = html.details_of(active) if active.tag == "summary" else None
    if details is not None:
        page.forms.toggle_open(details)
        return []
    if active.tag == "label":
        control = _labelled(page, active)
        return None if control is None else click(page, control)
    if active.tag == "button" and html.form_of(active) is None:
        return None  # the usual click; it need not read all the fields
    field = page.document.fields.field(active)
    return None if field is None else _click_field(page, field)


def _click_field(page: VisiblePage, field: Field) -> list[Action] | None:
    if field.type not in BUTTONS:
        return []  # it has the focus now; a radio that is checked stays checked
    form = html.form_of(field.element) if field.form_key else None
    if form is None or field.type == "button":
        return None
    if field.type == "reset":
        page.forms.reset(page.document, form)
        return events.input_event(page, field)
    return submit(page, form, field.element)


def _labelled(page: VisiblePage, label: Element) -> Element | None:
    """Return the field that a `<label>` is for, or None."""
    target = label.get("for")
    if target is None:
        return next(label.iter(*html.CONTROLS), None)
    return next(iter(html.by_id(page.document.root, id=target)), None)


def _toggled(page: VisiblePage, element: Element) -> Field | None:
    """Toggle a checkbox or choose a radio; None where the click changes nothing."""
    if element.tag != "input":
        return None
    field = page.document.fields.field(element)
    if field is None or field.type not in CHECKABLE:
        return None
    checked = page.forms.checked(field)
    if field.type == "radio" and checked:
        return None
    page.forms.put_checked(page.document, field, checked=not checked)
    return field
