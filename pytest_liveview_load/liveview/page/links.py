"""What a click or submit does without LiveView: links, `data-method`, plain forms.

Law: as a browser and phoenix_html.js do; URLs come out absolute.
"""

from urllib.parse import urljoin, urlsplit, urlunsplit

from pytest_liveview_load.liveview.page.actions import (
    Action,
    Awaited,
    HttpSubmit,
    LiveNavigate,
    LivePatch,
    PageLoad,
)
from pytest_liveview_load.liveview.page.attributes import (
    DATA_CSRF,
    DATA_METHOD,
    DATA_TO,
    PHX_LINK_STATE,
    PHX_LIVE_LINK,
    PHX_TRIGGER_ACTION,
)
from pytest_liveview_load.liveview.page.document import Document
from pytest_liveview_load.liveview.page.fields import Field
from pytest_liveview_load.liveview.page.html import Element
from pytest_liveview_load.liveview.page.identity import identify
from pytest_liveview_load.liveview.page.scene import Scene
from pytest_liveview_load.liveview.page.serialize import http_body, urlencode


def live_link(document: Document, link: Element) -> Action:
    """Return where a `data-phx-link` leads (live_socket.ts bindNav)."""
    url = _absolute(document, link.get("href", ""))
    replace = link.get(PHX_LINK_STATE) == "replace"
    source = identify(link)
    if link.get(PHX_LIVE_LINK) == "patch":
        return LivePatch(url=url, replace=replace, awaited=Awaited("click", source))
    return LiveNavigate(url=url, replace=replace, source=source)


def data_method(document: Document, link: Element) -> HttpSubmit:
    """Return the form that phoenix_html.js makes of a link with `data-method`."""
    verb = link.get(DATA_METHOD, "")
    # A missing data-csrf becomes the text "null", as in JavaScript.
    csrf = document.attr(link, DATA_CSRF) or "null"
    body = urlencode((("_csrf_token", csrf), ("_method", verb)))
    method = "GET" if verb == "get" else "POST"
    return _http(method, _absolute(document, link.get(DATA_TO, "")), body)


def follow(document: Document, link: Element) -> list[Action]:
    """Return what following a plain link does: load a page, or nothing for `#anchor`."""
    href = document.attr(link, "href") or ""
    url = _absolute(document, href)
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https"):
        return []  # javascript:, mailto:, tel:
    here = urlsplit(document.url)
    if "#" in href and parts._replace(fragment="") == here._replace(fragment=""):
        return []
    return [PageLoad(url=urlunsplit(parts._replace(fragment="")))]


def http_submit(
    scene: Scene, form: Element, submitter: Field | None = None
) -> list[Action]:
    """Return what the browser does with a form that LiveView leaves alone."""
    button = submitter.element if submitter is not None else form
    document = scene.document
    method = button.get("formmethod") or form.get("method") or "get"
    if method.lower() == "dialog":
        return []
    action = document.attr(button, "formaction") or document.attr(form, "action")
    # Without an action a form goes to the page itself, wherever <base> points.
    url = _absolute(document, action) if action else document.url
    body = http_body(document, scene.forms, form, submitter)
    return [_http("POST" if method.lower() == "post" else "GET", url, body)]


def triggered(scene: Scene) -> HttpSubmit | None:
    """Return the form that now carries `phx-trigger-action`, as an HTTP submit, or None.

    The client leaves the view and submits (dom_patch.ts externalFormTriggered), with the
    button that last submitted it.
    """
    for form in scene.document.all(f"form[{PHX_TRIGGER_ACTION}]"):
        submitter = scene.forms.submitter(scene.document, form)
        for action in http_submit(scene, form, submitter):
            if isinstance(action, HttpSubmit):
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
    base = urljoin(document.url, document.page.shell.base)
    try:
        return urljoin(base, document.unmask(href).strip())
    except ValueError:
        return base  # no URL at all, such as "http://["
