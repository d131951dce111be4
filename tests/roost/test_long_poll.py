"""The long-poll transport, request by request, as the recorded exchanges have it."""

import base64
import json
from typing import Any

import httpx
import pytest

from tests.roost.process import running_roost
from tests.roost.raw_browser import DeadPage, dead_page, found
from tests.roost.replaying import recording
from tests.roost.test_recorded import comparable, with_own_tokens

pytestmark = pytest.mark.anyio

PATH = "/live/longpoll"
BATCH = {"content-type": "application/x-ndjson"}


def query(page: DeadPage, token: str | None = None) -> dict[str, str]:
    known = {"_csrf_token": page.csrf_token, "vsn": "2.0.0"}
    return known if token is None else {**known, "token": token}


async def begin(http: httpx.AsyncClient, page: DeadPage) -> str:
    response = await http.get(PATH, params=query(page))
    body = response.json()
    assert (200, 410, []) == (response.status_code, body["status"], body["messages"])
    token: str = body["token"]
    return token


async def post(
    http: httpx.AsyncClient, page: DeadPage, token: str, *lines: str
) -> dict[str, Any]:
    response = await http.post(
        PATH, params=query(page, token), content="\n".join(lines), headers=BATCH
    )
    body: dict[str, Any] = response.json()
    return body


async def poll(
    http: httpx.AsyncClient, page: DeadPage, token: str
) -> tuple[int, list[Any]]:
    body = (await http.get(PATH, params=query(page, token))).json()
    return body["status"], [json.loads(message) for message in body["messages"]]


def message(page: DeadPage, ref: str, event: str, payload: object) -> str:
    return json.dumps(["4", ref, page.topic, event, payload])


async def join(http: httpx.AsyncClient, page: DeadPage) -> tuple[str, Any]:
    token = await begin(http, page)
    sent = message(page, "4", "phx_join", page.join_payload())
    assert {"status": 200} == await post(http, page, token, sent)
    status, [reply] = await poll(http, page, token)
    assert (200, ["4", "4", page.topic, "phx_reply"]) == (status, reply[:4])
    return token, reply[4]


async def test_a_batch_is_answered_in_its_order(http: httpx.AsyncClient) -> None:
    page = await dead_page(http, "/counter")
    token, joined = await join(http, page)
    click = {"type": "click", "event": "inc", "value": {"by": "1"}}
    clicks = [message(page, ref, "event", click) for ref in ("5", "6")]
    await post(http, page, token, *clicks)
    replies: list[Any] = []
    while len(replies) < 2:
        status, messages = await poll(http, page, token)
        assert 200 == status
        replies += messages

    assert "ok" == joined["status"]
    assert ["5", "6"] == [reply[1] for reply in replies]
    diffs = [reply[4]["response"]["diff"]["2"]["0"] for reply in replies]
    assert ["1", "2"] == diffs


async def test_an_empty_poll_returns_after_its_window() -> None:
    with running_roost("--poll-window", "0.2") as roost:
        async with httpx.AsyncClient(base_url=roost.url) as http:
            page = await dead_page(http, "/counter")
            token, _ = await join(http, page)

            assert (204, []) == await poll(http, page, token)


async def test_a_session_that_nobody_polls_is_gone() -> None:
    with running_roost("--poll-window", "0.05") as roost:
        async with httpx.AsyncClient(base_url=roost.url) as http:
            page = await dead_page(http, "/counter")
            token = await begin(http, page)
            heartbeat = json.dumps([None, "6", "phoenix", "heartbeat", {}])
            answer = {"status": 200}
            while answer == {"status": 200}:  # until its patience, a tenth, is over
                answer = await post(http, page, token, heartbeat)
            status, _ = await poll(http, page, token)

    assert ({"status": 410}, 410) == (answer, status)


async def test_logging_out_ends_the_session(http: httpx.AsyncClient) -> None:
    login = (await http.get("/login")).text
    csrf = found('name="_csrf_token" value="([^"]+)"', login)
    user = {"_csrf_token": csrf, "user[name]": "ann", "user[password]": "roost"}
    await http.post("/login", data=user)
    page = await dead_page(http, "/secret")
    token, _ = await join(http, page)
    csrf = found('data-csrf="([^"]+)"', page.html)
    await http.post("/logout", data={"_csrf_token": csrf, "_method": "delete"})

    assert (410, []) == await poll(http, page, token)


async def test_a_forged_token_begins_a_new_session(http: httpx.AsyncClient) -> None:
    page = await dead_page(http, "/counter")

    assert {"status": 410} == await post(http, page, page.session, "[]")
    assert (410, []) == await poll(http, page, page.session)


async def test_a_binary_message_is_sent_as_base64(http: httpx.AsyncClient) -> None:
    page = await dead_page(http, "/upload")
    token, _ = await join(http, page)
    strings = [b"u1", b"c1", b"lvu:0", b"chunk"]
    chunk = bytes([0, *map(len, strings)]) + b"".join(strings) + b"data"
    await post(http, page, token, base64.b64encode(chunk).decode())

    unmatched = {"response": {"reason": "unmatched topic"}, "status": "error"}
    status, messages = await poll(http, page, token)
    assert (200, [["u1", "c1", "lvu:0", "phx_reply", unmatched]]) == (status, messages)


async def test_each_recorded_exchange_is_answered_alike(
    http: httpx.AsyncClient,
) -> None:
    recorded = recording("longpoll")
    page = await dead_page(http, "/counter")
    old_id = found('<div id="(phx-[^"]+)" data-phx-main', recorded["http_html"])
    token: str | None = None
    # The last one is an empty poll that takes its ten seconds.
    for exchange in recorded["http_exchanges"][:-1]:
        method = exchange["req"].split()[0]
        sent = exchange.get("request_body", "").replace(old_id, page.view_id)
        lines = [with_own_tokens(json.loads(each), page) for each in sent.splitlines()]
        response = await http.request(
            method,
            PATH,
            params=query(page, token),
            content="\n".join(map(json.dumps, lines)),
            headers=BATCH if lines else {},
        )
        body, expected = response.json(), json.loads(exchange["body"])
        token = body.get("token", token)
        while len(body.get("messages", ())) < len(expected.get("messages", ())):
            assert token is not None  # a later poll may bring the rest
            more = (await http.get(PATH, params=query(page, token))).json()
            body["messages"] += more["messages"]

        assert exchange["status"] == response.status_code
        assert told(expected, old_id) == told(body, page.view_id)


def told(body: dict[str, Any], view_id: str) -> dict[str, Any]:
    """Return an answer without its token; a socket and its views answer in any order."""
    messages = [
        comparable(json.loads(message.replace(view_id, "phx-ID")))
        for message in body.get("messages", ())
    ]
    return {"status": body["status"], "messages": sorted(messages, key=lambda m: m[1])}
