"""Tokens: Phoenix's own are read and written to the byte, forged ones are nothing."""

import base64
import gzip
import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from roost import etf
from roost.session import Session, Signer

RECORDINGS = Path(__file__).parents[1] / "wire" / "lv-1.2.10" / "raw"


def recorded_payloads(name: str) -> list[bytes]:
    with gzip.open(RECORDINGS / f"{name}.json.gz", "rt", encoding="utf-8") as file:
        tokens = sorted(set(re.findall(r"SFMyNTY\.([\w-]+)\.[\w-]+", file.read())))
    return [
        base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)) for token in tokens
    ]


@pytest.mark.parametrize("name", ["counter", "nav", "login_secret"])
def test_recorded_terms_are_written_again_to_the_byte(name: str) -> None:
    payloads = recorded_payloads(name)

    assert len(payloads) >= 3  # session, static, cookie
    assert payloads == [etf.encode(etf.decode(payload)) for payload in payloads]


def test_a_session_token_is_shaped_like_phoenix_s() -> None:
    """A client tells 1.0 and later from 0.20 by these bytes."""
    token = Signer(b"secret").sign("salt", (6, {etf.Atom("id"): "phx-1"}))
    header, payload, _ = token.split(".")
    data = base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))

    assert "SFMyNTY" == header
    assert bytes([0x83, 0x68, 3, 0x68, 2, 0x61, 6, 0x74]) == data[:8]


terms = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**80), 2**80) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=10,
)


@given(terms)
def test_every_term_comes_back(term: Any) -> None:
    assert term == etf.decode(etf.encode(term))


@given(st.binary(max_size=30))
def test_no_bytes_do_more_than_a_value_error(data: bytes) -> None:
    try:
        term = etf.decode(b"\x83" + data)
    except ValueError:
        return
    assert isinstance(term, None | bool | int | str | tuple | dict)


FORGED = {
    "nothing": None,
    "no text": 7,
    "empty": "",
    "no signature": "SFMyNTY.g3QAAAAA",
    "another header": "XXXXXXX.g3QAAAAA.AAAA",
    "a signature of nobody": "SFMyNTY.g3QAAAAA.AAAA",
    "no ASCII": "SFMyNTY.é.ü",
}


@pytest.mark.parametrize("token", FORGED.values(), ids=FORGED)
def test_a_forged_token_is_nothing(token: object) -> None:
    assert Signer(b"secret").verify("salt", token) is None
    assert Signer(b"secret").verify_raw("salt", token) is None


def test_a_token_is_good_for_its_own_salt_and_secret_alone() -> None:
    token = Signer(b"secret").sign("salt", "data")

    assert "data" == Signer(b"secret").verify("salt", token)
    assert Signer(b"secret").verify("pepper", token) is None
    assert Signer(b"other").verify("salt", token) is None


def test_a_token_is_good_for_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    token = Signer(b"secret").sign("salt", "data")
    monkeypatch.setattr("roost.session.time.time", lambda: 86_401 + 1e12)

    assert Signer(b"secret").verify("salt", token) is None


def test_every_masked_csrf_token_of_a_session_is_accepted() -> None:
    session = Session()
    tokens = {session.csrf_token() for _ in range(50)}

    assert 50 == len(tokens)  # masked anew each time
    assert {56} == {len(token) for token in tokens}
    assert all(session.accepts(token) for token in tokens)
    assert not Session().accepts(tokens.pop())


def test_a_recorded_cookie_holds_what_the_session_reads() -> None:
    with gzip.open(RECORDINGS / "login_secret.json.gz", "rt", encoding="utf-8") as file:
        cookie = json.load(file)["ws_cookie"].partition("=")[2]
    payload = cookie.split(".")[1]
    data = etf.decode(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))

    assert isinstance(data, dict)
    session = Session(dict(data))
    assert ("ann", "users:ann") == (session.get("user"), session.get("live_socket_id"))
    assert session.accepts(session.csrf_token())
