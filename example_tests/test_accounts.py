"""Data: each virtual user logs in with an account of its own, from a file beside this one."""

from pytest_liveview_load import LiveUser, budget, load


@load(users=4, iterations=2, data="users.csv")
@budget("errors == 0", "p50_mount < 1s")
async def test_members_under_load(live: LiveUser) -> None:
    await live.visit("/login")
    await live.fill("#user_name", live.row["name"])
    await live.fill("#user_password", "roost")
    await live.submit("#login-form")
    assert live.text("#flash-info") == f"Welcome {live.row['name']}"

    for _ in range(int(live.row["peeks"])):
        await live.click("#peek")
    assert live.text("#peeks") == live.row["peeks"]
