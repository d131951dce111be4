"""`/nav/a`: every way to leave a page or to patch it."""

from typing import Any

from roost.components import Reply
from roost.layout import command
from roost.liveview import LiveView
from roost.rendered import Rendered, Template

PAGE = Template(
    """
<h1>Nav A</h1>
<p>Page <span id="page">{page}</span>, handled <span id="handled">{handled}</span>, at <code id="uri">{uri}</code></p>
<a href="/nav/a?page=2" data-phx-link="patch" data-phx-link-state="push" id="patch-2">patch to page 2</a>
<a href="/nav/a?page=3" data-phx-link="patch" data-phx-link-state="replace" id="patch-3-replace">patch (replace) to page 3</a>
<a href="/nav/b?from=a" data-phx-link="redirect" data-phx-link-state="push" id="navigate-b">navigate to b</a>
<a href="/other" data-phx-link="redirect" data-phx-link-state="push" id="navigate-other">navigate to another live_session</a>
<a href="/plain" id="href-plain">plain link</a>
<button id="push-patch" phx-click="push_patch">push_patch</button>
<button id="push-navigate" phx-click="push_navigate">push_navigate</button>
<button id="push-navigate-other" phx-click="push_navigate_other">push_navigate to another live_session</button>
<button id="redirect" phx-click="redirect">redirect</button>
<button id="redirect-external" phx-click="redirect_external">redirect external</button>
<button id="js-patch"{js_patch}>JS.patch</button>
<button id="js-navigate"{js_navigate}>JS.navigate</button>
<button id="flash-navigate" phx-click="flash_navigate">flash + push_navigate</button>"""  # noqa: E501
)
JS_PATCH = command(["patch", {"href": "/nav/a?page=9", "replace": False}])
JS_NAVIGATE = command(["navigate", {"href": "/nav/b", "replace": False}])


class NavALive(LiveView):
    """Counts its patches and goes where it is told."""

    view = "Roost.NavALive"

    async def mount(self) -> None:
        self.handled = 0

    async def handle_params(self) -> None:
        self.page = self.params.get("page", "1")
        self.handled += 1
        self.title = f"Nav A page {self.page}"

    async def handle_event(self, event: str, value: Any) -> Reply:
        match event:
            case "push_patch":
                self.push_patch("/nav/a?page=7")
            case "push_navigate":
                self.push_navigate("/nav/b?from=push")
            case "push_navigate_other":
                self.push_navigate("/other")
            case "redirect":
                self.redirect("/plain")
            case "redirect_external":
                self.redirect("http://localhost/elsewhere")
            case "flash_navigate":
                self.put_flash("info", "Carried over")
                self.push_navigate("/nav/b?from=flash")
            case _:
                return await super().handle_event(event, value)
        return None

    def render(self) -> Rendered:
        return PAGE(
            page=self.page,
            handled=self.handled,
            uri=self.uri,
            js_patch=JS_PATCH,
            js_navigate=JS_NAVIGATE,
        )
