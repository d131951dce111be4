"""The progress of a test's runs in one line, a part for each that goes on.

Law: who watches sees no word of a run that is over.
"""

from collections.abc import Callable
from typing import Final, Protocol

from pytest_liveview_load.crowd.plan import Order
from pytest_liveview_load.crowd.progress import Progress
from pytest_liveview_load.reporting.progress import ProgressLine

BETWEEN_LINES: Final = " | "  # of runs at the same time


class Display(Protocol):
    """Where a person sees how the runs are doing."""

    def show(self, line: str) -> None:
        """Show a line in place of the one before."""

    def clear(self) -> None:
        """Show none."""


class RunLines:
    """Owns the lines, by the names of the runs; `display` is None where nobody watches."""

    def __init__(self, display: Display | None) -> None:
        self.display = display
        self.lines: dict[str, str] = {}

    def shown(self, name: str, order: Order) -> Callable[[Progress], None] | None:
        """Return what shows the progress of a run, None where nobody watches."""
        display = self.display
        if display is None:
            return None
        assert order.cast is not None
        line = ProgressLine(name or order.cast.name, order.profile)

        def show(progress: Progress) -> None:
            self.lines[name] = line.text(progress)
            display.show(BETWEEN_LINES.join(self.lines.values()))

        return show

    def drop(self, name: str) -> None:
        """Forget a run; those that go on are shown again when they say something."""
        self.lines.pop(name, None)
        if self.display is not None:
            self.display.clear()
