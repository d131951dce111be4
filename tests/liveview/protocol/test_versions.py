"""What each version's client says when it connects and joins, as recorded."""

import base64
import json
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec
import pytest

from pytest_liveview_load.liveview.protocol.versions import (
    HELD,
    NEWEST,
    Dialect,
    is_held,
    websocket_url,
)
from pytest_liveview_load.liveview.protocol.wire import encode
from tests.liveview.protocol.recorded import VERSIONS as RECORDED
from tests.liveview.protocol.recorded import frames, recordings, sent_texts

BROWSER = recordings("browser")


@pytest.mark.parametrize(("version", "page"), BROWSER)
def test_the_join_is_the_one_that_a_browser_sent(version: str, page: str) -> None:
    dialect = Dialect.of_version(version)
    joins = [text for text in sent_texts(version, page) if '"phx_join"' in text]
    views = [text for text in joins if '"lv:' in text]

    assert views
    for text in views:
        join_ref, ref, topic, event, recorded = json.loads(text)
        params = recorded["params"]
        payload = dialect.join_payload(
            session=recorded["session"],
            static=recorded["static"],
            params=app_params(params)
            | dialect.connect_params(
                track_static=params["_track_static"],
                mounts=params["_mounts"],
                mount_attempts=params.get("_mount_attempts", 0),
                live_referer=params.get("_live_referer"),
            ),
            url=recorded.get("url"),
            redirect=recorded.get("redirect"),
            flash=recorded.get("flash", msgspec.UNSET),
            sticky=recorded.get("sticky", False),
        )
        assert text == encode(join_ref, ref, topic, event, payload).decode()


def app_params(params: dict[str, Any]) -> dict[str, Any]:
    """Return those of a join's params that are not a view's."""
    return {
        name: value
        for name, value in params.items()
        if name == "_csrf_token" or name[0] != "_"
    }


@pytest.mark.parametrize(("version", "page"), BROWSER)
def test_the_websocket_url_is_the_one_that_a_browser_opened(
    version: str, page: str
) -> None:
    opened = [
        frame["ws"] for frame in frames(version, page, "browser") if "ws" in frame
    ]

    assert opened
    for url in opened:
        query = dict(parse_qsl(urlsplit(url).query))
        assert query.pop("vsn") == "2.0.0"
        statics = [query[key] for key in query if key.startswith("_track_static")]
        params = app_params(query) | Dialect.of_version(version).connect_params(
            track_static=statics,
            mounts=int(query["_mounts"]),
            mount_attempts=int(query.get("_mount_attempts", 0)),
            live_referer=query["_live_referer"],
        )
        page_url = f"http://{urlsplit(url).netloc}/counter?page=2"
        assert url == websocket_url(page_url, params)


def test_a_page_over_tls_opens_a_websocket_over_tls() -> None:
    url = websocket_url("https://a.test/x", {"a": 1}, "/app/live/")

    assert url == "wss://a.test/app/live/websocket?a=1&vsn=2.0.0"


SERIALIZED = {
    # As phoenix's ajax.js (1.8) wrote them in node.
    "": {},
    "t=a%20b%2F%26%3D%C3%A9!*'()~-_.": {"t": "a b/&=é!*'()~-_."},
    "l%5B0%5D=x&l%5B1%5D=2": {"l": ["x", 2]},
    "u%5Btz%5D=UTC&u%5Bdeep%5D%5Ba%5D=1.5": {"u": {"tz": "UTC", "deep": {"a": 1.5}}},
    "yes=true&&&z=1": {"yes": True, "none": None, "empty": {}, "z": 1},
}


@pytest.mark.parametrize(("query", "params"), SERIALIZED.items())
def test_params_are_written_into_the_url_as_phoenix_does(
    query: str, params: dict[str, Any]
) -> None:
    url = websocket_url("http://a", params)

    assert url == f"ws://a/live/websocket?{query}{'&' * bool(params)}vsn=2.0.0"


@pytest.mark.parametrize(("version", "page"), BROWSER)
def test_the_session_token_tells_the_old_from_the_new(version: str, page: str) -> None:
    expected = Dialect.V0_20 if version == "0.20.17" else NEWEST
    for text in sent_texts(version, page):
        payload = json.loads(text)[4]
        if "session" in payload:
            assert expected is Dialect.of_session(payload["session"])


def token(data: bytes) -> str:
    return f"SFMyNTY.{base64.urlsafe_b64encode(data).decode().rstrip('=')}.x"


@pytest.mark.parametrize(
    "odd",
    [
        *("", "x", "a.b", "a.b.c", "SFMyNTY.!!!!!!!!.x", "a.é.c", "a.b.c.d"),
        token(b"\x83\x68\x02"),
        token(b"\x83\x68\x03\x68\x02"),
        token(b"\x83\x68\x02\x62\x00\x00"),
        token(b""),
    ],
)
def test_an_odd_session_token_tells_nothing(odd: str) -> None:
    assert Dialect.of_session(odd) is None


VERSIONS: dict[str, Any] = {
    "0.17.6": Dialect.V0_20_1,
    "0.20.1": Dialect.V0_20_1,
    "0.20.2": Dialect.V0_20,
    "0.20.17": Dialect.V0_20,
    "1.0.0-rc.1": Dialect.V1_0,
    "1.0.16": Dialect.V1_0,
    "1.0.19": Dialect.V1_0_17,
    "1.1.2": Dialect.V1_1_0,
    "1.1.33": Dialect.V1_1,
    "1.2.10": Dialect.V1_2,
    "1.2": Dialect.V1_2,
    "2.0.0": NEWEST,
    "10.1": NEWEST,
    "": NEWEST,
    "main": NEWEST,
}


@pytest.mark.parametrize(("version", "expected"), VERSIONS.items())
def test_a_version_has_a_dialect(version: str, expected: Dialect) -> None:
    assert expected is Dialect.of_version(version)


def test_a_sticky_child_has_a_url_in_0_20_alone() -> None:
    def keys(dialect: Dialect) -> list[str]:
        return list(
            dialect.join_payload(
                session="s", static="", params={}, url="http://a/", sticky=True
            )
        )

    assert ["url", "params", "session", "static"] == keys(Dialect.V0_20)
    assert ["params", "session", "static", "sticky"] == keys(Dialect.V1_0)


def test_an_empty_static_is_null() -> None:
    payload = NEWEST.join_payload(session="s", static="", params={})

    assert payload["static"] is None


def test_what_is_held_is_what_was_recorded() -> None:
    assert RECORDED == HELD


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("0.20.0", True),
        ("1.0.0-rc.7", True),
        ("1.2.99", True),
        ("0.19.5", False),
        ("1.3.0-dev", False),
        ("2.0.0", False),
        ("main", False),
    ],
)
def test_which_versions_are_held(version: str, expected: bool) -> None:
    assert expected is is_held(version)
