"""The words of the Phoenix and LiveView wire, each spelled once.

Law of this file: a key or event name that a client reads or writes is a constant here, with
the name that Phoenix's own sources (`constants.ts`, `channel.js`) give it.
"""

from typing import Final

# Trees and diffs, as constants.ts (`d`: as 1.0's constants.js)
STATIC: Final = "s"
ROOT: Final = "r"
COMPONENTS: Final = "c"
TEMPLATES: Final = "p"
DYNAMICS: Final = "d"
KEYED: Final = "k"
KEYED_COUNT: Final = "kc"
KEYED_MOVED: Final = "km"
STREAM: Final = "stream"
EVENTS: Final = "e"
REPLY: Final = "r"
TITLE: Final = "t"

# Channels, as phoenix/constants.js
JOIN: Final = "phx_join"
LEAVE: Final = "phx_leave"
PHX_REPLY: Final = "phx_reply"
ERROR: Final = "phx_error"
CLOSE: Final = "phx_close"
HEARTBEAT: Final = "heartbeat"
PHOENIX: Final = "phoenix"

# What a LiveView pushes and is pushed
EVENT: Final = "event"
DIFF: Final = "diff"
LIVE_PATCH: Final = "live_patch"
LIVE_REDIRECT: Final = "live_redirect"
REDIRECT: Final = "redirect"
CIDS_WILL_DESTROY: Final = "cids_will_destroy"
CIDS_DESTROYED: Final = "cids_destroyed"
ALLOW_UPLOAD: Final = "allow_upload"
PROGRESS: Final = "progress"
CLEAR_FLASH: Final = "lv:clear-flash"
