"""What each version's client says when it connects and joins, as recorded."""

import base64
import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest

from pytest_liveview_load.liveview.protocol.versions import (
    HELD,
    NEWEST,
    Dialect,
    is_held,
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
            params=dialect.connect_params(
                csrf_token=params["_csrf_token"],
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


@pytest.mark.parametrize(("version", "page"), BROWSER)
def test_the_websocket_url_is_the_one_that_a_browser_opened(
    version: str, page: str
) -> None:
    opened = [
        frame["ws"] for frame in frames(version, page, "browser") if "ws" in frame
    ]

    assert opened
    for url in opened:
        query = parse_qs(urlsplit(url).query)
        statics = [query[key][0] for key in query if key.startswith("_track_static")]
        page_url = f"http://{urlsplit(url).netloc}/counter?page=2"
        assert url == Dialect.of_version(version).websocket_url(
            page_url, csrf_token=query["_csrf_token"][0], track_static=statics
        )


def test_a_page_over_tls_opens_a_websocket_over_tls() -> None:
    url = NEWEST.websocket_url("https://a.test/x", csrf_token="t", path="/app/live/")

    assert url.startswith("wss://a.test/app/live/websocket?_csrf_token=t&_mounts=0")


def test_what_is_written_in_a_url_is_escaped_as_encode_uri_component_does() -> None:
    url = NEWEST.websocket_url("http://a", csrf_token="a b/&=é!*'()~-_.")

    assert "_csrf_token=a%20b%2F%26%3D%C3%A9!*'()~-_.&" in url


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
    "1.0.19": Dialect.V1_0,
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
