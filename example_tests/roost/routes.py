"""Which path belongs to which view.

Law of this file: a path is looked up here for the dead render, for a join and for a patch
alike, so that the three cannot disagree.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from roost.dialect import Dialect
from roost.liveview import LiveView
from roost.pages.async_results import AsyncLive
from roost.pages.chat import ChatLive
from roost.pages.click_away_portal import ClickAwayPortalLive
from roost.pages.connect_params import ConnectParamsLive
from roost.pages.counter import CounterLive
from roost.pages.crash import CrashLive
from roost.pages.faults import FaultsLive
from roost.pages.fields import FieldsLive
from roost.pages.form import FormLive
from roost.pages.fragile import FragileChildLive, FragileLive
from roost.pages.function_components import FunctionComponentsLive
from roost.pages.hooked import HookedLive
from roost.pages.hooks import HooksLive
from roost.pages.hops import HopsLive
from roost.pages.inner_streams import InnerStreamsLive
from roost.pages.keyed import KeyedLive
from roost.pages.live_components import LiveComponentsLive
from roost.pages.nav_a import NavALive
from roost.pages.nav_b import NavBLive
from roost.pages.nested import ChildLive, NestedLive, NestedTwoLive, StickyLive
from roost.pages.other import OtherLive
from roost.pages.portal import PortalLive
from roost.pages.secret import SecretLive
from roost.pages.stream_async import StreamAsyncLive
from roost.pages.streams import StreamsLive
from roost.pages.ticker import TickerLive
from roost.pages.upload import UploadLive
from roost.web import path_and_query

LIVE: dict[str, type[LiveView]] = {
    "/counter": CounterLive,
    "/connect_params": ConnectParamsLive,
    "/function_components": FunctionComponentsLive,
    "/live_components": LiveComponentsLive,
    "/form": FormLive,
    "/fields": FieldsLive,
    "/streams": StreamsLive,
    "/inner_streams": InnerStreamsLive,
    "/keyed": KeyedLive,
    "/ticker": TickerLive,
    "/chat": ChatLive,
    "/async": AsyncLive,
    "/stream_async": StreamAsyncLive,
    "/nested": NestedLive,
    "/nested/two": NestedTwoLive,
    "/hooks": HooksLive,
    "/hooked": HookedLive,
    "/click_away_portal": ClickAwayPortalLive,
    "/portal": PortalLive,
    "/upload": UploadLive,
    "/faults": FaultsLive,
    "/fragile": FragileLive,
    "/nav/a": NavALive,
    "/nav/b": NavBLive,
    "/nav/b/:item": NavBLive,
    "/hops": HopsLive,
    "/other": OtherLive,
    "/crash": CrashLive,
    "/secret": SecretLive,
}


# Views that live within other views.
EMBEDDED: dict[str, type[LiveView]] = {
    kind.view: kind for kind in (ChildLive, FragileChildLive, StickyLive)
}


@dataclass(frozen=True, slots=True)
class Route:
    """A view and the parameters of its URL, those of the path included."""

    view: type[LiveView]
    params: dict[str, str]


def route_of(url: str, dialect: Dialect) -> Route | None:
    """Return the live route of a path or URL, or None where the dialect lacks it."""
    path, params = path_and_query(url)
    if path in dialect.lacks:
        return None
    if (view := LIVE.get(path)) is not None:
        return Route(view, params)
    segments = path.split("/")
    for pattern, view in LIVE.items():
        bound = _bind(pattern.split("/"), segments)
        if bound is not None:
            return Route(view, params | bound)
    return None


def child_of(claims: Mapping[str, Any]) -> type[LiveView] | None:
    """Return the view within a view that a session token names, or None."""
    return EMBEDDED.get(claims["view"].removeprefix("Elixir."))


def _bind(pattern: list[str], segments: list[str]) -> dict[str, str] | None:
    if len(pattern) != len(segments):
        return None
    bound: dict[str, str] = {}
    for name, segment in zip(pattern, segments, strict=True):
        if name.startswith(":"):
            bound[name[1:]] = segment
        elif name != segment:
            return None
    return bound
