"""What the pages do beyond their recordings."""

import time
from urllib.parse import parse_qsl

import httpx
import pytest

from tests.roost.raw_browser import connected, dead_page, found

pytestmark = pytest.mark.anyio

UNTOUCHED = parse_qsl(
    "user[_unused_name]=&user[name]=&user[_unused_email]=&user[email]=&user[_unused_age]="
    "&user[age]=&user[bio]=&user[role]=reader&user[plan]=free&user[tags][]="
    "&user[address][city]=&user[address][zip]=&user[_unused_agree]=&user[agree]=false",
    keep_blank_values=True,
)
GOOD = parse_qsl(
    "user[name]=Ada&user[email]=ada@example.org&user[age]=36&user[bio]=a%0Ab"
    "&user[role]=writer&user[langs][]=elixir&user[langs][]=rust&user[plan]=pro"
    "&user[tags][]=&user[tags][]=red&user[address][city]=Oslo&user[address][zip]=0150"
    "&user[agree]=false&user[agree]=true&commit=save",
    keep_blank_values=True,
)


async def test_a_changed_row_is_all_that_is_sent(http: httpx.AsyncClient) -> None:
    page = await dead_page(http, "/function_components")
    async with connected(page) as socket:
        view = await socket.join(page)
        one = await view.click("one", {"id": "50"})
        dropped = await view.click("drop")

    badge = {"1": {"0": "badge badge-0", "3": "1050"}}
    changed = {"1": "hot", "2": {"k": {"2": badge, "kc": 3}}}
    assert {"diff": {"2": {"1": {"k": {"49": changed, "kc": 100}}}}} == one
    assert {"diff": {"2": {"1": {"k": {"kc": 99}}}}} == dropped


async def test_the_form_complains_only_about_used_fields(
    http: httpx.AsyncClient,
) -> None:
    page = await dead_page(http, "/form")
    short = [("user[name]", "A"), *UNTOUCHED[2:]]
    async with connected(page) as socket:
        view = await socket.join(page)
        untouched = await view.change("validate", UNTOUCHED, "user[role]")
        complaint = await view.change("validate", short, "user[name]")

    assert "p" not in untouched["diff"]
    templates = complaint["diff"]["p"]
    assert [['<p class="error" id="', '-error">', "</p>"]] == list(templates.values())
    assert "is too short" == complaint["diff"]["2"]["0"]["7"]["1"]
    assert "2" == complaint["diff"]["2"]["13"]


async def test_a_good_form_is_saved(http: httpx.AsyncClient) -> None:
    page = await dead_page(http, "/form")
    async with connected(page) as socket:
        view = await socket.join(page)
        refused = await view.change("save", UNTOUCHED, "")
        saved = await view.change("save", GOOD, "")

    assert "Please fix the errors" == refused["diff"]["1"]["1"]["0"]["2"]
    assert "Saved" == saved["diff"]["1"]["0"]["0"]["2"]
    shown = saved["diff"]["2"]["14"]["0"].replace("&quot;", '"').replace("&gt;", ">")
    assert (
        '%{"commit" => "save", "user" => %{"address" => %{"city" => "Oslo", "zip" => '
        '"0150"}, "age" => "36", "agree" => "true", "bio" => "a\\nb", "email" => '
        '"ada@example.org", "langs" => ["elixir", "rust"], "name" => "Ada", "plan" => '
        '"pro", "role" => "writer", "tags" => ["", "red"]}}'
    ) == shown


async def test_the_handed_off_form_can_be_posted(http: httpx.AsyncClient) -> None:
    page = await dead_page(http, "/form")
    csrf_token = found(
        'name="_csrf_token" type="hidden" hidden value="([^"]+)"', page.html
    )
    fields = [("_csrf_token", csrf_token), ("handoff[token]", "t-1")]
    async with connected(page) as socket:
        view = await socket.join(page)
        diff = (await view.change("handoff", fields, ""))["diff"]
    posted = await http.post("/form/posted", data=dict(fields))

    assert " phx-trigger-action" in diff["2"].values()
    assert '<pre id="posted">' in posted.text
    assert "t-1" in posted.text


async def test_a_crashed_view_can_be_joined_again(http: httpx.AsyncClient) -> None:
    page = await dead_page(http, "/crash")
    async with connected(page) as socket:
        view = await socket.join(page)
        await view.click("inc")
        await view.send("event", {"type": "click", "event": "raise", "value": {}})
        crash = await socket.receive()
        again = await socket.join(page)

    error = [view.join_ref, view.join_ref, page.topic, "phx_error"]
    assert [*error, {"reason": "channel_crash"}] == crash
    assert "0" == again.joined["response"]["rendered"]["2"]["0"]


async def test_a_crash_spares_the_other_view_on_the_socket(
    http: httpx.AsyncClient,
) -> None:
    page, other = await dead_page(http, "/crash"), await dead_page(http, "/crash")
    async with connected(other) as socket:
        crashing, calm = await socket.join(page), await socket.join(other)
        await crashing.send("event", {"type": "click", "event": "raise", "value": {}})
        await socket.receive()
        response = await calm.click("inc")

    assert {"diff": {"2": {"0": "1"}}} == response


async def test_delay_holds_back_event_replies(http: httpx.AsyncClient) -> None:
    page = await dead_page(http, "/counter?delay=80")
    async with connected(page) as socket:
        view = await socket.join(page)
        before = time.perf_counter()
        await view.click("inc", {"by": "1"})
        took = time.perf_counter() - before

    assert took > 0.07  # a lower bound, which no slow machine can miss


async def test_a_delayed_view_holds_up_nobody_else(http: httpx.AsyncClient) -> None:
    slow, quick = (
        await dead_page(http, "/counter?delay=60000"),
        await dead_page(http, "/counter"),
    )
    async with connected(quick) as socket:
        waiting, view = await socket.join(slow), await socket.join(quick)
        click = {"type": "click", "event": "inc", "value": {"by": "1"}}
        await waiting.send("event", click)
        response = await view.click("inc", {"by": "1"})

    assert "1" == response["diff"]["2"]["0"]


async def test_a_page_that_does_not_exist_is_404(http: httpx.AsyncClient) -> None:
    assert 404 == (await http.get("/no-such-page")).status_code
    assert 404 == (await http.get("/static/../app.py")).status_code
    assert 404 == (await http.get("/vendor/phoenix/phoenix.min.js")).status_code


async def test_a_page_that_crashes_is_500(http: httpx.AsyncClient) -> None:
    assert 500 == (await http.get("/streams?n=many")).status_code
