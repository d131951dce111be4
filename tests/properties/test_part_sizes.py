"""Whatever the bytes are, and whoever wrote them: the parts sum up to all of them."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pytest_liveview_load.liveview.diff_cost.sizes import part_sizes
from pytest_liveview_load.liveview.observer import PartSizes
from tests.properties.rendered_trees import histories, with_templates

Json = Any

keys = st.one_of(
    st.sampled_from(["s", "p", "d", "k", "kc", "c", "e", "r", "t", "stream", "0", "1"]),
    st.text(max_size=3),
)
values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=4)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(keys, inner, max_size=4)
    ),
    max_leaves=20,
)


@given(values, st.booleans(), st.sampled_from([None, 1]))
def test_the_parts_of_any_json_sum_up(
    value: Json, ascii_only: bool, indent: int | None
) -> None:
    data = json.dumps(value, ensure_ascii=ascii_only, indent=indent).encode()

    assert len(data) == sum(part_sizes(data))


@given(st.binary(max_size=30))
def test_the_parts_of_any_bytes_sum_up(data: bytes) -> None:
    assert len(data) == sum(part_sizes(data))


@given(histories(), st.booleans())
def test_the_parts_of_what_a_server_sends_sum_up(
    history: tuple[Json, list[Json]], templates: bool
) -> None:
    first, diffs = history
    for each in (with_templates(first) if templates else first, *diffs):
        data = json.dumps(each, separators=(",", ":")).encode()
        assert len(data) == sum(part_sizes(data))


@given(values)
def test_no_part_of_a_diff_is_below_nothing(value: Json) -> None:
    data = json.dumps({"0": value, "0 ": value}).encode()

    assert all(size >= 0 for size in part_sizes(data))


@given(st.dictionaries(st.sampled_from(["0", "1", "2"]), st.text(max_size=5)))
def test_texts_alone_are_dynamics(texts: dict[str, str]) -> None:
    data = json.dumps(texts, separators=(",", ":")).encode()

    commas = max(0, len(texts) - 1)
    expected = PartSizes(dynamics=len(data) - 2 - commas, envelope=2 + commas)
    assert expected == part_sizes(data)
