"""What a person reads at the end of a run."""

from dataclasses import replace

import pytest

from pytest_liveview_load.metrics.failures import Failure
from pytest_liveview_load.metrics.snapshot import Snapshot
from pytest_liveview_load.reporting.load_report import LoadReport
from pytest_liveview_load.reporting.terminal import Tone, brief, cut, section
from tests.reporting.reports import measured, recorder, report


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


@pytest.mark.parametrize("width", [72, 80, 100, 200])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    long = "/shops/a-shop-with-a-very-long-name/items/and-an-even-longer-item/reviews"
    shown = report(
        "p95_mount < 200ms",
        f"p95_mount[{long}] < 200ms" if width > 100 else "errors == 0",
        snapshot=measured(label=long),
        invalid=["event-loop lag p99 was 1s, above 20ms (liveview_max_lag): " * 2],
        notes=["ran whole in the xdist worker gw0: -n does not spread a load test"],
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


def test_a_run_of_many_is_named_in_its_title() -> None:
    assert "test_shop.py::test_counter (browse)" == report(run="browse").title
