"""JUnit: a broken budget is a failure of its test, and each budget a property."""

import xml.etree.ElementTree as ET

from tests.plugin.conftest import Suite


def test_a_failing_load_test_in_junit(suite: Suite) -> None:
    suite.tests("""
        from pytest_liveview_load import budget, load

        @load(users=2)
        @budget("mounts == 2", "mounts == 7", "p95_mount < 1s")
        async def test_load(live):
            await live.visit("/counter")
    """)

    suite.run("--junitxml=junit.xml").assert_outcomes(failed=1)

    (case,) = ET.parse(suite.pytester.path / "junit.xml").iter("testcase")
    failure = case.find("failure")
    assert failure is not None
    assert failure.get("message") == (
        "BudgetExceeded: 2 of 3 budgets do not hold: mounts == 7 exceeded 2"
    )
    assert failure.text == (
        "2 of 3 budgets do not hold:\n"
        "  mounts == 7   exceeded   2\n"
        "  p95_mount < 1s   no data: needs 20, had 2: raise users or iterations"
    )
    assert [
        ("budget: mounts == 2", "within 2"),
        ("budget: mounts == 7", "exceeded 2"),
        (
            "budget: p95_mount < 1s",
            "no data: needs 20, had 2: raise users or iterations",
        ),
    ] == [(each.get("name"), each.get("value")) for each in case.iter("property")]
