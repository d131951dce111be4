"""A worker's part in a load test: it leads it, or follows the worker that does.

The lead goes through pytest's own protocol, so that the test is one test in every output.
A follower serves in the main thread until it is released and makes no report, whatever
happens to it; if it does not end after its release, it ends its process. Without a role,
because the session ends, a load test is skipped without a report. Only `tear_down_after` looks
into pytest's private bookkeeping of fixtures.
"""

from __future__ import annotations

import os
import sys
import threading
import traceback
from concurrent.futures import Future
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import pytest

from pytest_liveview_load.xdist.controller import (
    CONTROL_CHANNEL,
    RUN_CHANNEL,
    AssignedRole,
    FollowerFailed,
    FollowerStuck,
    LoadTestsCollected,
    Released,
    pack,
    unpack,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_liveview_load.distribution.link import ExecnetChannel


END_WITHIN: Final = 15.0  # seconds after its release in which a follower has to end


class Assignment:
    """What this worker was told to do in one run.

    `release` is done once a follower's part is over, be it that the controller is gone.
    """

    def __init__(self, role: AssignedRole) -> None:
        self.role = role
        self.release: Future[None] = Future()
        self.is_taken = False
        self.is_over = False


def serve(link: ExecnetChannel, release: Future[None]) -> None:
    """Serve the lead's run over `link`, in the main thread, until released."""
    from pytest_liveview_load.distribution.runner import (  # noqa: PLC0415
        serve_channel,
    )

    serve_channel(link, release)


class LoadTestWorker:
    """Owns this worker's assignment. Messages come in another thread than the tests run in."""

    def __init__(self, workerinput: Mapping[str, Any], marker: str) -> None:
        self.marker = marker  # of a load test
        self.link: ExecnetChannel = workerinput[RUN_CHANNEL]
        self.serve = serve
        self._control: ExecnetChannel = workerinput[CONTROL_CHANNEL]
        self._assignment: Assignment | None = None
        self._is_cut_off = False
        self._control.setcallback(self._on_message, None)

    def follows(self, item: pytest.Item) -> bool:
        """Whether this worker only follows when it is `item`'s turn."""
        assignment = self._assignment
        return (
            assignment is not None
            and not assignment.role.leads
            and item.session.items[assignment.role.place] is item
        )

    @property
    def leads(self) -> bool:
        """Whether the test that runs now has followers, or could have."""
        return self._assignment is not None and self._assignment.role.leads

    # In the thread that receives

    def _on_message(self, data: bytes | None) -> None:
        assignment = self._assignment
        match unpack(data) if data is not None else None:
            case AssignedRole() as role:
                self._assignment = Assignment(role)
            case Released(number):
                if assignment is not None and assignment.role.number == number:
                    self._release(assignment)
            case None:
                self._is_cut_off = True
                if assignment is not None:
                    self._release(assignment)

    def _release(self, assignment: Assignment) -> None:
        if not assignment.release.done():
            assignment.release.set_result(None)
        if assignment.is_taken and not assignment.is_over and not assignment.role.leads:
            late = threading.Timer(END_WITHIN, self._end_if_stuck, [assignment])
            late.daemon = True
            late.start()

    def _end_if_stuck(self, assignment: Assignment) -> None:
        """End this process if `assignment` is not over: the next load test waits for it."""
        if assignment.is_over:
            return
        main = sys._current_frames()[threading.main_thread().ident or 0]  # noqa: SLF001
        last = traceback.extract_stack(main)[-1]
        where = f"{last.filename}:{last.lineno} in {last.name}"
        with suppress(OSError):
            self._control.send(pack(FollowerStuck(where)))
        os._exit(1)

    # In the main thread

    @pytest.hookimpl(tryfirst=True)  # before xdist sends what was collected
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Tell the controller which tests are load tests."""
        places = [
            place
            for place, item in enumerate(session.items)
            if item.get_closest_marker(self.marker) is not None
        ]
        self._control.send(pack(LoadTestsCollected(tuple(places))))

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(
        self, item: pytest.Item, nextitem: pytest.Item | None
    ) -> bool | None:
        """Lead, follow or pass over a load test; leave other tests to pytest."""
        if item.get_closest_marker(self.marker) is None:
            return None
        assignment = self._assignment_for(item)
        if assignment is not None and assignment.role.leads:
            return None
        if assignment is not None:
            self._follow(assignment)
        tear_down_after(item, nextitem)
        return True

    def _assignment_for(self, item: pytest.Item) -> Assignment | None:
        assignment = self._assignment
        if assignment is None or assignment.is_taken or self._is_cut_off:
            return None
        if item.session.items[assignment.role.place] is not item:
            return None
        assignment.is_taken = True
        return assignment

    def _follow(self, assignment: Assignment) -> None:
        try:
            self.serve(self.link, assignment.release)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 (the next test is innocent)
            self._report_failure(assignment.role.number, error)
        finally:
            assignment.is_over = True

    def _report_failure(self, number: int, error: BaseException) -> None:
        why = "".join(pytest.ExceptionInfo.from_exception(error).exconly())
        with suppress(OSError):  # the controller may be gone
            self._control.send(pack(FollowerFailed(number, why)))


def tear_down_after(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """Tear down what `nextitem` does not need, as pytest would after running `item`.

    What fails there is reported with `item`, as pytest does it.
    """
    # pytest-rerunfailures needs this too: there is no public way. The hook for teardown
    # is none, for plugins expect there what they did in setup.
    state = item.session._setupstate  # noqa: SLF001
    call = pytest.CallInfo.from_call(
        lambda: state.teardown_exact(nextitem),
        when="teardown",
        reraise=(pytest.exit.Exception, KeyboardInterrupt),
    )
    if call.excinfo is not None:
        report = pytest.TestReport.from_item_and_call(item, call)
        item.ihook.pytest_runtest_logreport(report=report)


def register_worker(config: pytest.Config, marker: str) -> LoadTestWorker | None:
    """Let this process take part in load tests, if it is a worker of a controller's."""
    workerinput = getattr(config, "workerinput", {})
    if CONTROL_CHANNEL not in workerinput:
        return None
    worker = LoadTestWorker(workerinput, marker)
    config.pluginmanager.register(worker, "liveview_load_worker")
    return worker
