"""What nobody is to read stays out of what is shown and written."""

import json

import pytest

from tests.plugin.conftest import Suite

TESTS = """
    from pytest_liveview_load import budget, load

    @load(users=2, iterations=2)
    async def test_load(live):
        await live.visit("/login?token=" + "s3cret"[::-1][::-1])
        await live.fill("#user_password", "pass" + "w0rd")
        await live.click({selector!r})

    async def test_alone(live):
        await live.visit("/login?token=" + "s3c" + "ret")
        await live.fill("#user_password", "pass" + "w0rd")
        await live.until({selector!r}, timeout=0.05)

    async def test_no_such_page(live):
        await live.visit("/nowhere?token=" + "s3c" + "ret")
"""
SELECTORS = {
    "nothing": "#nothing",
    "several fields, that of the password among them": "input",
}


@pytest.mark.parametrize("selector", SELECTORS.values(), ids=SELECTORS)
def test_queries_and_passwords_are_in_no_error_json_or_junit(
    suite: Suite, selector: str
) -> None:
    suite.tests(TESTS.format(selector=selector))

    result = suite.run("--liveview-json=out.json", "--junit-xml=junit.xml", "--tb=line")

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    written = [
        (suite.pytester.path / name).read_text() for name in ("out.json", "junit.xml")
    ]
    shown = result.stdout.str() + result.stderr.str()
    assert "ElementError" in shown
    for each in (shown, *written):
        assert "token=s3cret" not in each
        assert "passw0rd" not in each
        assert "/nowhere" in each or each == written[0]


def test_trusting_anybody_is_noted_in_the_report(suite: Suite) -> None:
    suite.tests("""
        from pytest_liveview_load import budget, load

        @load(users=1)
        async def test_load(live): ...

        @budget("errors == 0")
        async def test_alone(live): ...
    """)
    note = "TLS certificates were not verified (liveview_verify = false)"
    where = ("--liveview-url=https://localhost:1", "--liveview-json=out.json")

    result = suite.run(*where, "--liveview-verify=false")

    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines([f"*{note}*"] * 2)
    document = json.loads((suite.pytester.path / "out.json").read_text())
    assert [[note]] * 2 == [each["notes"] for each in document["load_tests"]]

    suite.run(*where).stdout.no_fnmatch_line(f"*{note}*")
    http = suite.run(f"--liveview-url={suite.url}", "--liveview-verify=false")
    http.stdout.no_fnmatch_line(f"*{note}*")
