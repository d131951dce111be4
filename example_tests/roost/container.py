"""The element that a view lives in, and the tokens on it that let the view be joined.

Law of this file: what a browser needs for a join is written here alone; `transport.py`
reads it back.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from roost.etf import Atom, Term
from roost.session import Signer

SESSION_SALT: Final = "lv session"
STATIC_SALT: Final = "lv static"
TOKEN_VERSION: Final = 6  # since LiveView 1.0: a client tells the dialect by it


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """A view within a view, or a page: where it is shown, and what it is given."""

    kind: type[Any]  # of LiveView
    id: str
    session: Mapping[str, Term]
    opening: str
    closing: str

    @property
    def html(self) -> str:
        """The element, still empty: the browser joins the child and fills it."""
        return f"{self.opening}{self.closing}"


def main_opening(
    signer: Signer,
    *,
    view_id: str,
    view: str,
    live_session: str,
    flash: Mapping[str, Term],
) -> str:
    """Return the start tag of the page's main view."""
    claims = _claims(view_id, view, parent=None, session={})
    claims[Atom("live_session_name")] = Atom(live_session)
    return (
        f'<div id="{view_id}" data-phx-main'
        f' data-phx-session="{_session(signer, claims)}"'
        f' data-phx-static="{_static(signer, view_id, flash)}">'
    )


def root_of(
    signer: Signer, kind: type[Any], *, dom_id: str, session: Mapping[str, Term]
) -> Child:
    """Return the place of a view in a controller's page: no route leads to it."""
    claims = _claims(dom_id, kind.view, parent=None, session=session)
    claims[Atom("router")] = None
    opening = (
        f'<div id="{dom_id}" data-phx-session="{_session(signer, claims)}"'
        f' data-phx-static="{_static(signer, dom_id, {})}">'
    )
    return Child(
        kind=kind, id=dom_id, session=session, opening=opening, closing="</div>"
    )


def child_of(
    signer: Signer,
    kind: type[Any],
    *,
    dom_id: str,
    parent_id: str,
    parent_pid: str | None,
    session: Mapping[str, Term],
    tag: str,
    attributes: str,
    sticky: bool,
) -> Child:
    """Return a child's place; `parent_pid` is None in a dead render, where nobody joins.

    A sticky child is its own root: its session is there at once and names no parent.
    """
    claims = _claims(dom_id, kind.view, parent=parent_pid, session=session)
    if sticky:
        claims[Atom("parent_pid")] = claims[Atom("root_pid")] = None
    alive = parent_pid is not None
    token = _session(signer, claims) if sticky or alive else ""
    static = "" if alive else _static(signer, dom_id, {})
    role = "data-phx-sticky" if sticky else f'data-phx-parent-id="{parent_id}"'
    opening = (
        f'<{tag} id="{dom_id}" data-phx-session="{token}" data-phx-static="{static}"'
        f" {role}{attributes}>"
    )
    return Child(
        kind=kind, id=dom_id, session=session, opening=opening, closing=f"</{tag}>"
    )


def _claims(
    view_id: str, view: str, *, parent: str | None, session: Mapping[str, Term]
) -> dict[str, Term]:
    name = Atom(f"Elixir.{view}")
    return {
        Atom("id"): view_id,
        Atom("parent_pid"): parent,
        Atom("root_pid"): parent,
        Atom("root_view"): name,
        Atom("router"): Atom("Elixir.Roost.Router"),
        Atom("session"): dict(session),
        Atom("view"): name,
    }


def _session(signer: Signer, claims: dict[str, Term]) -> str:
    return signer.sign(SESSION_SALT, (TOKEN_VERSION, claims))


def _static(signer: Signer, view_id: str, flash: Mapping[str, Term]) -> str:
    static: dict[str, Term] = {
        Atom("assign_new"): (),
        Atom("flash"): dict(flash),
        Atom("id"): view_id,
    }
    return signer.sign(STATIC_SALT, (TOKEN_VERSION, static))
