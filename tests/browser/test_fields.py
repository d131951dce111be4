"""What fields hold after a patch, in Chromium with the real client and for our user."""

import asyncio
from pathlib import Path
from typing import Any, Final

import pytest

from benchmarks.chromium import Tab
from pytest_liveview_load.liveview.page import inputs
from pytest_liveview_load.liveview.user.visitor import Visitor
from tests.browser.person import perform
from tests.browser.test_chromium import DEADLINE, agree
from tests.real_client.side_by_side import our_user
from tests.replay.steps import perform as perform_ours
from tests.roost.process import RoostProcess

pytestmark = [pytest.mark.browser, pytest.mark.anyio]

PLACES: Final = ("plain", "apart", "inside", "ignored", "item")
TURN: Final = "key Escape in window"
FILLED: Final = (
    *("type 'ab' into #P-text", "type 'cd' into #P-area", "click #P-check"),
    *("click #P-r2", "set #P-one: e.value='b'"),
    "set #P-many: e.options[0].selected=true; e.options[1].selected=true",
)
# With the focus, then without, then by what renders the place itself.
STEPS: Final[dict[str, tuple[str, ...]]] = {
    **{
        f"{name} in {place}": (step.replace("P-", f"{place}-"), TURN, "click #served", TURN)
        for place in PLACES
        for name, step in zip(
            ("text", "textarea", "checkbox", "radio", "select", "select of several"),
            FILLED,
            strict=True,
        )
    },
    **{
        f"all of {place}, by {button}": (
            *(step.replace("P-", f"{place}-") for step in FILLED),
            f"click #{button}",
        )
        for place in PLACES
        for button in ("renew", "send", "touch", "save")
    },
    "a focused text that the server changes": (
        *("click #served", TURN, "type 'x' into #served", TURN, "click #plain-text"),
        *(TURN, "click #save", "type 'y' into #served", TURN),
    ),
    "a focused select": (
        *("click #chosen-label", TURN, "set #chosen: e.value='0'", TURN, TURN),
        *("click #plain-text", TURN, "click #chosen-label", TURN, "click #save"),
    ),
    "a focused select over a rejoin": (
        *("click #chosen-label", "set #chosen: e.value='2'"),
        *("liveSocket.disconnect and connect", TURN, "click #plain-text", TURN),
    ),
    "fields over a rejoin": (
        *(step.replace("P-", "plain-") for step in FILLED),
        *("liveSocket.disconnect and connect", TURN),
    ),
    "details": ("click #summary", TURN, "click #kept-summary", TURN, "click #kept-summary"),
    "a submit by a key": ("type 'a' into #plain-text", "key Enter in #plain-text", TURN),
}  # fmt: skip

HELD: Final = """(() => {
  const held = {};
  for (const each of document.querySelectorAll("#fields [id]:is(input, textarea, select)")) {
    held[each.id] = /checkbox|radio/.test(each.type) ? each.checked
      : each.multiple ? [...each.selectedOptions].map(option => option.value) : each.value;
  }
  const focused = document.activeElement.id;
  return {held, focused: focused in held ? focused : null};
})()"""


def held(live: Visitor) -> dict[str, Any]:
    visible = live._visible()
    found: dict[str, Any] = {}
    for key, field in visible.document.fields.by_key.items():
        if field.element.tag == "button":
            continue
        if field.type in ("checkbox", "radio"):
            found[key] = inputs.is_checked(visible, field.element)
        elif field.type == "select-multiple":
            found[key] = inputs.selected_values(visible, field.element)
        else:
            found[key] = inputs.current_value(visible, field.element)
    return {"held": found, "focused": visible.forms.focused}


async def hold_the_same(tab: Tab, live: Visitor, after: str) -> None:
    await agree(tab, live, after)
    loop = asyncio.get_running_loop()
    end = loop.time() + DEADLINE
    while (theirs := await tab.run(HELD)) != (ours := held(live)):
        told = f"after {after!r} Chromium has {theirs},\nwe have {ours}"
        assert loop.time() < end, told
        await asyncio.sleep(0.01)


@pytest.mark.parametrize("sentences", STEPS.values(), ids=STEPS)
async def test_fields_hold_in_chromium_what_they_hold_here(
    roost: RoostProcess, tab: Tab, tmp_path: Path, sentences: tuple[str, ...]
) -> None:
    async with our_user(roost.url) as live:
        tab.events.clear()
        await tab.go(f"{roost.url}/fields")
        await live.visit("/fields")
        await hold_the_same(tab, live, "open /fields")
        for sentence in sentences:
            await perform(tab, sentence, tmp_path)
            await perform_ours(live, sentence)
            await hold_the_same(tab, live, sentence)
