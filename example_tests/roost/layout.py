"""What surrounds every page: the document, the navigation, the flash.

Law of this file: a page's tree is dynamic 2 of the layout, as in the recorded app: 0 is the
navigation, 1 the flash. A sticky view, where there is one, comes between those two.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

from roost.liveview import LiveView
from roost.rendered import Each, Html, Rendered, Template, attribute, escape

SUFFIX: Final = " - Roost"
LINKS: Final = (
    "counter",
    "function_components",
    "live_components",
    "streams",
    "keyed",
    "async",
    "stream_async",
    "form",
    "upload",
    "nav/a",
    "nested",
    "hooks",
    "ticker",
    "chat",
    "login",
    "secret",
    "crash",
    "portal",
    "faults",
)

DOCUMENT = """<!DOCTYPE html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="csrf-token" content="{csrf_token}">
    <title data-suffix="{suffix}">{title}{suffix}</title>
    <link phx-track-static rel="stylesheet" href="/static/app.css">
    <script defer phx-track-static src="/vendor/phoenix/phoenix.min.js"></script>
    <script defer src="/vendor/phoenix_html/phoenix_html.js"></script>
    <script defer phx-track-static src="/vendor/live_view/phoenix_live_view.js"></script>
    <script defer phx-track-static src="/static/app.js"></script>
  </head>
  <body>
    {body}
    <div id="portal-root"></div>
  </body>
</html>
"""

APP = Template(
    """{nav}
<main id="main">
  {flash}
  {page}
</main>"""
)
APP_WITH_STICKY = Template(
    """{nav}
{sticky}
<main id="main">
  {flash}
  {page}
</main>"""
)
NAV = Template('<nav id="nav">\n  {links}\n</nav>')
NAV_LINK = Template('<a href="/{path}">{path}</a>')
FLASH_GROUP = Template('<div id="flash-group">\n  {info}\n  {error}\n</div>')
FLASH_SLOT = Template("{message}")
FLASH = Template('<p id="flash-{kind}" role="alert"{click}>{message}</p>', block=True)


def document(*, csrf_token: str, title: str, body: str) -> str:
    """Return a whole HTML page; `body` is HTML."""
    return DOCUMENT.format(
        csrf_token=csrf_token, title=escape(title), suffix=SUFFIX, body=body
    )


def app(view: LiveView) -> Rendered:
    """Return the view's page within the app's layout; a view in a view has none."""
    if view.embedded:
        return view.render()
    flash, page, sticky = _flash_group(view.flash), view.render(), view.sticky()
    if sticky is None:
        return APP(nav=NAVIGATION, flash=flash, page=page)
    return APP_WITH_STICKY(nav=NAVIGATION, sticky=sticky, flash=flash, page=page)


def command(*steps: list[Any], name: str = "phx-click") -> Html:
    """Return an attribute with JS commands, as `Phoenix.LiveView.JS` writes it."""
    return attribute(name, json.dumps(steps, separators=(",", ":")))


def on_click(event: str) -> Html:
    """Return a ` phx-click` attribute that pushes `event`."""
    return attribute("phx-click", event)


def push(event: str, **options: Any) -> list[Any]:
    """Return the JS command that pushes `event`."""
    return ["push", {"event": event, **options}]


def _flash_group(flash: Mapping[str, str]) -> Rendered:
    if not flash:
        return NO_FLASH
    return FLASH_GROUP(info=_flash("info", flash), error=_flash("error", flash))


def _flash(kind: str, flash: Mapping[str, str]) -> Rendered:
    if kind not in flash:
        return FLASH_SLOT(message=None)
    clear = push("lv:clear-flash", value={"key": kind})
    hide = ["hide", {"to": f"#flash-{kind}"}]
    message = FLASH(kind=kind, click=command(clear, hide), message=flash[kind])
    return FLASH_SLOT(message=message)


# Made once: every render shares them, so comparing them costs nothing.
NAVIGATION: Final = NAV(links=Each(NAV_LINK, [NAV_LINK(path=path) for path in LINKS]))
NO_FLASH: Final = FLASH_GROUP(info=_flash("info", {}), error=_flash("error", {}))
