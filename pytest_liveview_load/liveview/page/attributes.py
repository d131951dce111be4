"""The attribute names that LiveView and phoenix_html read from a page.

Law: an attribute is spelt here, with Phoenix's name, and nowhere else in `dom`.
"""

from typing import Final

# Views and components: as in constants.ts
PHX_SESSION: Final = "data-phx-session"
PHX_STATIC: Final = "data-phx-static"
PHX_MAIN: Final = "data-phx-main"
PHX_STICKY: Final = "data-phx-sticky"
PHX_PARENT_ID: Final = "data-phx-parent-id"
PHX_VIEW_NAME: Final = "data-phx-view"
PHX_COMPONENT: Final = "data-phx-component"
PHX_PORTAL: Final = "data-phx-portal"
PHX_TELEPORTED: Final = "data-phx-teleported"
PHX_TELEPORTED_SRC: Final = "data-phx-teleported-src"
PHX_TRACK_STATIC: Final = "phx-track-static"

# Live links
PHX_LIVE_LINK: Final = "data-phx-link"
PHX_LINK_STATE: Final = "data-phx-link-state"

# Bindings
PHX_CLICK: Final = "phx-click"
PHX_CLICK_AWAY: Final = "phx-click-away"
PHX_CHANGE: Final = "phx-change"
PHX_SUBMIT: Final = "phx-submit"
PHX_FOCUS: Final = "phx-focus"
PHX_BLUR: Final = "phx-blur"
PHX_MOUNTED: Final = "phx-mounted"
PHX_REMOVE: Final = "phx-remove"
PHX_CONNECTED: Final = "phx-connected"
PHX_DISCONNECTED: Final = "phx-disconnected"
PHX_KEY: Final = "phx-key"
PHX_VIEWPORT_TOP: Final = "phx-viewport-top"
PHX_VIEWPORT_BOTTOM: Final = "phx-viewport-bottom"
PHX_DEBOUNCE: Final = "phx-debounce"
PHX_THROTTLE: Final = "phx-throttle"
PHX_TARGET: Final = "phx-target"
PHX_VALUE_PREFIX: Final = "phx-value-"
PHX_TRIGGER_ACTION: Final = "phx-trigger-action"
PHX_NO_UNUSED_FIELD: Final = "phx-no-unused-field"

# File inputs of LiveView: refs of entries, joined by commas
PHX_UPLOAD_REF: Final = "data-phx-upload-ref"
PHX_ACTIVE_ENTRY_REFS: Final = "data-phx-active-refs"
PHX_PREFLIGHTED_REFS: Final = "data-phx-preflighted-refs"
PHX_DONE_REFS: Final = "data-phx-done-refs"
PHX_ERROR_REFS: Final = "data-phx-error-refs"
PHX_AUTO_UPLOAD: Final = "data-phx-auto-upload"
PHX_PROGRESS: Final = "phx-progress"
PHX_DROP_TARGET: Final = "phx-drop-target"
WEBKIT_DIRECTORY: Final = "webkitdirectory"

# What stands on an element while the reply to a push is awaited
PHX_REF_SRC: Final = "data-phx-ref-src"
PHX_REF_LOADING: Final = "data-phx-ref-loading"
PHX_REF_LOCK: Final = "data-phx-ref-lock"
PHX_REF: Final = "data-phx-ref"  # until 1.0, in place of the two before
PHX_DISABLED: Final = "data-phx-disabled"
PHX_READONLY: Final = "data-phx-readonly"
PHX_DISABLE_WITH: Final = "phx-disable-with"
PHX_DISABLE_WITH_RESTORE: Final = "data-phx-disable-with-restore"

# phoenix_html.js
DATA_METHOD: Final = "data-method"
DATA_TO: Final = "data-to"
DATA_CSRF: Final = "data-csrf"


def binding(event: str) -> str:
    """Return the attribute that binds `event` on an element ("keydown" → "phx-keydown")."""
    return f"phx-{event}"


def loading_class(kind: str) -> str:
    """Return the class of an element whose event of `kind` is not answered yet."""
    return f"phx-{kind}-loading"


def window_binding(event: str) -> str:
    """Return the attribute that binds `event` anywhere in the window."""
    return f"phx-window-{event}"
