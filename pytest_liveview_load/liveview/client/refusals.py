"""Why there is no socket, in words: what an answer instead of one most often means."""

from collections.abc import Mapping
from typing import Final

from pytest_liveview_load.liveview.client.tls import printable_url

CHECK_ORIGIN: Final = (
    "most often the endpoint's check_origin, which has to allow {origin} (add it in the "
    "app's config, or use a url that is allowed), else connect/3 of its socket"
)
NO_UPGRADE: Final = (
    "most often a proxy in front of the app that does not pass the upgrade on (nginx: "
    "proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header "
    'Connection "upgrade")'
)
NO_APP: Final = (
    "what stands in front of the app does not reach it: is it up, and does it keep up?"
)
GUARD: Final = (
    "something in front of the app wants a user here: user:password@ in liveview_url, or "
    "a header in liveview_headers"
)
REDIRECT: Final = (
    "no browser follows a socket's redirect: most often a login in front of the app, or "
    "an address that leads to another (http to https), which liveview_url then has to name"
)
TOO_MANY: Final = "something in front of the app limits how many connect at once"

CAUSES: Final[Mapping[int, str]] = {
    **dict.fromkeys((301, 302, 303, 307, 308), REDIRECT),
    **dict.fromkeys((401, 407), GUARD),
    403: CHECK_ORIGIN,
    429: TOO_MANY,
    500: "the app failed: its log has the exception",
    **dict.fromkeys((502, 503, 504), NO_APP),
}
OF_WEBSOCKET: Final[Mapping[int, str]] = {
    **CAUSES,
    **dict.fromkeys((200, 400, 405, 426, 501), NO_UPGRADE),
    404: (
        'there is no LiveView socket at this path: is `socket "/live", '
        "Phoenix.LiveView.Socket` in the endpoint? liveview_socket has to be what app.js "
        'gives to `new LiveSocket("/live", …)`, from the host on'
    ),
}
OF_LONGPOLL: Final[Mapping[int, str]] = {
    **CAUSES,
    200: "what answers there is no long poll of Phoenix",
    404: (
        "there is no long poll at this path: is `longpoll: true` in the endpoint's "
        '`socket "/live", Phoenix.LiveView.Socket`? liveview_socket has to be what app.js '
        'gives to `new LiveSocket("/live", …)`, from the host on'
    ),
}

BY_CARRIER: Final = {"websocket": OF_WEBSOCKET, "long poll": OF_LONGPOLL}


# Of these the address is most often the cause, and all who come by it are refused.
AT_FAULT: Final = frozenset({403, 404})


def why_refused(carrier: str, status: int, *, origin: str, location: str = "") -> str:
    """Say what an answer of HTTP `status` means where a carrier was to begin."""
    to = f" to {printable_url(location)}" if location else ""
    told = f"the {carrier} was refused (HTTP {status}{to})"
    cause = BY_CARRIER[carrier].get(status)
    return told if cause is None else f"{told}: {cause.format(origin=origin)}"


WHY_NO_ANSWER: Final = (
    "is there a proxy that does not pass the upgrade on, or is the app too busy?"
)

# Of connections that are opened and closed again, one like the other.
UNHEARD: Final[Mapping[str, str]] = {
    "websocket": (
        "a proxy or firewall in between that lets no websocket live, or an app that is "
        "being stopped"
    ),
    "long poll": (
        "nodes of the app that do not know each other's sessions: where they are no "
        "cluster, a balancer has to send a session to one of them"
    ),
}


def why_unheard(carrier: str, times: int) -> str:
    """Say what it means that so many connections ended before anything came."""
    most_often = UNHEARD[carrier]
    return (
        f"{times} in a row ended before the server said anything, most often for "
        f"{most_often}"
    )
