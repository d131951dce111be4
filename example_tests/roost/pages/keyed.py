"""`/keyed`: lists whose entries are told apart by key, and one whose entries are not."""

from dataclasses import dataclass, replace
from typing import Any

from roost.components import Reply
from roost.layout import on_click
from roost.liveview import LiveView
from roost.rendered import Each, Rendered, Template, attribute

BUTTONS = (
    "reverse",
    "rotate",
    "insert_top",
    "insert_mid",
    "append",
    "remove_first",
    "remove_mid",
    "update_3",
    "move_and_update",
    "clear",
    "refill",
    "group_bump",
    "group_reverse",
    "member_add",
)
PAGE = Template(
    """
<h1>Keyed</h1>
{buttons}
<ol id="items">
  {items}
</ol>
<ul id="unkeyed">{unkeyed}</ul>
{groups}"""
)
BUTTON = Template("<button{id}{click}>{event}</button>")
ITEM = Template(
    """
<li id="item-{id}" class="{kind}">
    <span>{name}</span>{hot}
  </li>"""
)
HOT = Template("<b>hot</b>", block=True)
PLAIN = Template('<li id="plain-{id}">{name}</li>')
GROUP = Template(
    """
<section id="group-{id}">
  <h2>{id}</h2>
  {members}
</section>"""
)
MEMBER = Template('<p id="member-{id}">{id} = {value}</p>')
FIRST_ITEMS = 10
MIDDLE = 4  # where `insert_mid` puts an item, and `remove_mid` takes one


@dataclass(frozen=True, slots=True)
class Item:
    """One entry of the lists."""

    id: int
    name: str
    hot: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """A list of numbers by name."""

    id: str
    members: dict[str, int]


def fresh_items() -> list[Item]:
    """Return the items that the page begins with."""
    return [Item(number, f"Item {number}") for number in range(1, FIRST_ITEMS + 1)]


class KeyedLive(LiveView):
    """Moves, changes, adds and removes what its lists show."""

    view = "Roost.KeyedLive"
    title = "Keyed"

    async def mount(self) -> None:
        self.items = fresh_items()
        self.next = FIRST_ITEMS + 1
        self.groups = [
            Group(name, {f"{name}{number}": number for number in (1, 2, 3)})
            for name in "abc"
        ]

    async def handle_event(self, event: str, value: Any) -> Reply:
        if event.startswith(("group_", "member_")):
            self._change_groups(event)
        elif event in BUTTONS:
            self._change_items(event)
        else:
            return await super().handle_event(event, value)
        return None

    def _change_items(self, event: str) -> None:
        items = self.items
        match event:
            case "reverse":
                items.reverse()
            case "rotate":
                items.append(items.pop(0))
            case "insert_top":
                items.insert(0, self._new_item())
            case "insert_mid":
                items.insert(MIDDLE, self._new_item())
            case "append":
                items.append(self._new_item())
            case "remove_first":
                del items[:1]
            case "remove_mid":
                del items[MIDDLE : MIDDLE + 1]
            case "update_3":
                self.items = [
                    replace(item, name=f"{item.name}*", hot=True)
                    if item.id == 3
                    else item
                    for item in items
                ]
            case "move_and_update":
                moved = items.pop(0)
                items.insert(3, replace(moved, name=f"{moved.name} moved", hot=True))
            case "clear":
                items.clear()
            case "refill":
                self.items = fresh_items()

    def _change_groups(self, event: str) -> None:
        match event:
            case "group_bump":
                members = self.groups[1].members
                members.update({name: value + 100 for name, value in members.items()})
            case "group_reverse":
                self.groups.reverse()
            case "member_add":
                first = self.groups[0]
                first.members[f"{first.id}{self.next}"] = self.next
                self.next += 1

    def _new_item(self) -> Item:
        item = Item(self.next, f"Item {self.next}")
        self.next += 1
        return item

    def render(self) -> Rendered:
        items = [
            ITEM(
                id=item.id,
                kind="hot" if item.hot else "",
                name=item.name,
                hot=HOT() if item.hot else None,
            )
            for item in self.items
        ]
        plain = [PLAIN(id=item.id, name=item.name) for item in self.items]
        return PAGE(
            buttons=BUTTON_ROW,
            items=Each(ITEM, items, keys=[item.id for item in self.items]),
            unkeyed=Each(PLAIN, plain),
            groups=Each(
                GROUP,
                [GROUP(id=group.id, members=_members(group)) for group in self.groups],
                keys=[group.id for group in self.groups],
            ),
        )


def _members(group: Group) -> Each:
    members = [MEMBER(id=name, value=value) for name, value in group.members.items()]
    return Each(MEMBER, members, keys=group.members)


BUTTON_ROW = Each(
    BUTTON,
    [
        BUTTON(id=attribute("id", event), click=on_click(event), event=event)
        for event in BUTTONS
    ],
)
