"""Quantities: every unit and every refusal, and that text and numbers agree."""

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_liveview_load import units
from pytest_liveview_load.errors import UnitError
from pytest_liveview_load.units import (
    format_bytes,
    format_count,
    format_duration,
    format_percentage,
    format_rate,
    near_miss,
    parse_bytes,
    parse_duration,
    parse_percentage,
    parse_rate,
    parse_span,
)

DURATIONS = {
    "120ns": 120e-9,
    "35us": 35e-6,
    "35µs": 35e-6,
    "35μs": 35e-6,
    "200ms": 0.2,
    "35ms": 0.035,
    "0.2s": 0.2,
    ".5s": 0.5,
    "10s": 10.0,
    " 10 s ": 10.0,
    "1m": 60.0,
    "1min": 60.0,
    "2h": 7200.0,
    "1m30s": 90.0,
    "1m 30s": 90.0,
    "1h2m3s4ms": 3723.004,
    "0s": 0.0,
    "10": 10.0,
    10: 10.0,
    0.25: 0.25,
    0: 0.0,
}


@pytest.mark.parametrize(("given_", "expected"), DURATIONS.items())
def test_durations_become_seconds(given_: str | float, expected: float) -> None:
    assert expected == parse_duration(given_)


A_DURATION = "is not a duration like '200ms', '1.5s' or '1m30s'"
A_SIZE = "is not a size like '200B', '2kB' or '1MiB'"
A_RATE = "is not a rate like '50/s' or '300/min'"
A_PERCENTAGE = "is not a percentage like '0.1%'"
NOT_DURATIONS = {
    "200mss": f"'200mss' {A_DURATION}: no unit is called 'mss'. Did you mean 'ms'?",
    "1d": (
        f"'1d' {A_DURATION}: no unit is called 'd'. "
        "Units are ns, us, µs, ms, s, m, min, h"
    ),
    "200MS": f"'200MS' {A_DURATION}: no unit is called 'MS'. Did you mean 'ms'?",
    "30s1m": f"'30s1m' {A_DURATION}: write large units first, each once",
    "1s1s": f"'1s1s' {A_DURATION}: write large units first, each once",
    "-1s": f"'-1s' {A_DURATION}: it must not be negative",
    -1: f"-1 {A_DURATION}: it must not be negative",
    math.inf: f"inf {A_DURATION}: it must be finite",
    math.nan: f"nan {A_DURATION}: it must be finite",
    True: f"True {A_DURATION}",
    "soon": f"'soon' {A_DURATION}",
    "": f"'' {A_DURATION}",
    "s": f"'s' {A_DURATION}",
    "1s soon": f"'1s soon' {A_DURATION}",
    "1.s": f"'1.s' {A_DURATION}",
    "nan": f"'nan' {A_DURATION}",
    "inf": f"'inf' {A_DURATION}",
    "１s": f"'１s' {A_DURATION}",
    None: f"None {A_DURATION}",
}


@pytest.mark.parametrize(("given_", "message"), NOT_DURATIONS.items(), ids=repr)
def test_what_is_no_duration_is_quoted(given_: str | float, message: str) -> None:
    with pytest.raises(UnitError, match=f"^{re.escape(message)}$") as caught:
        parse_duration(given_)

    assert given_ is caught.value.source


BYTES = {
    "200B": 200,
    "2kB": 2000,
    "1.5 MB": 1_500_000,
    "1KiB": 1024,
    "0.5MiB": 524_288,
    "7": 7,
    200: 200,
}


@pytest.mark.parametrize(("given_", "expected"), BYTES.items())
def test_sizes_become_bytes(given_: str | float, expected: float) -> None:
    assert expected == parse_bytes(given_)


NOT_BYTES = {
    "2KB": f"'2KB' {A_SIZE}: no unit is called 'KB'. Did you mean 'kB'?",
    "2kB1B": f"'2kB1B' {A_SIZE}",
    "2ms": f"'2ms' {A_SIZE}: no unit is called 'ms'. Units are B, kB, KiB, MB, MiB",
    -2: f"-2 {A_SIZE}: it must not be negative",
    False: f"False {A_SIZE}",
}


@pytest.mark.parametrize(("given_", "message"), NOT_BYTES.items(), ids=repr)
def test_what_is_no_size_is_quoted(given_: str | float, message: str) -> None:
    with pytest.raises(UnitError, match=f"^{re.escape(message)}$"):
        parse_bytes(given_)


RATES = {
    "50/s": 50.0,
    "0.5 / s": 0.5,
    "300/min": 5.0,
    "3600/h": 1.0,
    "7": 7.0,
    50: 50.0,
}


@pytest.mark.parametrize(("given_", "expected"), RATES.items())
def test_rates_become_per_second(given_: str | float, expected: float) -> None:
    assert expected == parse_rate(given_)


NOT_RATES = {
    "50/": f"'50/' {A_RATE}: its unit is missing",
    "50/sec": f"'50/sec' {A_RATE}: no unit is called 'sec'. Units are s, m, min, h",
    "many/s": f"'many/s' {A_RATE}",
    "50ms": f"'50ms' {A_RATE}",
    True: f"True {A_RATE}",
    math.inf: f"inf {A_RATE}: it must be finite",
}


@pytest.mark.parametrize(("given_", "message"), NOT_RATES.items(), ids=repr)
def test_what_is_no_rate_is_quoted(given_: str | float, message: str) -> None:
    with pytest.raises(UnitError, match=f"^{re.escape(message)}"):
        parse_rate(given_)


PERCENTAGES = {"0.1%": 0.001, "35 %": 0.35, "100%": 1.0, "0%": 0.0, 0.25: 0.25, 1: 1}


@pytest.mark.parametrize(("given_", "expected"), PERCENTAGES.items())
def test_percentages_become_ratios(given_: str | float, expected: float) -> None:
    assert expected == parse_percentage(given_)


NOT_PERCENTAGES = {
    "1": f"'1' {A_PERCENTAGE}",
    "%": f"'%' {A_PERCENTAGE}",
    "1%%": f"'1%%' {A_PERCENTAGE}",
    "101%": f"'101%' {A_PERCENTAGE}: it is above 100%",
    1.5: f"1.5 {A_PERCENTAGE}: it is above 100%",
    -0.1: f"-0.1 {A_PERCENTAGE}: it must not be negative",
}


@pytest.mark.parametrize(("given_", "message"), NOT_PERCENTAGES.items(), ids=repr)
def test_what_is_no_percentage_is_quoted(given_: str | float, message: str) -> None:
    with pytest.raises(UnitError, match=f"^{re.escape(message)}$"):
        parse_percentage(given_)


SPANS = {
    "a span": ("1s..3s", (1.0, 3.0)),
    "a span in several units": ("500ms .. 1m", (0.5, 60.0)),
    "one duration": ("1s", (1.0, 1.0)),
    "a number": (2, (2.0, 2.0)),
    "a pair": ((1, "3s"), (1.0, 3.0)),
    "a list of two": (["1s", "1s"], (1.0, 1.0)),
}


@pytest.mark.parametrize(("given_", "expected"), SPANS.values(), ids=SPANS)
def test_spans_become_two_durations(
    given_: object, expected: tuple[float, float]
) -> None:
    assert expected == parse_span(given_)


A_SPAN = "is not a duration or a span like '1s..3s'"
NOT_SPANS = {
    "the wrong way round": (
        "3s..1s",
        f"'3s..1s' {A_SPAN}: the shorter one comes first",
    ),
    "half a span": ("1s..", f"'1s..' {A_SPAN}: '' {A_DURATION}"),
    "three of them": ("1s..2s..3s", f"'1s..2s..3s' {A_SPAN}"),
    "a wrong unit": (
        "1s..3mss",
        (
            f"'1s..3mss' {A_SPAN}: '3mss' {A_DURATION}: "
            "no unit is called 'mss'. Did you mean 'ms'?"
        ),
    ),
    "a tuple of one": ((1,), f"(1,) {A_SPAN}"),
    "a tuple with None": ((1, None), f"(1, None) {A_SPAN}: None {A_DURATION}"),
    "a bool": (True, f"True {A_DURATION}"),
}


@pytest.mark.parametrize(("given_", "message"), NOT_SPANS.values(), ids=NOT_SPANS)
def test_what_is_no_span_is_quoted(given_: object, message: str) -> None:
    with pytest.raises(UnitError, match=f"^{re.escape(message)}$"):
        parse_span(given_)


def test_constants_are_the_units_that_text_has() -> None:
    expected = {
        "us": parse_duration("1us"),
        "ms": parse_duration("1ms"),
        "s": parse_duration("1s"),
        "minute": parse_duration("1min"),
        "kB": parse_bytes("1kB"),
        "MB": parse_bytes("1MB"),
        "KiB": parse_bytes("1KiB"),
        "MiB": parse_bytes("1MiB"),
    }

    assert expected == {name: getattr(units, name) for name in expected}


WRITTEN_DURATIONS = {
    0: "0s",
    50e-9: "50ns",
    0.00012: "120µs",
    0.0009996: "1.00ms",
    0.0123: "12.3ms",
    0.03102: "31.0ms",
    0.2: "200ms",
    0.9999: "1.00s",
    1.2: "1.2s",
    1.2345: "1.23s",
    10: "10s",
    59.94: "59.9s",
    59.96: "1m",
    90: "1m30s",
    605: "10m05s",
    3600: "1h",
    3660: "1h01m",
    100_000: "27h47m",
}


@pytest.mark.parametrize(("seconds", "expected"), WRITTEN_DURATIONS.items())
def test_durations_are_written_with_three_digits(seconds: float, expected: str) -> None:
    assert expected == format_duration(seconds)


def test_more_digits_tell_values_apart() -> None:
    assert (format_duration(0.2003), format_duration(0.2003, 4)) == ("200ms", "200.3ms")


def test_other_quantities_are_written_with_their_unit() -> None:
    expected = ["34B", "1.23kB", "1MB", "5500MB", "0B"]
    assert expected == [format_bytes(n) for n in (34, 1234, 10**6, 5.5e9, 0)]
    expected = ["49.8/s", "50/s", "0.5/s", "12300/s"]
    assert expected == [format_rate(n) for n in (49.81, 50, 0.5, 12345)]
    expected = ["0.125%", "100%", "33.3%", "0%"]
    assert expected == [format_percentage(n) for n in (0.00125, 1, 1 / 3, 0)]
    expected = ["3", "12,345", "2.33", "0"]
    assert expected == [format_count(n) for n in (3, 12345, 7 / 3, 0)]


def test_a_near_miss_is_offered_only_when_something_is_near() -> None:
    known = ["p95_mount", "p95_event", "kB"]

    assert near_miss("p95_mout", known) == " Did you mean 'p95_mount'?"
    assert near_miss("KB", known) == " Did you mean 'kB'?"
    assert near_miss("zzz", known) == ""


@given(st.floats(min_value=1e-9, max_value=59))
def test_a_written_duration_reads_back_to_three_digits(seconds: float) -> None:
    assert math.isclose(
        seconds, parse_duration(format_duration(seconds)), rel_tol=0.005001
    )


@given(st.integers(min_value=0, max_value=10_000_000))
def test_whole_seconds_read_back_from_text(seconds: int) -> None:
    written = format_duration(seconds)

    precision = 30 if seconds >= 3600 else 0
    assert abs(parse_duration(written) - seconds) <= precision


@given(
    st.integers(min_value=0, max_value=10**6),
    st.sampled_from([("ns", 9), ("us", 6), ("ms", 3), ("s", 0)]),
)
def test_decimal_units_read_as_the_nearest_float(
    number: int, unit: tuple[str, int]
) -> None:
    name, exponent = unit

    assert number / 10**exponent == parse_duration(f"{number}{name}")


@given(st.floats(min_value=1, max_value=1e12))
def test_a_written_size_reads_back_to_three_digits(size: float) -> None:
    assert math.isclose(size, parse_bytes(format_bytes(size)), rel_tol=0.005001)


@given(st.floats(min_value=1e-6, max_value=1e9))
def test_a_written_rate_reads_back_to_three_digits(rate: float) -> None:
    assert math.isclose(rate, parse_rate(format_rate(rate)), rel_tol=0.005001)


@given(st.text(max_size=12))
def test_text_is_a_finite_duration_or_a_unit_error(text: str) -> None:
    try:
        seconds = parse_duration(text)
    except UnitError:
        with pytest.raises(UnitError, match=re.escape(repr(text))):
            parse_duration(text)
    else:
        assert math.isfinite(seconds)
        assert seconds >= 0
