"""Pages that are not one live view: views in a controller's page, hooks, another session."""

from pytest_liveview_load import Hook, LiveUser


async def test_a_controllers_page_may_hold_live_views(live: LiveUser) -> None:
    await live.visit("/dashboard")
    assert live.text("#dashboard") == "Dashboard"

    await live.click("#child-left-inc")
    await live.click("#child-right-inc")
    await live.click("#child-grand-inc")  # a view within one of the two
    assert live.text("#child-left-count") == "left: 1"
    assert live.text("#child-right-count") == "right: 11"
    assert live.text("#child-grand-count") == "grand: 101"

    await live.click("#to-a")  # a live link, which loads a page from here
    assert live.path == "/nav/a"
    assert live.title == "Nav A page 1 - Roost"


async def test_a_page_with_hooks_works_without_their_scripts(live: LiveUser) -> None:
    await live.visit("/hooks")

    await live.click("#push")
    assert await live.pushed("hello") == {"n": 1, "to": "you"}
    assert await live.push_event("ping", hook="#echo") == {"pong": 1}
    assert live.text("#pings") == "1"


async def test_what_a_hook_does_by_itself_can_be_written(live: LiveUser) -> None:
    class Turns(Hook):
        def dispatched(self, event: str, _detail: object) -> None:
            if event == "click":
                self.exec_js(self.attr("data-run"))

    live.hooks["RunsAndTells"] = Turns
    await live.visit("/hooked")

    await live.click("#turn")
    assert live.attr("#turn", "class") == "on"
    await live.click("#plain")  # a phx-click on an element whose hook nobody wrote
    assert live.all("#told li") == ["plain"]


async def test_a_link_may_lead_out_of_the_live_session(live: LiveUser) -> None:
    await live.visit("/nav/a")
    await live.click("#patch-2")

    await live.click("#navigate-other")
    assert live.path == "/other"
    assert live.text("#other") == "Another live_session"

    await live.back()
    assert live.path == "/nav/a?page=2"
    assert live.text("#page") == "2"
