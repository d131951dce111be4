"""What the app's LiveSocket gives as `params`: at the socket, at every join and rejoin."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from pytest_liveview_load.errors import SettingError, StepError
from pytest_liveview_load.liveview.client.network import Network
from pytest_liveview_load.liveview.client.settings import ClientSettings
from pytest_liveview_load.liveview.user.visitor import Visitor
from tests.liveview.client.scripted_server import ScriptedServer
from tests.liveview.conftest import Measured, user_on

pytestmark = pytest.mark.anyio


def joined_with(server: ScriptedServer) -> list[dict[str, Any]]:
    return [said.payload["params"] for said in server.heard("phx_join")]


def dialled_with(server: ScriptedServer) -> list[dict[str, str]]:
    return [dict(parse_qsl(urlsplit(each.path).query)) for each in server.upgrades]


async def test_own_params_stand_in_the_url_and_in_every_join(
    server: ScriptedServer, live: Visitor
) -> None:
    live.connect_params = {"timezone": "Europe/Zurich", "tokens": ["a", 1]}

    await live.visit("/counter")
    await live.reconnect()

    own = {"timezone": "Europe/Zurich", "tokens": ["a", 1]}
    view = {"_mount_attempts": 0}
    token = {"_csrf_token": "the-csrf-token"}
    assert joined_with(server) == [
        token | own | {"_mounts": 0} | view,
        token | own | {"_mounts": 1} | view,
    ]
    for url in dialled_with(server):
        assert (url["timezone"], url["tokens[1]"]) == ("Europe/Zurich", "1")
        assert list(url)[:2] == ["_csrf_token", "timezone"]


async def test_a_function_is_asked_each_time_and_keeps_the_url_free_of_the_views(
    server: ScriptedServer, live: Visitor
) -> None:
    asked = iter(range(100))
    live.connect_params = lambda: {"n": next(asked)}

    await live.visit("/counter")
    await live.reconnect()

    assert [set(url) for url in dialled_with(server)] == [
        {"_csrf_token", "n", "vsn"},
        {"_csrf_token", "n", "vsn"},
    ]
    first, second = (params["n"] for params in joined_with(server))
    assert first < second


async def test_what_is_set_on_a_page_holds_from_its_next_join_on(
    server: ScriptedServer, live: Visitor
) -> None:
    await live.visit("/counter")
    live.connect_params = {"locale": "de"}
    await live.reconnect()

    before, after = joined_with(server)
    assert "locale" not in before
    assert after["locale"] == "de"


async def test_users_begin_with_those_of_the_settings_and_have_their_own(
    server: ScriptedServer, measured: Measured
) -> None:
    given = {"locale": "de"}
    async with Network(ClientSettings(url=server.url, connect_params=given)) as network:
        ann, bob = user_on(network, measured), user_on(network, measured)
        ann.connect_params = {**ann.connect_params, "name": "ann"}  # type: ignore[dict-item]
        await ann.visit("/counter")
        await bob.visit("/counter")
        await ann.close()
        await bob.close()

    anns, bobs = joined_with(server)
    assert (anns["locale"], anns["name"]) == ("de", "ann")
    assert bobs["locale"] == "de"
    assert "name" not in bobs


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("Europe/Zurich", "'Europe/Zurich' are no params: give a dict"),
        ({1: "x"}, "1 is no name"),
        ({"at": {1, 2}.__iter__()}, "'at' is <set_iterator"),
    ],
)
async def test_what_no_app_can_give_is_refused(
    live: Visitor, given: Any, told: str
) -> None:
    with pytest.raises(SettingError, match=r"^live.connect_params: ") as caught:
        live.connect_params = given

    assert told in str(caught.value)


async def test_a_function_that_fails_or_returns_no_params_fails_the_step(
    server: ScriptedServer, live: Visitor
) -> None:
    tokens: dict[str, str] = {}
    live.connect_params = lambda: {"token": tokens["ann"]}
    with pytest.raises(StepError, match=r"connect_params\(\) raised KeyError"):
        await live.visit("/counter")

    live.connect_params = lambda: None  # type: ignore[assignment]
    with pytest.raises(StepError, match=r"connect_params\(\): None are no params"):
        await live.visit("/counter")
