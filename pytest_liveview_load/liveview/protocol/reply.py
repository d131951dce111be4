"""What a LiveView channel's replies and pushes say, decoded only as deep as needed.

Law of this file: trees and diffs stay raw JSON; a field that is absent is None.
"""

import re
from typing import Final
from urllib.parse import urlsplit

import msgspec

from pytest_liveview_load.errors import ProtocolError
from pytest_liveview_load.liveview.protocol.wire import quoted

_ABSENT = msgspec.Raw(b"")

# What a cookie may hold (RFC 6265 section 4.1.1): a flash travels in one.
_COOKIE_VALUE: Final = re.compile(r"[!#-+\--:<-\[\]-~]*")


class Redirect(msgspec.Struct, frozen=True):
    """Where the server sends the person: `live_redirect`, `live_patch`, `redirect`."""

    to: str
    kind: str = "push"
    flash: str | None = None
    status: int | None = None

    def __post_init__(self) -> None:
        """Refuse what nobody could follow, while the frame can still be quoted."""
        _ = urlsplit(self.to).port  # both raise ValueError, as `new URL` throws
        if self.flash is not None and not _COOKIE_VALUE.fullmatch(self.flash):
            raise ValueError(f"no cookie can hold the flash {self.flash[:80]!r}")


class LiveReply(msgspec.Struct, frozen=True):
    """A reply of a view's channel: to a join, an event, a live_patch."""

    rendered_json: msgspec.Raw = msgspec.field(default=_ABSENT, name="rendered")
    diff_json: msgspec.Raw = msgspec.field(default=_ABSENT, name="diff")
    liveview_version: str | None = None
    container: tuple[str, dict[str, str]] | None = None
    live_patch: Redirect | None = None
    live_redirect: Redirect | None = None
    redirect: Redirect | None = None
    link_redirect: bool = False
    reason: str | None = None
    cids: list[int] | None = None

    @property
    def rendered(self) -> bytes | None:
        """The JSON of a join's rendered tree."""
        return bytes(self.rendered_json) or None

    @property
    def diff(self) -> bytes | None:
        """The JSON of the diff."""
        return bytes(self.diff_json) or None


_live_replies = msgspec.json.Decoder(LiveReply)
_redirects = msgspec.json.Decoder(Redirect)


def parse_reply(response: msgspec.Raw | bytes) -> LiveReply:
    """Return what a reply's response says. Raises ProtocolError, quoting it."""
    try:
        return _live_replies.decode(response)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise ProtocolError(
            f"not a LiveView reply ({error})", quoted(bytes(response))
        ) from None


def parse_redirect(payload: msgspec.Raw | bytes) -> Redirect:
    """Return what a pushed `live_patch`, `live_redirect` or `redirect` says.

    Raises ProtocolError, quoting it.
    """
    try:
        return _redirects.decode(payload)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise ProtocolError(
            f"not a redirect ({error})", quoted(bytes(payload))
        ) from None
