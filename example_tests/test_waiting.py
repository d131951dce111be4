"""What arrives later: results, ticks, and what others say."""

from pytest_liveview_load import LiveUser, budget


# `live.until` records how long a person waited: the metric `settle`.
@budget("max_settle[profile] < 2s")
async def test_a_result_arrives_after_its_page(live: LiveUser) -> None:
    await live.visit("/async?delay=50")
    assert live.has("#profile .loading")

    await live.until("#profile .ok", label="profile")
    await live.until("#broken .failed")
    assert live.text("#profile .ok") == "Ada #0"
    assert "no luck" in live.text("#broken .failed")


async def test_a_task_can_be_cancelled(live: LiveUser) -> None:
    await live.visit("/async?delay=50")
    await live.until("#job .ok")

    await live.click("#cancel")
    await live.until(lambda: live.has("#job .failed", text="{:cancelled, :cancel}"))


async def test_a_stream_can_arrive_late_and_again(live: LiveUser) -> None:
    await live.visit("/stream_async?delay=50")
    await live.until("#things-5")

    await live.click("#reload")
    await live.until(lambda: live.has("#things-1", text="Thing 1 load 1"))
    assert len(live.all("#things li")) == 5


async def test_a_page_can_change_by_itself(live: LiveUser) -> None:
    await live.visit("/ticker?every=20")
    await live.until(lambda: live.has("#tick", text="3"))


async def test_two_people_talk(live: LiveUser) -> None:
    room = f"room-{live.id}"
    await live.visit(f"/chat?room={room}&user=ann")
    [bob] = await live.spawn()
    await bob.visit(f"/chat?room={room}&user=bob")
    await live.until(lambda: live.has("#status", text="bob joined"))

    await live.fill("#msg_text", "hello bob")
    await live.submit("#chat-form")
    await bob.until(lambda: bob.has("#messages .text", text="hello bob"))
    assert bob.text("#seen") == "1"
