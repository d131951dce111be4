"""`/hops`: a page whose `handle_params` sends on, by a patch, to another view or away.

`?hop=…` says how, so a link that patches here is answered with it, and so is a join.
"""

from collections.abc import Callable
from typing import Final

from roost.liveview import LiveView
from roost.rendered import Each, Rendered, Template

PAGE = Template(
    """
<h1>Hops</h1>
<p>At <span id="at">{at}</span>, handled <span id="handled">{handled}</span></p>
<a href="#part" id="to-part">part</a>
{links}"""
)
LINK = Template(
    '<a href="/hops?{query}" data-phx-link="{kind}" data-phx-link-state="{state}" '
    'id="{name}">{name}</a> '
)

CRASH: Final = "crash"  # when patched to; who loads the page is served
HOPS: Final[dict[str, Callable[[LiveView], None]]] = {
    "patch": lambda view: view.push_patch("/hops?at=patched"),
    "replace": lambda view: view.push_patch("/hops?at=replaced", replace=True),
    "navigate": lambda view: view.push_navigate("/nav/b?from=hops"),
    "replace-navigate": lambda view: view.push_navigate(
        "/nav/b?from=hops", replace=True
    ),
    "redirect": lambda view: view.redirect("/plain"),
}


class HopsLive(LiveView):
    """Says where it is, unless it sends on."""

    view = "Roost.HopsLive"

    async def mount(self) -> None:
        self.handled = 0

    async def handle_params(self) -> None:
        self.at = self.params.get("at", "first")
        self.handled += 1
        self.title = f"At {self.at}"
        hop = self.params.get("hop", "")
        if hop == CRASH and self.handled > 1:
            raise RuntimeError("asked to crash")
        if hop in HOPS:
            HOPS[hop](self)

    def render(self) -> Rendered:
        return PAGE(at=self.at, handled=self.handled, links=LINKS)


def _links() -> Each:
    links = []
    for kind, by in (("patch", "patch"), ("redirect", "join")):
        for state in ("push", "replace"):
            suffix = "" if state == "push" else "-instead"
            queries = {f"at={to}": to for to in ("a", "b")} | {
                f"hop={hop}": hop for hop in (*HOPS, CRASH)
            }
            links += [
                LINK(query=query, kind=kind, state=state, name=f"{by}-{to}{suffix}")
                for query, to in queries.items()
            ]
    return Each(LINK, links)


LINKS: Final = _links()
