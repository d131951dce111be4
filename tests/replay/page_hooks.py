"""The hooks of the recorded pages' own JavaScript, as Python classes.

They push what the page's script pushed, when it did, and nothing else.
"""

from typing import Any, Final

from pytest_liveview_load.liveview.client.hooks import Hook


class Echo(Hook):
    """Pings when it is clicked; the time it tells is not compared."""

    def dispatched(self, event: str, detail: Any) -> None:
        if event == "click":
            self.push_event("ping", {"at": 0})


class CompEcho(Hook):
    """Pushes to the component that it is in."""

    def dispatched(self, event: str, detail: Any) -> None:
        if event == "click":
            self.push_event("comp_echo", {"x": 1}, to=f"#{self.id}")


class Colocated(Hook):
    """The colocated runtime hook of the portal page."""

    def mounted(self) -> None:
        self.push_event("colo", {"at": "mounted"})


PAGE_HOOKS: Final[dict[str, type[Hook]]] = {
    "CompEcho": CompEcho,
    "Echo": Echo,
    "Roost.PortalLive.Colo": Colocated,
}
