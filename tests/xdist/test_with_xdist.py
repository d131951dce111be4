"""What the schedule rests on and xdist does not promise: these fail when xdist changes."""

import inspect

import pytest
from xdist.dsession import DSession
from xdist.scheduler.protocol import Scheduling
from xdist.workermanage import WorkerController

from pytest_liveview_load.xdist.scheduler import LoadTestScheduler, OrdinaryNode
from tests.xdist.xdist_suite import XdistSuite, schedule

__all__ = ["schedule"]


def test_a_worker_starts_a_test_once_it_knows_the_next_or_that_there_is_none(
    schedule: XdistSuite,
) -> None:
    schedule.plugins = ["xdist.plugin"]
    schedule.ini("[pytest]")
    schedule.conftest("""
        import sys
        import threading
        import traceback

        class OneByOne:
            "Sends the next test only when the worker waits for it."

            collection_is_completed = True
            has_pending = True
            tests_finished = False

            def __init__(self):
                self.nodes = []

            def add_node(self, node):
                self.nodes.append(node)

            def add_node_collection(self, node, collection): ...

            def schedule(self):
                (node,) = self.nodes
                node.send_runtest_some([0])
                assert node.pulse.receive(PATIENCE) == []
                node.send_runtest_some([1])

            def mark_test_complete(self, node, item_index, duration=0):
                if item_index == 0:
                    assert node.pulse.receive(PATIENCE) == ["first"]
                    node.shutdown()
                else:
                    self.tests_finished = True

            def remove_node(self, node):
                self.nodes.remove(node)

        def pytest_xdist_make_scheduler(config, log):
            return OneByOne()

        def pytest_configure_node(node):
            node.pulse = node.workerinput["pulse"] = node.gateway.newchannel()

        RUN = []

        def watch(pulse, thread):
            "Tell what has run whenever the main thread waits within a test's turn."
            for told in range(2):
                while len(RUN) != told or not is_waiting(thread):
                    time.sleep(0.01)
                pulse.send(list(RUN))

        def is_waiting(thread):
            frames = traceback.extract_stack(sys._current_frames()[thread.ident])
            names = [frame.name for frame in frames]
            return {"run_one_test", "get", "wait"} <= set(names)

        def pytest_configure(config):
            if hasattr(config, "workerinput"):
                pulse, thread = config.workerinput["pulse"], threading.main_thread()
                threading.Thread(target=watch, args=(pulse, thread), daemon=True).start()
    """)
    schedule.files(
        test_it="""
            from conftest import RUN

            def test_first():
                RUN.append("first")

            def test_second():
                RUN.append("second")
        """
    )

    result = schedule.run("-n1")

    result.assert_outcomes(passed=2)
    assert pytest.ExitCode.OK == result.ret


def test_the_scheduler_has_all_that_xdist_asks_of_one() -> None:
    asked = {name for name in vars(Scheduling) if not name.startswith("_")}

    assert not asked - set(vars(LoadTestScheduler))
    for name in asked:
        ours, theirs = getattr(LoadTestScheduler, name), getattr(Scheduling, name)
        if callable(ours):
            assert list(inspect.signature(theirs).parameters) == list(
                inspect.signature(ours).parameters
            )


def test_a_node_has_what_schedulers_ask_of_one() -> None:
    sent = {name for name in vars(WorkerController) if name.startswith("send_")}

    assert sent | {"shutdown", "shutting_down"} <= set(vars(OrdinaryNode))


def test_a_replacement_is_made_right_after_the_loss_was_told() -> None:
    told = inspect.getsource(DSession.worker_errordown)

    assert told.index("pytest_testnodedown") < told.index("sched.remove_node")
    assert told.index("sched.remove_node") < told.index("_clone_node")
