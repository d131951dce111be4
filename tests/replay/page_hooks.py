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


class Listener(Hook):
    """Tells that it was clicked."""

    def tell(self, event: str) -> None:
        self.push_event(event, {"id": self.id})

    def dispatched(self, event: str, detail: Any) -> None:
        if event == "click":
            self.tell("heard")


class Teller(Listener):
    """Tells of all that happens to it."""

    def mounted(self) -> None:
        self.tell("mounted")

    def updated(self) -> None:
        self.tell("updated")

    def disconnected(self) -> None:
        self.tell("disconnected")

    def reconnected(self) -> None:
        self.tell("reconnected")


class Runs(Hook):
    """Runs the commands in its element when it is clicked."""

    def dispatched(self, event: str, detail: Any) -> None:
        if event == "click":
            self.exec_js(self.attr("data-run"))


class RunsAndTells(Runs):
    """Tells when the server has changed its element."""

    def updated(self) -> None:
        self.push_event("updated", {"id": self.id})


class Colocated(Hook):
    """The colocated runtime hook of the portal page."""

    def mounted(self) -> None:
        self.push_event("colo", {"at": "mounted"})


PAGE_HOOKS: Final[dict[str, type[Hook]]] = {
    "CompEcho": CompEcho,
    "Echo": Echo,
    "Listener": Listener,
    "Runs": Runs,
    "RunsAndTells": RunsAndTells,
    "Silent": Hook,
    "Teller": Teller,
    "Roost.PortalLive.Colo": Colocated,
}
