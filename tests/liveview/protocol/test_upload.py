"""An upload's messages, as recorded of the real client and of real Phoenix."""

import json
from typing import Any

import msgspec
import pytest

from pytest_liveview_load.errors import ProtocolError
from pytest_liveview_load.liveview.protocol.upload import (
    FileInfo,
    Preflight,
    Refusal,
    announced,
    parse_preflight,
    percentage,
    preflight,
    progress,
    reason_of,
)
from tests.liveview.protocol.recorded import frames, recordings, sent_texts

BROWSER = [each for each in recordings("browser") if each[1] == "upload"]
RAW = [each for each in recordings("raw") if each[1] == "upload_errors"]


def sent(version: str, event: str) -> list[Any]:
    """Return the payloads of a channel event that the browser sent."""
    texts = map(json.loads, sent_texts(version, "upload"))
    return [payload for _, _, _, said, payload in texts if said == event]


def entries(version: str) -> tuple[str, list[dict[str, Any]]]:
    """Return the upload's ref and what the browser told of its files."""
    told: dict[str, list[dict[str, Any]]] = next(
        each["uploads"] for each in sent(version, "event") if "uploads" in each
    )
    return next(iter(told.items()))


def info(said: dict[str, Any]) -> FileInfo:
    return FileInfo(
        name=said["name"],
        type=said["type"],
        size=said["size"],
        last_modified=said["last_modified"],
    )


def test_every_version_is_recorded() -> None:
    assert ["0.20.17", "1.0.19", "1.1.33", "1.2.10"] == [each for each, _ in BROWSER]
    assert ["0.20.17", "1.2.10"] == [each for each, _ in RAW]


@pytest.mark.parametrize("version", [each for each, _ in BROWSER])
def test_what_is_said_of_files_is_what_a_browser_said(version: str) -> None:
    ref, recorded = entries(version)

    said = [announced(each["path"], each["ref"], info(each)) for each in recorded]
    assert json.dumps(recorded) == json.dumps(said)
    asked = preflight(ref, [(each["ref"], info(each)) for each in recorded], None)
    assert json.dumps(sent(version, "allow_upload")) == json.dumps([asked])


@pytest.mark.parametrize("version", [each for each, _ in BROWSER])
def test_progress_is_told_as_a_browser_told_it(version: str) -> None:
    ref, recorded = entries(version)
    sizes = {each["ref"]: each["size"] for each in recorded}
    expected = sent(version, "progress")

    reached = dict.fromkeys(sizes, 0)
    said = []
    for each in expected:
        name = each["entry_ref"]
        reached[name] = min(sizes[name], reached[name] + 8192)
        percent = percentage(reached[name], sizes[name])
        said.append(progress(None, ref, name, percent, None))
    assert json.dumps(expected) == json.dumps(said)


@pytest.mark.parametrize(("version", "page"), RAW)
def test_recorded_refusals_are_read(version: str, page: str) -> None:
    answers = []
    refs: list[str] = []
    for frame in frames(version, page, "raw"):
        if "text" not in frame:
            continue
        _, _, _, event, payload = json.loads(frame["text"])
        if event == "allow_upload":
            refs = [each["ref"] for each in payload["entries"]]
            upload = payload["ref"]
        elif event == "phx_reply" and "error" in payload["response"]:
            answer = msgspec.json.encode(payload["response"])
            answers.append(parse_preflight(answer, refs))

    assert [
        (Refusal("0", "not_accepted"),),
        (Refusal("0", "too_large"),),
        (Refusal(upload, "too_many_files"),),
    ] == [each.refused for each in answers]
    assert all(not each.entries for each in answers)


ANSWERS = {
    "tokens": (
        {"config": {"chunk_size": 8}, "entries": {"0": "a", "1": "b"}, "errors": {}},
        Preflight(chunk_size=8, entries={"0": "a", "1": "b"}, refused=()),
    ),
    "one left out, with reasons": (
        {"entries": {"1": "b"}, "errors": {"0": ["too_large"]}},
        Preflight(
            chunk_size=64_000, entries={"1": "b"}, refused=(Refusal("0", "too_large"),)
        ),
    ),
    "one left out without a word": (
        {"entries": {"0": "a"}},
        Preflight(
            chunk_size=64_000,
            entries={"0": "a"},
            refused=(Refusal("1", "failed preflight"),),
        ),
    ),
    "an uploader's own reason": (
        {"error": [["0", {"reason": "quota", "left": 0}]]},
        Preflight(chunk_size=64_000, entries={}, refused=(Refusal("0", "quota"),)),
    ),
}


@pytest.mark.parametrize(("answer", "expected"), ANSWERS.values(), ids=ANSWERS)
def test_an_answer_is_what_is_taken_and_what_is_refused(
    answer: dict[str, Any], expected: Preflight
) -> None:
    assert expected == parse_preflight(msgspec.json.encode(answer), ["0", "1"])


@pytest.mark.parametrize("answer", [b"[]", b'{"entries":3}', b"{", b'{"error":{}}'])
def test_an_answer_that_is_none_is_quoted(answer: bytes) -> None:
    with pytest.raises(ProtocolError, match="not an answer to allow_upload") as caught:
        parse_preflight(answer, ["0"])

    assert answer.decode() == caught.value.frame


def test_a_chunk_size_of_nothing_does_not_stop_an_upload() -> None:
    answer = b'{"config":{"chunk_size":0},"entries":{"0":"a"}}'
    assert 1 == parse_preflight(answer, ["0"]).chunk_size


def test_a_cid_closes_what_a_component_is_told() -> None:
    assert ["ref", "entries", "cid"] == list(preflight("r", [], 3))
    assert 3 == progress("p", "r", "0", 50, 3)["cid"]


def test_a_reason_is_one_word_where_there_is_one() -> None:
    assert "writer_error" == reason_of({"reason": "writer_error"})
    assert '{"code":3}' == reason_of({"code": 3})
    assert '["a","b"]' == reason_of(["a", "b"])
