"""The wire's one-letter keys, events and topics, spelled once, with Phoenix's names.

Law of this file: a key that Phoenix puts on the wire is written here and nowhere else;
the rest of the package uses the name (as LiveView's constants.ts and phoenix's
constants.js do).
"""

from typing import Final

# Rendered trees and diffs (LiveView's constants.ts).
STATIC: Final = "s"
DYNAMICS: Final = "d"  # comprehensions before 1.1
COMPONENTS: Final = "c"
TEMPLATES: Final = "p"
ROOT: Final = "r"  # inside a tree: this subtree has one root element
REPLY: Final = "r"  # at the top of a diff: the reply to a hook's pushEvent
EVENTS: Final = "e"
TITLE: Final = "t"
STREAM: Final = "stream"
KEYED: Final = "k"
KEYED_COUNT: Final = "kc"
KEYED_MOVED: Final = "km"

# Attributes that the client writes into what it renders.
PHX_COMPONENT: Final = "data-phx-component"
PHX_VIEW_REF: Final = "data-phx-view"
PHX_STREAM_REF: Final = "data-phx-stream"
PHX_UPDATE: Final = "phx-update"

# Channel events (phoenix's constants.js).
PHX_JOIN: Final = "phx_join"
PHX_LEAVE: Final = "phx_leave"
PHX_REPLY: Final = "phx_reply"
PHX_ERROR: Final = "phx_error"
PHX_CLOSE: Final = "phx_close"
HEARTBEAT: Final = "heartbeat"

# Topics: each view has "lv:" + its element's id, each uploaded file "lvu:" + its ref.
TOPIC_PHOENIX: Final = "phoenix"
TOPIC_LIVEVIEW: Final = "lv:"
TOPIC_UPLOAD: Final = "lvu:"

# Events of a view's channel (LiveView's view.ts).
EVENT: Final = "event"
DIFF: Final = "diff"
LIVE_PATCH: Final = "live_patch"
LIVE_REDIRECT: Final = "live_redirect"
REDIRECT: Final = "redirect"
CIDS_WILL_DESTROY: Final = "cids_will_destroy"
CIDS_DESTROYED: Final = "cids_destroyed"
ALLOW_UPLOAD: Final = "allow_upload"
PROGRESS: Final = "progress"

# Events and keys of an upload's channel (LiveView's entry_uploader.js).
CHUNK: Final = "chunk"
TOKEN: Final = "token"
UPLOADER: Final = "uploader"  # in an entry's meta: who takes it, if not the channel

STATUS_OK: Final = "ok"
