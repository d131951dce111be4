"""Live components: each has a state of its own, and a click goes to the one it is in."""

from pytest_liveview_load import LiveUser, budget


async def test_a_component_counts_on_its_own(live: LiveUser) -> None:
    await live.visit("/live_components?n=12")

    await live.click("#lc-2-inc")
    await live.click("#lc-2-inc")
    assert [live.text("#lc-1 .n"), live.text("#lc-2 .n")] == ["0", "2"]

    await live.click("#badge-10-like")  # a component within a component
    await live.click("#lc-10-inc")
    assert live.text("#badge-10 i") == "1 likes of 1"


async def test_a_component_and_its_page_tell_each_other(live: LiveUser) -> None:
    await live.visit("/live_components?n=3")

    await live.click("#lc-3-tell")
    await live.until(lambda: live.has("#told", text="row 3"))
    await live.click("#update-1")
    await live.until(lambda: live.has("#lc-2 .note", text="from parent"))


async def test_what_is_removed_does_not_come_back(live: LiveUser) -> None:
    await live.visit("/live_components?n=3")
    await live.click("#lc-3-inc")

    await live.click("#remove")
    await live.click("#swap")
    await live.click("#add")
    names = live.all(".lc-row .name")
    assert names == ["Item 3", "Item 2", "Item 4"]
    assert live.all(".lc-row .n") == ["1", "0", "0"]


# A new component brings its values alone: its template is in the browser already.
@budget("max_diff_bytes[add] < 300B")
async def test_a_new_component_shares_the_template(live: LiveUser) -> None:
    await live.visit("/live_components?n=3")
    await live.click("#add")


# A row that moves costs a few bytes, however much is in it.
@budget("max_diff_bytes[group_reverse] < 150B")
async def test_keyed_entries_move_without_being_sent(live: LiveUser) -> None:
    await live.visit("/keyed")

    await live.click("#group_reverse")
    assert live.all("section h2") == ["c", "b", "a"]
    await live.click("#rotate")
    await live.click("#move_and_update")
    assert live.all("#items span")[:4] == ["Item 3", "Item 4", "Item 5", "Item 2 moved"]
