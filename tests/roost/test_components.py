"""Live components: their cids, their shared statics, their end."""

import httpx
import pytest

from tests.roost.raw_browser import connected, dead_page

pytestmark = pytest.mark.anyio


async def test_a_component_tells_its_view_after_its_own_answer(
    http: httpx.AsyncClient,
) -> None:
    page = await dead_page(http, "/live_components?n=2")
    async with connected(page) as socket:
        view = await socket.join(page)
        told = await view.click("tell", {"id": "2"}, cid=2)
        push = await socket.receive()

    assert {} == told
    diff = {"2": {"0": "row 2"}}
    assert [view.join_ref, None, page.topic, "diff", diff] == push


async def test_send_update_changes_one_component(http: httpx.AsyncClient) -> None:
    page = await dead_page(http, "/live_components?n=2")
    async with connected(page) as socket:
        view = await socket.join(page)
        answer = await view.click("send_update", {"id": "2"})
        push = await socket.receive()

    note = {"0": "from parent", "s": ['<span class="note">', "</span>"]}
    assert {} == answer
    assert {"c": {"2": {"3": note}}} == push[4]


async def test_only_components_that_were_announced_are_destroyed(
    http: httpx.AsyncClient,
) -> None:
    page = await dead_page(http, "/live_components?n=3")
    async with connected(page) as socket:
        view = await socket.join(page)
        await view.click("remove")
        unannounced = await view.push("cids_destroyed", {"cids": [1]})
        announced = await view.push("cids_will_destroy", {"cids": [1]})
        destroyed = await view.push("cids_destroyed", {"cids": [1]})
        gone = await view.click("inc", cid=1)
        added = await view.click("add")

    assert [{"cids": []}, {}] == [unannounced, announced]
    assert {"cids": [1]} == destroyed
    assert {} == gone
    assert -2 == added["diff"]["c"]["4"]["s"]


async def test_a_component_that_comes_back_in_time_stays(
    http: httpx.AsyncClient,
) -> None:
    page = await dead_page(http, "/portal")
    async with connected(page) as socket:
        view = await socket.join(page)
        await view.click("comp-inc", {"by": "1"}, cid=1)
        await view.click("toggle")
        await view.push("cids_will_destroy", {"cids": [1]})
        back = await view.click("toggle")
        destroyed = await view.push("cids_destroyed", {"cids": [1]})

    assert "c" not in back["diff"]
    assert {"cids": []} == destroyed
