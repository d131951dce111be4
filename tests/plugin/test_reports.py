"""How runs get from a test's report to whoever shows them."""

import io
from typing import Any, cast

import pytest
from execnet import dumps, loads

from pytest_liveview_load.plugin.reports import ATTRIBUTE, FINDINGS, encode, show
from pytest_liveview_load.plugin.session import LoadSession
from tests.plugin.conftest import Suite
from tests.reporting.reports import report


class Terminal:
    """What is used of pytest's terminal reporter."""

    verbosity = 0

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.text = io.StringIO()

    def write_sep(self, _: str, title: str) -> None:
        self.text.write(f"{title}\n")

    def write_line(self, line: str, **_: bool) -> None:
        self.text.write(f"{line}\n")


@pytest.mark.parametrize("worker", ["", "gw0"])
def test_a_worker_prints_nothing(pytestconfig: pytest.Config, worker: str) -> None:
    session, terminal = LoadSession({}, worker), Terminal(pytestconfig)
    session.reports["test_shop.py::test_counter"] = [report("mounts == 200")]
    session.findings["test_shop.py::test_counter"] = []

    show(session, cast("pytest.TerminalReporter", terminal))

    assert (not worker) is ("within      mounts == 200" in terminal.text.getvalue())


def test_a_report_that_leaves_its_process_carries_builtins() -> None:
    sent: dict[str, Any] = {"nodeid": "x", ATTRIBUTE: [report()], FINDINGS: []}

    received = loads(dumps(encode(sent)))

    assert "test_shop.py::test_counter" == received[ATTRIBUTE][0]["test"]
    assert encode({"nodeid": "x"}) == {"nodeid": "x"}
    assert encode(None) is None


def test_a_log_of_reports_can_be_written_where_there_are_no_workers(
    suite: Suite,
) -> None:
    suite.pytester.makeconftest("""
        import json

        def pytest_runtest_logreport(report):
            config = pytest_configure.config
            data = config.hook.pytest_report_to_serializable(config=config, report=report)
            if "liveview_load" in data:
                print("logged:", json.loads(json.dumps(data))["liveview_load"][0]["counts"])

        def pytest_configure(config):
            pytest_configure.config = config
    """)
    suite.tests("""
        from pytest_liveview_load import budget

        @budget("errors == 0")
        async def test_functional(live):
            await live.visit("/counter")
    """)

    result = suite.run("-s")

    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*logged: {*'mounts': 1*"])
