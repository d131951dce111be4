"""A session: logging in by a plain form, a page for members, logging out."""

from pytest_liveview_load import LiveUser


async def log_in(live: LiveUser, name: str) -> None:
    """Log in as `name`; a step that several tests share is a plain function."""
    await live.visit("/login")
    await live.fill("#user_name", name)
    await live.fill("#user_password", "roost")
    await live.submit("#login-form")


async def test_members_see_the_secret(live: LiveUser) -> None:
    await log_in(live, "ann")

    assert live.path == "/secret"
    assert live.text("#flash-info") == "Welcome ann"

    await live.click("#peek")
    assert live.text("#peeks") == "1"


async def test_strangers_are_sent_to_the_login(live: LiveUser) -> None:
    await live.visit("/secret")

    assert live.path == "/login"
    assert live.text("#flash-error") == "You must log in"


async def test_logging_out_closes_the_door(live: LiveUser) -> None:
    await log_in(live, "ann")

    await live.click("#logout")
    assert live.path == "/login"

    await live.visit("/secret")
    assert live.path == "/login"
