"""A worker as the user's scheduler sees it: one that has no load tests.

Law: the scheduler's indices count ordinary tests only, xdist's count all; they are turned
into each other here and nowhere else. What the scheduler calls a shutdown means that it
has no more for this worker, which goes on to load tests.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence


class OrdinaryNode:
    """Stands in for xdist's `WorkerController`, and is it in all but what follows.

    `ids` is the worker's collection, `loads` are the indices of load tests in it.
    `on_sent` is called with the number of tests before they are sent.
    """

    def __init__(
        self,
        node: Any,
        ids: Sequence[str],
        loads: Sequence[int],
        on_sent: Callable[[int], None],
    ) -> None:
        self.node = node
        self.loads = tuple(loads)
        self.load_ids = [ids[each] for each in loads]
        self.is_drained = False
        self._on_sent = on_sent
        load_tests = set(loads)
        self._real = [each for each in range(len(ids)) if each not in load_tests]
        self._ordinary = {real: index for index, real in enumerate(self._real)}
        self.collection = [ids[each] for each in self._real]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.node, name)

    def ordinary(self, real: Iterable[int]) -> list[int]:
        """Return the scheduler's indices of tests that xdist knows as `real`."""
        return [self._ordinary[each] for each in real]

    # What schedulers call

    @property
    def shutting_down(self) -> bool:
        """Whether the scheduler has no more for this worker, or the session ends."""
        return self.is_drained or bool(self.node.shutting_down)

    def shutdown(self) -> None:
        """Take note that the scheduler has no more for this worker."""
        self.is_drained = True

    def send_runtest_some(self, indices: Sequence[int]) -> None:
        """Send the worker some ordinary tests."""
        self._on_sent(len(indices))
        self.node.send_runtest_some([self._real[each] for each in indices])

    def send_runtest_all(self) -> None:
        """Send the worker all ordinary tests."""
        self.send_runtest_some(range(len(self._real)))

    def send_steal(self, indices: Sequence[int]) -> None:
        """Ask the worker for some ordinary tests back."""
        self.node.send_steal([self._real[each] for each in indices])
