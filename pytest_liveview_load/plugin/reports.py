# ruff: noqa: PLC0415 (a session without load tests imports none of it)
"""How a test's runs get from its report to terminal, JUnit and JSON.

What was measured is an attribute of the test's own report, so that it arrives in the
controller with the report or not at all; it is encoded only where the report leaves its
process. Only the controller shows and writes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pytest

    from pytest_liveview_load.plugin.session import LoadSession
    from pytest_liveview_load.reporting.report import Finding, LoadReport
    from pytest_liveview_load.reporting.terminal import Tone

ATTRIBUTE: Final = "liveview_load"  # of a test report
FINDINGS: Final = "liveview_findings"  # likewise
WARNINGS: Final = "liveview_warnings"  # likewise
NARROWEST: Final = 60  # columns below which a table makes no sense


# In the process that runs the test


def set_properties(item: pytest.Item, runs: Sequence[LoadReport]) -> None:
    """Add each budget to the test's properties, which JUnit shows one by one."""
    from pytest_liveview_load.plugin.outcome import is_property, properties

    # A rerun's attempt comes after another attempt at the same item: the last one counts.
    kept = [each for each in item.user_properties if not is_property(each[0])]
    item.user_properties[:] = [
        *kept,
        *(each for report in runs for each in properties(report)),
    ]


def attach(
    report: pytest.TestReport,
    runs: Sequence[LoadReport],
    warnings: Mapping[str, str],
    findings: Sequence[Finding] = (),
) -> None:
    """Put the runs on the report of the test's call, what to warn of, and findings."""
    if runs:
        setattr(report, ATTRIBUTE, list(runs))
        setattr(report, FINDINGS, list(findings))
    if warnings:
        setattr(report, WARNINGS, dict(warnings))


def encode(data: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return a serialised test report with the runs in it as builtins, too."""
    if data is None or ATTRIBUTE not in data:
        return data
    from msgspec import to_builtins

    return data | {key: to_builtins(data[key]) for key in (ATTRIBUTE, FINDINGS)}


def show_for_author(
    item: pytest.Item, excinfo: pytest.ExceptionInfo[BaseException], report: Any
) -> None:
    """Show an error of ours to the test's author.

    The traceback goes if no line of it is theirs; the short summary gets the error's bare
    name, for the line is short and our module's name is not.
    """
    if item.config.getoption("fulltrace") or not report.failed:
        return
    from pytest_liveview_load.crowd.tracebacks import has_author

    authored = has_author(excinfo.value.__traceback__)
    if not authored:
        report.longrepr = shown = excinfo.getrepr(style="value", chain=False)
        notes = getattr(excinfo.value, "__notes__", ())  # which that style leaves out
        for each in shown.reprtraceback.reprentries:
            each.lines = [*each.lines, *notes]
    crash = getattr(report.longrepr, "reprcrash", None)
    if crash is not None:  # what the short summary, --tb=line and JUnit show
        crash.message = f"{excinfo.typename}: {short_message(str(excinfo.value))}"
        if not authored:
            crash.path, line, _ = item.location
            crash.lineno = (line or 0) + 1


def short_message(message: str) -> str:
    """Return the first line of a message, with the next one if that is what it is about."""
    first, *rest = message.splitlines() or [""]
    return (
        f"{first} {' '.join(rest[0].split())}"
        if first.endswith(":") and rest
        else first
    )


# In the controller


def add_to_crash(report: Any, runs: Sequence[LoadReport]) -> None:
    """Let xdist's report of a crash say what the load test came to that crashed."""
    from pytest_liveview_load.plugin.outcome import properties, why_invalid

    attach(report, runs, {})
    invalid = [why_invalid(each) for each in runs if each.invalid]
    report.longrepr = "\n".join([str(report.longrepr), *invalid])
    report.user_properties = [each for run in runs for each in properties(run)]


def keep_runs(
    session: LoadSession, config: pytest.Config, report: pytest.TestReport
) -> None:
    """Keep the runs that came with a report; a later attempt at a test replaces them."""
    warnings = getattr(report, WARNINGS, {})
    if warnings and not session.worker_id:
        from pytest_liveview_load.plugin.version_guard import warn_once

        for kind, said in warnings.items():
            warn_once(session, config, kind, said)
    runs = getattr(report, ATTRIBUTE, None)
    if runs is None or session.worker_id:
        return
    from msgspec import convert

    from pytest_liveview_load.reporting.report import Finding, LoadReport

    if session.controller is not None:
        session.controller.reported(report.nodeid)
    # Of a report that was made here, it returns what that has.
    session.reports[report.nodeid] = convert(runs, list[LoadReport])
    findings = getattr(report, FINDINGS, [])
    session.findings[report.nodeid] = convert(findings, list[Finding])


def export(session: LoadSession, *, interrupted: bool) -> None:
    """Write the JSON file, if one was asked for; only the controller does."""
    path = session.settings.json if "json" in session.given else None
    if path is None or session.worker_id:
        return
    from pytest_liveview_load.reporting import json_report

    document = json_report.document(
        [each for runs in session.reports.values() for each in runs],
        [each for test in session.reports for each in session.findings[test]],
        interrupted=interrupted,
    )
    try:
        json_report.write(path, document)
    except OSError as error:
        # It could be written when the session began. The tests' outcome is not lost by it.
        session.complaints.append(f"cannot write {path}: {error.strerror}")


def show(session: LoadSession, terminal: pytest.TerminalReporter) -> None:
    """Print a section for every run, and for what several came to together.

    A run that went well as part of such a finding is left to it, unless asked for (-v).
    """
    if session.worker_id:
        return
    if session.reports:
        terminal.write_sep("=", "load tests")
    for test, runs in session.reports.items():
        show_runs(runs, terminal)
        for finding in session.findings[test]:
            show_finding(finding, runs[0].scale, terminal)
    for complaint in session.complaints:
        terminal.write_line(f"liveview: {complaint}", red=True)


def show_runs(runs: Sequence[LoadReport], terminal: pytest.TerminalReporter) -> None:
    """Print a section for each run of a test."""
    from pytest_liveview_load.reporting.terminal import brief, section

    width = max(NARROWEST, terminal.config.get_terminal_writer().fullwidth - 1)
    for report in runs:
        if report.is_quiet and terminal.verbosity <= 0:
            continue
        terminal.write_sep("-", report.title)
        for line in (section if report.profile else brief)(report, width):
            terminal.write_line(line.text, **markup(line.tone))


def show_finding(
    finding: Finding, scale: float, terminal: pytest.TerminalReporter
) -> None:
    """Print a section for what runs, which were scaled, came to together."""
    from pytest_liveview_load.reporting.terminal import Tone, scaled

    terminal.write_sep("-", finding.title)
    for line in finding.lines:
        terminal.write_line(line)
    for note in scaled(scale):
        terminal.write_line(f"note: {note}", **markup(Tone.DOUBT))


def markup(tone: Tone) -> dict[str, bool]:
    """Return pytest's words for the colour of a line."""
    colours = {"good": "green", "bad": "red", "doubt": "yellow"}
    colour = colours.get(tone.value)
    return {colour: True} if colour else {}
