"""One says, many hear: how long it takes until all have it."""

from pytest_liveview_load import LiveUser, budget, load

ROOM = "/chat?room=fanout&user={}"


async def test_what_one_says_the_other_sees(live: LiveUser) -> None:
    [bob] = await live.spawn()
    await live.visit(ROOM.format("ann"))
    await bob.visit(ROOM.format("bob"))
    bob.watch("message")

    async with live.broadcast("message") as sent:
        await live.fill("#msg_text", f"hello {sent.token}")
        await live.submit("#chat-form")

    seen = await bob.seen("message")
    assert seen.sender == live.id
    assert bob.has("#messages .text", text=seen.token)


# Ten people in a room. When all are there each says something in its turn, ten a second
# all together, and hears what the nine others say.
@load(users=10, iterations=1)
@budget(
    "p95_fanout[message] < 2s",
    "count_fanout[message] == 90",
    "missing_receivers == 0",
    "errors == 0",
)
async def test_everybody_hears_everybody(live: LiveUser) -> None:
    await live.visit(ROOM.format(live.id))
    live.watch("message")
    await live.rendezvous("all in the room", users="all")

    async with (
        live.throttle("messages", rate="10/s"),
        live.broadcast("message") as sent,
    ):
        await live.fill("#msg_text", f"hello {sent.token}")
        await live.submit("#chat-form")

    for _ in range(9):
        await live.seen("message")
    await live.rendezvous("all have heard", users="all")
