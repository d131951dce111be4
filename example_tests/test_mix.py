"""Two kinds of people in one crowd, each with budgets of its own."""

from pytest_liveview_load import LiveUser, budget, load


@load(
    mix={"browse": 80, "join_in": 20}, users=20, ramp="1s", duration="3s", think="0.4s"
)
@budget(
    "p95_mount{browse} < 200ms",
    "p95_event[send]{join_in} < 100ms",
    "error_rate < 0.1%",
)
class TestPeople:
    """pytest finds one test here: TestPeople::test_mix."""

    async def browse(self, live: LiveUser) -> None:
        await live.visit("/function_components?n=10")
        await live.click("#row-1 a", text="touch")

    async def join_in(self, live: LiveUser) -> None:
        await live.visit(f"/chat?room=mix&user=user-{live.id}")
        await live.fill("#msg_text", "hello")
        await live.click("#send")
