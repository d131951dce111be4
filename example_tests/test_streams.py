"""A stream: items that live in the page alone, and that the server never sends twice."""

from pytest_liveview_load import LiveUser, budget


def names(live: LiveUser) -> list[str]:
    """Return the items' names, in the order a person sees them."""
    return live.all("#items span")


async def test_items_are_put_where_they_belong(live: LiveUser) -> None:
    await live.visit("/streams?n=3")
    assert names(live) == ["Item 1", "Item 2", "Item 3"]

    await live.click("#top")
    await live.click("#bottom")
    assert names(live) == ["Item 4", "Item 1", "Item 2", "Item 3", "Item 5"]

    await live.click("#items-2 a", text="x")
    await live.click("#items-3 a", text="touch")
    assert names(live) == ["Item 4", "Item 1", "Touched 3", "Item 5"]

    await live.click("#reset_empty")
    assert names(live) == []


# Inserting one item costs one item, however long the list is.
@budget("max_diff_bytes[top] < 400B")
async def test_a_new_item_is_all_that_is_sent(live: LiveUser) -> None:
    await live.visit("/streams?n=200")
    await live.click("#top")
    assert names(live)[:2] == ["Item 201", "Item 1"]
