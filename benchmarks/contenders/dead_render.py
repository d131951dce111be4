"""What a hand-written script reads out of the page to join its view.

Contenders that know nothing of LiveView join with this; ours has its own.
"""

import json
import re
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

_CSRF: Final = re.compile(r'name="csrf-token" content="([^"]+)"')
_VIEW: Final = re.compile(
    r'id="(phx-[^"]+)"[^>]*data-phx-session="([^"]+)"[^>]*data-phx-static="([^"]+)"'
)


class Dead(NamedTuple):
    """What the join needs of one dead render."""

    url: str
    csrf: str
    view: str
    session: str
    static: str

    @classmethod
    def read(cls, url: str, html: str) -> "Dead":
        csrf, view = _CSRF.search(html), _VIEW.search(html)
        assert csrf is not None, html
        assert view is not None, html
        return cls(url, csrf[1], *view.groups())

    @property
    def socket_url(self) -> str:
        base = self.url.replace("http", "ws", 1).rsplit("/", 1)[0]
        query = urlencode({"_csrf_token": self.csrf, "_mounts": 0, "vsn": "2.0.0"})
        return f"{base}/live/websocket?{query}"

    def join(self) -> str:
        params = {"_csrf_token": self.csrf, "_mounts": 0}
        payload = {
            "url": self.url,
            "params": params,
            "session": self.session,
            "static": self.static,
        }
        return json.dumps(["1", "1", f"lv:{self.view}", "phx_join", payload])

    def increment(self, ref: int) -> str:
        payload = {
            "type": "click",
            "event": "inc",
            "value": {"by": "1", "from": "plain", "value": ""},
        }
        return json.dumps(["1", str(ref), f"lv:{self.view}", "event", payload])

    def leave(self, ref: int) -> str:
        return json.dumps(["1", str(ref), f"lv:{self.view}", "phx_leave", {}])


def check(text: str | bytes, ref: int) -> dict[str, Any]:
    """Return the response of a reply; fails when it is not the answer to `ref`."""
    _, replied, _, event, payload = json.loads(text)
    assert (str(ref), "phx_reply", "ok") == (replied, event, payload["status"])
    response: dict[str, Any] = payload["response"]
    return response
