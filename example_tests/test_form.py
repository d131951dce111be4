"""A form that is validated while one types; and a byte budget that needs no load."""

from pytest_liveview_load import LiveUser, budget


async def test_mistakes_are_shown_while_typing(live: LiveUser) -> None:
    await live.visit("/form")

    await live.fill("#user_name", "A")
    assert live.text("#user_name-error") == "is too short"
    assert not live.has("#user_email-error")  # nobody has been there yet

    await live.fill("#user_name", "Ada")
    assert not live.has("#user_name-error")


async def test_a_good_user_is_saved(live: LiveUser) -> None:
    await live.visit("/form")

    await live.fill(label="Name", value="Ada")
    await live.fill(label="Email", value="ada@example.org")
    await live.fill("#user_bio", "First line\nSecond line")
    await live.select("#user_role", "writer")
    await live.select("#user_langs", "elixir", "python")
    await live.choose("#user_plan_pro")
    await live.check("#user_tags_red")
    await live.check("#user_agree")
    await live.click("#save-draft")

    assert live.text("#flash-info") == "Saved"
    saved = live.text("#saved")
    assert '"name" => "Ada"' in saved
    assert '"langs" => ["elixir", "python"]' in saved
    assert '"commit" => "draft"' in saved  # the button that was clicked


# Bytes are the same for one user as for a thousand: this gates a change in a second.
@budget("max_diff_bytes[validate] < 2kB", "count_event[validate] == 8")
async def test_typing_stays_small_on_the_wire(live: LiveUser) -> None:
    await live.visit("/form")
    await live.type("#user_name", "Grace")
    assert live.text("#validations") == "1"  # phx-debounce holds back all but the last
    await live.type("#user_bio", "Admiral")
    assert live.text("#validations") == "8"
