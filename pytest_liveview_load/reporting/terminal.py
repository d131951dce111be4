"""The outcome of a run as lines of text, for a terminal or a log.

Reports go in and lines come out; a line has a tone, and who prints it decides on the colour.
No line is wider than asked for except where a word of the user's is, which is never cut.
"""

import enum
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from pytest_liveview_load.metrics.snapshot import Failure
from pytest_liveview_load.reporting.report import (
    NOT_JUDGED,
    WITHIN,
    BudgetReport,
    LoadReport,
)
from pytest_liveview_load.reporting.table import boot_line, metric_table, runner_table
from pytest_liveview_load.units import (
    format_count,
    format_duration,
    format_rate,
    plural,
)

RATED: Final = ("iterations", "mounts", "events")
COUNTED: Final = (*RATED, "errors")
# What is only shown when it happened.
NOTABLE: Final = (
    "failing_users",
    "stuck_users",
    "setup_errors",
    "teardown_errors",
    "reconnects",
    "recovered_mounts",
    "dropped_arrivals",
    "missing_receivers",
)
TRACEBACK_LINES: Final = 30
HARD_SPACE: Final = "\xa0"


class Tone(enum.Enum):
    """What a line is, for whoever colours it."""

    PLAIN = "plain"
    GOOD = "good"
    BAD = "bad"
    DOUBT = "doubt"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text, without its end."""

    text: str
    tone: Tone = Tone.PLAIN


def section(report: LoadReport, width: int) -> list[Line]:
    """Return everything there is to say about a run, most important first."""
    return [
        *headline(report, width),
        *budget_lines(report, width),
        Line(""),
        *(Line(each) for each in metric_table(report, width)),
        *runner_lines(report),
        *spending_lines(report, width),
        *advice_lines(report, width),
        *failure_lines(report, width),
    ]


def brief(report: LoadReport, width: int) -> list[Line]:
    """Return the verdicts of a run, and advice: for a functional test that is all."""
    return [
        *headline(report, width),
        *budget_lines(report, width),
        *advice_lines(report, width),
    ]


# What ran, and whether it counts


def headline(report: LoadReport, width: int) -> Iterator[Line]:
    """Yield what ran, what it came to in total, and what to keep in mind."""
    for cause in report.invalid:
        yield from wrapped(f"INVALID: {cause}", width, Tone.BAD)
    if report.partial:
        text = f"PARTIAL: {report.partial}; these are the numbers until then"
        yield from wrapped(text, width, Tone.BAD)
    if report.profile is None:
        yield from phrases(f"1 user: {', '.join(counts(report.counts))}", width)
    else:
        yield from phrases(report.load, width)
        yield from phrases(totals(report), width)
        yield from scenario_lines(report, width)
    for note in (*scaled(report.scale), *report.notes):
        yield from wrapped(f"note: {note}", width, Tone.DOUBT)


def totals(report: LoadReport) -> str:
    """Return the counts of the whole run with their rates."""
    found = ", ".join(counts(report.counts, per=report.seconds))
    return f"measured {format_duration(report.seconds)}: {found}"


def scenario_lines(report: LoadReport, width: int) -> Iterator[Line]:
    """Yield the counts of each scenario, if there are several."""
    if len(report.scenarios) < 2:
        return
    for name, of_scenario in sorted(report.scenarios.items()):
        found = ", ".join(counts(of_scenario, per=report.seconds))
        for line in phrases(f"{name}: {found}", width - 2):
            yield Line(f"  {line.text}", line.tone)


def counts(counted_: Mapping[str, int], per: float = 0.0) -> list[str]:
    """Return the counts that are shown, with rates if `per` seconds are given."""
    found = {name: counted_.get(name, 0) for name in (*COUNTED, *NOTABLE)}
    found = {name: n for name, n in found.items() if n or name in COUNTED}
    lines = []
    for name, n in found.items():
        text = plural(n, name.replace("_", " ").removesuffix("s"))
        rated = per and n and name in RATED
        lines.append(f"{text} ({format_rate(n / per)})" if rated else text)
    return lines


def scaled(scale: float) -> tuple[str, ...]:
    """Return the note on a load that was made smaller, none if it was not."""
    if scale == 1:
        return ()
    return (f"scaled by {scale:g} (liveview_scale): this is not the load promised",)


def runner_lines(report: LoadReport) -> Iterator[Line]:
    """Yield what each process came to, if several carried the run."""
    booted = boot_line(report.runners)
    lines = [*runner_table(report.runners), *([booted] if booted else [])]
    if lines:
        yield Line("")
    yield from map(Line, lines)


# Budgets


def budget_lines(report: LoadReport, width: int) -> Iterator[Line]:
    """Yield a line per budget: its verdict, what was promised, what was found."""
    if not report.budgets:
        return
    yield Line("")
    longest = max(len(each.budget) for each in report.budgets)
    for each in report.budgets:
        start = f"{outcome_word(each):<10}  {each.budget:<{longest}}"
        together = f"{start}  {each.finding}"
        if len(together) <= width:
            yield Line(together, tone(each))
        else:
            yield Line(start.rstrip(), tone(each))
            yield from wrapped(each.finding, width, tone(each), indent=" " * 12)


def outcome_word(budget: BudgetReport) -> str:
    """Return the outcome's word, so that what failed stands out without colours."""
    is_bad = tone(budget) is Tone.BAD
    return budget.outcome.upper() if is_bad else budget.outcome


def tone(budget: BudgetReport) -> Tone:
    """Return how a verdict is to be shown."""
    return {WITHIN: Tone.GOOD, NOT_JUDGED: Tone.DOUBT}.get(budget.outcome, Tone.BAD)


# What the diffs are made of


def spending_lines(report: LoadReport, width: int) -> Iterator[Line]:
    """Yield what the bytes of the large diffs are spent on."""
    if report.spending:
        yield Line("")
    for sentence in report.spending:
        yield from wrapped(sentence, width)


def advice_lines(report: LoadReport, width: int) -> Iterator[Line]:
    """Yield what diffs send again, and what LiveView offers instead."""
    for each in report.advice:
        yield Line("")
        yield from wrapped(
            f"advice: {each.finding}; LiveView offers:", width, Tone.DOUBT
        )
        for offer in each.offers:
            for line in wrapped(f"- {offer}", width - 2, Tone.DOUBT):
                yield Line(f"  {line.text}", line.tone)


# Failures


def failure_lines(report: LoadReport, width: int) -> Iterator[Line]:
    """Yield each group of failures with the traceback of its first."""
    for failure in report.failures:
        yield Line("")
        first, *rest = failure.message.splitlines() or [""]
        where = ""
        if failure.during:
            where = f" in {failure.during} ({failure.scenario})"
        elif report.has_scenarios and failure.scenario:
            where = f" in {failure.scenario}"
        title = f"{format_count(failure.count)} × {failure.error}{where}: {first}"
        yield from wrapped(title, width, Tone.BAD)
        yield from (Line(f"    {line}", Tone.BAD) for line in rest)
        yield from (Line(f"  {line}") for line in frames(failure))


def frames(failure: Failure) -> list[str]:
    """Return the lines of the traceback that say where, without repeating the message."""
    lines = failure.traceback.splitlines()
    end = next(
        (
            number
            for number, line in enumerate(lines)
            if line and not line.startswith((" ", "Traceback"))
        ),
        len(lines),
    )
    if any(line.startswith("Traceback") for line in lines[end:]):
        end = len(lines)  # a chain of errors: all of it is needed
    kept = lines[:end]
    return kept if len(kept) <= TRACEBACK_LINES else ["…", *kept[-TRACEBACK_LINES:]]


def phrases(text: str, width: int) -> Iterator[Line]:
    """Yield the text in lines that break after a comma: '0 errors' stays together."""
    kept = ", ".join(part.replace(" ", HARD_SPACE) for part in text.split(", "))
    for line in wrapped(kept, width):
        yield Line(line.text.replace(HARD_SPACE, " "), line.tone)


def wrapped(
    text: str, width: int, line_tone: Tone = Tone.PLAIN, indent: str = ""
) -> Iterator[Line]:
    """Yield the text in lines of at most `width`, continued with an indent."""
    yield from (
        Line(each, line_tone)
        for each in textwrap.wrap(
            text,
            width,
            initial_indent=indent,
            subsequent_indent=indent or "  ",
            break_long_words=False,
            break_on_hyphens=False,
        )
    )
