"""What differs between LiveView's versions, in one place.

Nobody else asks for a version number; they ask a `Dialect` whether it
does this or that. Each difference names the release of the JS client that brought it.
"""

import base64
import binascii
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import ClassVar, Final
from urllib.parse import quote, urlsplit

import msgspec

VSN: Final = "2.0.0"  # of Phoenix's serializer, not of LiveView

# encodeURIComponent leaves these beside letters, digits and _.-~ (which quote leaves).
_UNESCAPED: Final = "!*'()"

_SESSION_VERSION: Final = re.compile(rb"\x83(?:h\x03)?h\x02a(.)", re.DOTALL)
_VERSION: Final = re.compile(r"([0-9]{1,9})\.([0-9]{1,9})(?:\.([0-9]{1,9}))?")


# Compared by identity: one object a dialect, hashed at every click.
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Dialect:
    """What one range of LiveView releases says and does on the wire and in the DOM.

    The defaults are what the oldest, 0.20.1, does.
    """

    name: str

    # What the client sends.
    sends_mount_attempts: bool = False  # 1.0: `_mount_attempts`, of failed joins
    sends_sticky: bool = False  # 1.0: `sticky` closes the join payload
    sends_null_flash: bool = True  # until 1.1: a rejoin says `"flash": null`
    links_null_flash: bool = False  # 1.0 and 1.1: so does the join that a link leads to
    sticky_url: bool = True  # 0.20 sends a sticky child's `url`; 1.0 refuses one
    target_in_value: bool = True  # 0.20: a form's `_target`; later in `meta`
    sends_unused: bool = False  # 1.0: `_unused_` names before fields nobody touched
    knows_no_unused: bool = False  # 1.2: `phx-no-unused-field` asks for none of them
    submitter_last: bool = True  # until 0.20.1: a submitter's value follows all others
    numbers_empty_files: bool = True  # until 1.2: an empty file takes a ref too
    bare_upload_reason: bool = False  # 1.1: a refused upload tells the bare reason
    listens_again: bool = False  # 1.2: a connect after a disconnect takes a ref
    # 1.0: a join marks the page's first entry of the history, and each knows how it was left.
    marks_history: bool = False
    scroll_kind: str = "hook"  # "js" from 1.1: the type of phx-viewport-* events

    # What the client renders and patches.
    span_components: bool = True  # until 0.20.1: a component's marks are set on the DOM
    view_ref: bool = False  # 1.1: components name their view (`data-phx-view`)
    resets_in_place: bool = True  # until 0.20.1: what comes again stays in place
    streams_before_others: bool = False  # 1.0: items go before foreign children
    limit_zero_empties: bool = False  # 1.2: a stream's limit 0 is a limit
    renews_sticky: bool = False  # 1.0: a patch gives a sticky view its new tokens

    # What the tab is called after a mount that says nothing of that.
    mount_resets_title: bool = False  # 1.0: the page's default title, if it has one
    any_mount_resets_title: bool = False  # 1.0 alone: not only the main view's

    skips_in_lists: bool = False  # 1.1: a patch leaves alone what stays in a `for` too
    # 1.0.17 to 1.1.2: recovery sends what is in a fieldset with it, and once more alone.
    recovers_fieldsets_twice: bool = False

    # What it shows, and remembers, of what a person does.
    awaits_in_parts: bool = False  # 1.0: an element is loading, locked, or both
    navigation_loads: bool = False  # 1.0: what was clicked to go elsewhere shows it
    stacks_focus: bool = False  # 1.0: JS.push_focus remembers more than the last
    awaits_selects: bool = True  # until 1.2: with a form that is submitted

    V0_20_1: ClassVar["Dialect"]
    V0_20: ClassVar["Dialect"]
    V1_0: ClassVar["Dialect"]
    V1_0_17: ClassVar["Dialect"]
    V1_1_0: ClassVar["Dialect"]
    V1_1: ClassVar["Dialect"]
    V1_2: ClassVar["Dialect"]

    @classmethod
    def of_version(cls, version: str) -> "Dialect":
        """Return the dialect of a LiveView release ("1.2.10").

        What is newer than the newest known speaks the newest; what is older than the
        oldest, or no version at all, the oldest or the newest in turn.
        """
        match = _VERSION.match(version)
        if match is None:
            return NEWEST
        release = tuple(int(part or 0) for part in match.groups())
        for since, dialect in reversed(_SINCE):
            if release >= since:
                return dialect
        return _SINCE[0][1]

    @classmethod
    def of_session(cls, token: str) -> "Dialect | None":
        """Return what the signed `data-phx-session` tells, else None.

        Its middle part is Erlang's external term format, `{{version, view}, signed_at,
        max_age}`, or older `{version, view}`: the version is 5 in 0.20 and 6 from 1.0 on.
        (Which release of the latter stays unknown until the join's reply; the newest is
        named, since what their clients send is the same.)
        """
        parts = token.split(".")
        middle = parts[1] if len(parts) == 3 else ""
        try:
            head = base64.urlsafe_b64decode(middle[:12])
        except (binascii.Error, ValueError):
            return None
        match = _SESSION_VERSION.match(head)
        if match is None:
            return None
        return cls.V0_20 if match[1][0] <= 5 else NEWEST

    def connect_params(
        self,
        *,
        track_static: Sequence[str] = (),
        mounts: int = 0,
        mount_attempts: int = 0,
        live_referer: str | None = None,
    ) -> dict[str, object]:
        """Return what a view adds to a join's `params`, as view.ts connectParams."""
        params: dict[str, object] = {}
        if track_static:
            params["_track_static"] = list(track_static)
        params["_mounts"] = mounts
        if self.sends_mount_attempts:
            params["_mount_attempts"] = mount_attempts
        if live_referer is not None:
            params["_live_referer"] = live_referer
        return params

    def join_payload(
        self,
        *,
        session: str,
        static: str | None,
        params: dict[str, object],
        url: str | None = None,
        redirect: str | None = None,
        flash: str | msgspec.UnsetType | None = msgspec.UNSET,
        sticky: bool = False,
    ) -> dict[str, object]:
        """Return the payload of `phx_join`, in the order of view.ts.

        `url` is the page's on a first join or a rejoin, `redirect` the new one on a
        live navigation; a nested child has neither. `flash` is what a redirect carried;
        None on a rejoin. An empty `static` is sent as null.
        """
        payload: dict[str, object] = {}
        if redirect is not None:
            payload["redirect"] = redirect
        elif url is not None and (not sticky or self.sticky_url):
            payload["url"] = url
        payload |= {"params": params, "session": session, "static": static or None}
        if isinstance(flash, str) or (flash is None and self.sends_null_flash):
            payload["flash"] = flash
        if self.sends_sticky:
            payload["sticky"] = sticky
        return payload


def websocket_url(
    page_url: str, params: Mapping[str, object], path: str = "/live"
) -> str:
    """Return the URL of the websocket of the page at `page_url`."""
    page = urlsplit(page_url)
    scheme = "wss" if page.scheme == "https" else "ws"
    parts = (_serialize(params), _serialize({"vsn": VSN}))
    query = "&".join(parts if params else parts[1:])
    return f"{scheme}://{page.netloc}{path.rstrip('/')}/websocket?{query}"


def _serialize(params: Mapping[str, object], within: str = "") -> str:
    """Return `params` as phoenix's ajax.js serialize writes them.

    Lists are indexed; of null and what is empty nothing stays but the "&" around it.
    """
    parts = []
    for key, value in params.items():
        name = f"{within}[{key}]" if within else key
        if value is None:
            parts.append("")
        elif isinstance(value, Mapping):
            parts.append(_serialize(value, name))
        elif isinstance(value, list | tuple):
            items = {str(index): item for index, item in enumerate(value)}
            parts.append(_serialize(items, name))
        else:
            text = value if isinstance(value, str) else json.dumps(value)
            parts.append(f"{_escape(name)}={_escape(text)}")
    return "&".join(parts)


@lru_cache(maxsize=256)  # the same static files on every page of an app
def _escape(text: str) -> str:
    return quote(text, safe=_UNESCAPED)


# The dialects, oldest first; each says what changed since the one before.

Dialect.V0_20_1 = Dialect(name="0.20.1")
Dialect.V0_20 = replace(
    Dialect.V0_20_1,
    name="0.20",
    submitter_last=False,
    span_components=False,
    resets_in_place=False,
)
Dialect.V1_0 = replace(
    Dialect.V0_20,
    name="1.0",
    sends_mount_attempts=True,
    sends_sticky=True,
    links_null_flash=True,
    sticky_url=False,
    target_in_value=False,
    sends_unused=True,
    streams_before_others=True,
    renews_sticky=True,
    mount_resets_title=True,
    any_mount_resets_title=True,
    awaits_in_parts=True,
    navigation_loads=True,
    marks_history=True,
    stacks_focus=True,
)
Dialect.V1_0_17 = replace(Dialect.V1_0, name="1.0.17", recovers_fieldsets_twice=True)
Dialect.V1_1 = replace(
    Dialect.V1_0,
    name="1.1",
    skips_in_lists=True,
    view_ref=True,
    bare_upload_reason=True,
    scroll_kind="js",
    any_mount_resets_title=False,
)
Dialect.V1_1_0 = replace(Dialect.V1_1, name="1.1.0", recovers_fieldsets_twice=True)
Dialect.V1_2 = replace(
    Dialect.V1_1,
    name="1.2",
    sends_null_flash=False,
    links_null_flash=False,
    knows_no_unused=True,
    numbers_empty_files=False,
    listens_again=True,
    limit_zero_empties=True,
    awaits_selects=False,
)

NEWEST: Final = Dialect.V1_2

_SINCE: Final = (
    ((0, 0, 0), Dialect.V0_20_1),
    ((0, 20, 2), Dialect.V0_20),
    ((1, 0, 0), Dialect.V1_0),
    ((1, 0, 17), Dialect.V1_0_17),
    ((1, 1, 0), Dialect.V1_1_0),
    ((1, 1, 3), Dialect.V1_1),
    ((1, 2, 0), Dialect.V1_2),
)

# The releases whose real client was recorded, and whose recordings ours must equal.
HELD: Final = ("0.20.17", "1.0.19", "1.1.33", "1.2.10")


# What stands among an app's versions if its pages say that it is a development server: the
# frame of phoenix_live_reload, which is there where code is reloaded.
DEVELOPMENT: Final = "development"
LIVE_RELOAD_FRAME: Final = "/phoenix/live_reload/frame"


def is_held(version: str) -> bool:
    """Tell whether a release is of a minor version from the first held to the last."""
    return minor_of(HELD[0]) <= minor_of(version) <= minor_of(HELD[-1])


def minor_of(version: str) -> tuple[int, int]:
    """Return major and minor version, (0, 0) for what is none."""
    match = _VERSION.match(version)
    return (0, 0) if match is None else (int(match[1]), int(match[2]))
