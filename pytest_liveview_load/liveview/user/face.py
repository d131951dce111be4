"""What every group of a live user's verbs stands on: the tab, the page, a step.

Law: nothing here acts. The groups (going, doing, reading …) hold no state of their own;
`LiveUser` puts them together.
"""

from pytest_liveview_load.errors import StepError
from pytest_liveview_load.liveview.client.network import Network
from pytest_liveview_load.liveview.client.tab import Step, Tab
from pytest_liveview_load.liveview.observer import Observer
from pytest_liveview_load.liveview.page.document import Document
from pytest_liveview_load.units import parse_duration


class Face:
    """One browser tab, as the verbs of a test see it."""

    __slots__ = ("_network", "_observer", "_tab")

    def __init__(self, network: Network, observer: Observer, tab: Tab) -> None:
        self._network = network
        self._observer = observer
        self._tab = tab

    def _step(self, name: str, timeout: str | float | None) -> Step:
        return Step(name, self._patience(timeout))

    def _patience(self, timeout: str | float | None) -> float:
        if timeout is None:
            return self._network.settings.timeout
        return parse_duration(timeout)

    def _document(self) -> Document:
        page = self._tab.page
        if page is None:
            told = "no page is open: call `await live.visit(path)` first"
            raise StepError(told)
        return page.visible_document()
