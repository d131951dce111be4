"""What a person reads at the end of a run."""

from dataclasses import replace
from itertools import count

import pytest

from pytest_liveview_load.metrics.recorder import Recorder
from pytest_liveview_load.metrics.snapshot import Failure, Snapshot
from pytest_liveview_load.reporting.report import LoadReport
from pytest_liveview_load.reporting.table import cut
from pytest_liveview_load.reporting.terminal import Tone, brief, section
from tests.reporting.reports import measured, mixed, recorder, report, wasteful


def text(shown: LoadReport, width: int = 80) -> str:
    return "\n".join(line.text for line in section(shown, width))


def test_a_whole_section() -> None:
    shown = report("p95_mount < 200ms", "p99_event[inc] < 5ms", "errors == 0")

    assert (
        text(shown)
        == """\
50 users, ramp 2s, 10s, think 200ms..500ms, warmup 1s
measured 1s: 200 iterations (200/s), 200 mounts (200/s), 200 events (200/s),
  0 errors

within      p95_mount < 200ms     190ms (95% 184–197ms, n=200)
EXCEEDED    p99_event[inc] < 5ms  19.9ms (95% ≥ 19.5ms, n=200)
within      errors == 0           0

metric      label       count     p50     p95     p99    max
----------  --------  -------  ------  ------  ------  -----
mount       /counter      200  99.9ms   190ms   198ms  200ms
event       inc           200  9.99ms  18.9ms  19.9ms   20ms
diff_bytes  inc           200    200B    291B    299B   300B"""
    )


def test_several_scenarios_have_a_column_and_a_line_each() -> None:
    whole = mixed(browse=80, buy=20)
    into = recorder()
    into.timing("lag", 0, 0.001)
    shown = report(
        "p95_event{buy} < 5ms", snapshot=whole.merged(into.snapshot(1.0)), profile=None
    )

    assert (
        text(shown)
        == """\
1 user: 100 iterations, 100 mounts, 100 events, 0 errors

within      p95_event{buy} < 5ms
            1.90ms (95% ≥ 1.70ms, n=20, too few for an upper end: judged by its
            value)

metric    label    scenario      count     p50     p95    p99    max
--------  -------  ----------  -------  ------  ------  -----  -----
mount     /shop    browse           80  40.0ms  75.8ms      –   80ms
mount     /shop    buy              20  9.99ms  18.9ms      –   20ms
event     inc      browse           80  4.01ms  7.59ms      –    8ms
event     inc      buy              20  1.00ms  1.90ms      –    2ms
lag                                  1       –       –      –    1ms"""
    )


def test_the_counts_of_several_scenarios_are_told_apart() -> None:
    lines = text(report(snapshot=mixed(browse=80, buy=20))).splitlines()

    assert [
        "  browse: 80 iterations (80/s), 80 mounts (80/s), 80 events (80/s), 0 errors",
        "  buy: 20 iterations (20/s), 20 mounts (20/s), 20 events (20/s), 0 errors",
    ] == lines[3:5]


def test_one_scenario_is_not_worth_a_column() -> None:
    shown = text(report(snapshot=mixed(browse=80)))

    assert "scenario" not in shown
    assert "browse" not in shown


def test_failures_say_which_of_several_scenarios_they_are_of() -> None:
    into = Recorder(count().__next__, scenario="buy")
    into.fail(ValueError("out of stock"), 0)
    failed = into.snapshot(1.0)

    assert "1 × ValueError: out of stock" in text(report(snapshot=failed))
    both = failed.merged(mixed(browse=3))
    assert "1 × ValueError in buy: out of stock" in text(report(snapshot=both))


def test_failures_say_whether_they_are_of_setup_or_teardown() -> None:
    into = recorder()
    into.fail(PermissionError("no entry"), 0, during="setup", name="log_in")
    into.fail(ValueError("no exit"), 0, during="teardown", name="log_out")

    shown = text(report(snapshot=into.snapshot(1.0)))

    assert "0 errors, 1 setup error, 1 teardown error" in " ".join(shown.split())
    assert "1 × PermissionError in setup (log_in): no entry" in shown
    assert "1 × ValueError in teardown (log_out): no exit" in shown


def test_mounts_that_recovered_are_noted() -> None:
    into = recorder()
    into.count("recovered_mounts", 0, 2)

    shown = " ".join(text(report(snapshot=into.snapshot(1.0))).split())

    assert "2 recovered mounts" in shown
    assert "note: 2 mounts crashed and came back without anybody's help" in shown
    assert "recovered" not in text(report())


def test_what_seldom_happens_is_counted_when_it_has() -> None:
    into = recorder()
    into.count("dropped_arrivals", 0, 1200)
    into.count("missing_receivers", 0)
    into.count("reconnects", 0, 2)

    totals = " ".join(text(report(snapshot=into.snapshot(1.0))).split())

    assert "2 reconnects, 1,200 dropped arrivals, 1 missing receiver" in totals
    assert "dropped" not in text(report())


def test_what_large_diffs_are_made_of_is_said() -> None:
    into = recorder()
    for _ in range(10):
        into.size("diff_bytes", 4000, 0, name="save")
        into.parts(("save", "", (2800, 900, 0, 0, 0, 20, 0, 280)), 0)
        into.size("diff_bytes", 9000, 0, name="list")
        into.parts(("list", "", (0, 0, 8900, 0, 0, 0, 0, 100)), 0)
        into.size("diff_bytes", 90, 0, name="inc")
        into.parts(("inc", "", (0, 10, 0, 0, 0, 0, 0, 80)), 0)

    lines = text(report(snapshot=into.snapshot(1.0))).splitlines()

    assert [
        "",
        "diffs of list: 9kB each: keyed 99%",
        "diffs of save: 4kB each: statics 70%, dynamics 22%, envelope 7%",
    ] == lines[-3:]


def test_advice_is_given_with_the_bytes_that_support_it() -> None:
    lines = section(report(snapshot=wasteful()), 80)[-10:]

    assert (
        "\n".join(line.text for line in lines)
        == """\
diffs of save: 4kB each: keyed 95%, statics 2.5%, envelope 2.5%

advice: diffs of 'save' of Shop resend list entries that the page has already:
  3kB of 4kB on average, in 9 diffs compared; LiveView offers:
  - a stream (phx-update="stream"), which sends only what was inserted or
    deleted
  - :key on the comprehension (LiveView 1.1), so that entries that only move are
    not sent
  - a LiveComponent for each entry, which sends only its own changes
  - temporary_assigns for what is only shown once"""
    )


def test_a_percentile_of_too_few_samples_is_a_dash() -> None:
    rows = text(report(snapshot=measured(mounts=20))).splitlines()

    assert ["20", "9.99ms", "18.9ms", "–", "20ms"] == rows[-3].split()[-5:]


def test_nothing_measured_is_said() -> None:
    assert "nothing was measured" in text(report(snapshot=Snapshot()))


LABELS = {
    "a short one stays": ("/counter", 8, "/counter"),
    "a long one keeps both ends": ("/shops/roost/items", 9, "/sho…tems"),
}


@pytest.mark.parametrize(("label", "room", "expected"), LABELS.values(), ids=LABELS)
def test_cut(label: str, room: int, expected: str) -> None:
    assert expected == cut(label, room)


@pytest.mark.parametrize("width", [80, 100, 200])
def test_no_line_of_a_mix_is_wider_either(width: int) -> None:
    names = {"browse_the_whole_catalogue_of_the_shop": 30, "buy_what_is_in_the_cart": 9}

    assert all(
        len(line.text) <= width
        for line in section(report(snapshot=mixed(**names)), width)
    )


@pytest.mark.parametrize("width", [72, 80, 100, 200])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    long = "/shops/a-shop-with-a-very-long-name/items/and-an-even-longer-item/reviews"
    shown = report(
        "p95_mount < 200ms",
        f"p95_mount[{long}] < 200ms" if width > 100 else "errors == 0",
        snapshot=measured(label=long),
        invalid=["event-loop lag p99 was 1s, above 20ms (liveview_max_lag): " * 2],
        notes=[
            "the runners did not begin together: gw1 was off by 80ms, 50ms is the limit"
        ],
        scale=0.5,
    )

    assert all(len(line.text) <= width for line in section(shown, width))


def test_the_busiest_labels_are_shown_when_there_are_many() -> None:
    into = recorder()
    for number in range(30):
        for _ in range(number + 1):
            into.timing("timer", 0, 0.1, name=f"step{number:02}")

    shown = text(report(snapshot=into.snapshot(1.0)))

    assert "step29" in shown
    assert "step18" in shown
    assert "step17" not in shown


def test_an_invalid_run_says_so_first_and_judges_nothing() -> None:
    shown = report("p95_mount < 1ms", invalid=["the event loop lagged"])

    lines = section(shown, 80)

    assert ("INVALID: the event loop lagged", Tone.BAD) == (
        lines[0].text,
        lines[0].tone,
    )
    assert "not judged  p95_mount < 1ms  the run is invalid" in text(shown)
    assert "EXCEEDED" not in text(shown)


LAG = "event-loop lag p99 was 31ms, above 20ms (liveview_max_lag)"
BLOCKED = "gw1: the event loop was blocked for 2s (test_shop.py:7 in buy)"
NO_FILES = "no file descriptor was left, of 200, 1s into the run, with 50 users"
MEASURES = {
    "p95_diff_bytes < 1B": True,
    "mounts == 1": True,
    "count_event < 1": True,
    "p95_mount < 1ms": False,
    "mount_rate > 999/s": False,
    "error_rate < 1%": False,
}


@pytest.mark.parametrize("budget", MEASURES)
@pytest.mark.parametrize(
    ("causes", "of_time"),
    [((LAG,), True), ((LAG, BLOCKED), True), ((LAG, NO_FILES), False)],
    ids=["lag", "blocked", "no files"],
)
def test_bytes_and_counts_are_judged_where_times_alone_are_wrong(
    budget: str, causes: tuple[str, ...], of_time: bool
) -> None:
    shown = text(report(budget, invalid=causes))

    is_judged = of_time and MEASURES[budget]
    assert is_judged == (f"EXCEEDED    {budget}" in shown)
    assert is_judged != (f"not judged  {budget}  the run is invalid" in shown)


def test_a_partial_run_says_so_first_and_judges_nothing() -> None:
    shown = report(
        "p95_mount < 1ms", snapshot=replace(measured(), partial="interrupted")
    )

    assert text(shown).startswith("PARTIAL: interrupted; these are the numbers until")
    assert "not judged  p95_mount < 1ms  the run was cut short" in text(shown)


def test_failures_are_grouped_with_one_traceback() -> None:
    shown = text(report(snapshot=measured(errors=3)))

    assert "3 × ValueError: out of stock: item 0" in shown
    assert 1 == shown.count("out of stock")


def test_a_traceback_is_shown_without_its_message_again() -> None:
    failure = Failure(
        "ElementError",
        "'#nope' matches nothing\nnearest: <a>",
        'Traceback (most recent call last):\n  File "t.py", line 7, in test\n'
        "    await live.click('#nope')\nElementError: '#nope' matches nothing\nnearest",
        2,
    )
    shown = text(report(snapshot=replace(measured(), failures=(failure,))))

    assert shown.endswith(
        "2 × ElementError: '#nope' matches nothing\n"
        "    nearest: <a>\n"
        "  Traceback (most recent call last):\n"
        '    File "t.py", line 7, in test\n'
        "      await live.click('#nope')"
    )


def test_a_chain_of_errors_is_shown_whole() -> None:
    chain = (
        'Traceback (most recent call last):\n  File "a.py"\nKeyError: 1\n\n'
        "During handling of the above exception, another exception occurred:\n\n"
        'Traceback (most recent call last):\n  File "b.py"\nValueError: 2'
    )
    failure = Failure("ValueError", "2", chain, 1)
    shown = text(report(snapshot=replace(measured(), failures=(failure,))))

    assert "KeyError: 1" in shown
    assert shown.endswith("ValueError: 2")


def test_a_functional_run_is_verdicts_alone() -> None:
    shown = report("mounts == 200", profile=None)

    lines = [line.text for line in brief(shown, 80)]

    assert "1 user: 200 iterations, 200 mounts, 200 events, 0 errors" == lines[0]
    assert "within      mounts == 200  200" == lines[-1]


def test_a_functional_run_is_advised_too() -> None:
    lines = [line.text for line in brief(report(snapshot=wasteful(), profile=None), 80)]

    assert [
        "",
        "advice: diffs of 'save' of Shop resend list entries that the page",
    ] == [
        lines[1],
        lines[2].removesuffix(" has already:"),
    ]


def test_a_run_of_many_is_named_in_its_title() -> None:
    assert "test_shop.py::test_counter (browse)" == report(run="browse").title
