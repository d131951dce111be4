"""Moving about: patches within a view, navigation between views, and plain page loads."""

from pytest_liveview_load import LiveUser


async def test_a_patch_stays_in_the_view(live: LiveUser) -> None:
    await live.visit("/nav/a")

    await live.click("#patch-2")
    assert live.text("#page") == "2"
    assert live.path == "/nav/a?page=2"
    assert live.text("#handled") == "2"  # the view lives on and counts

    await live.click("#push-patch")
    assert live.text("#page") == "7"
    assert live.title == "Nav A page 7 - Roost"


async def test_navigation_mounts_another_view(live: LiveUser) -> None:
    await live.visit("/nav/a")

    await live.click("a", text="navigate to b")
    assert live.path == "/nav/b?from=a"
    assert live.text("#from") == "a"

    await live.click("#patch-item")
    assert live.path == "/nav/b/42?from=patch"
    assert live.text("#item") == "42"


async def test_the_server_may_send_one_on(live: LiveUser) -> None:
    await live.visit("/nav/a")

    await live.click("#flash-navigate")
    assert live.path == "/nav/b?from=flash"
    assert live.text("#flash-info") == "Carried over"

    await live.click("#navigate-a")
    await live.click("#redirect")
    assert live.path == "/plain"
    assert live.text("#plain") == "No LiveView here"


async def test_another_live_session_is_a_new_page(live: LiveUser) -> None:
    await live.visit("/nav/a")
    await live.click("#navigate-other")

    assert live.path == "/other"
    assert live.text("#other") == "Another live_session"


async def test_back_leads_where_one_was(live: LiveUser) -> None:
    await live.visit("/nav/a")
    await live.click("#patch-2")
    await live.click("#navigate-b")

    await live.back()
    assert live.text("#page") == "2"
    await live.back()
    assert live.text("#page") == "1"
