"""`/function_components`: a hundred rows of nested function components.

A component here is a pure function of its arguments, so it is cached: a row that did not
change is the same object as before, and costs nothing to compare.
"""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from roost.components import Reply
from roost.liveview import LiveView
from roost.rendered import Each, Html, Rendered, Template, Value, attribute

PAGE = Template(
    """
<h1>Function components</h1>
<button id="one" phx-click="one" phx-value-id="50">change row 50</button>
<button id="all" phx-click="all">change all</button>
<button id="drop" phx-click="drop">drop last</button>
{generation}
<div id="rows">
  {rows}
</div>"""
)
BADGE = Template('<b class="{kind}"{rest}>{label}:{number}</b>')
ROW = Template(
    """
<div{id} class="row {hot}">
  {columns}
  {actions}
</div>"""
)
COLUMN = Template('<span class="col" data-label="{label}">{content}</span>')
ACTIONS = Template('<span class="actions">{link}</span>')
TOUCH = Template('<a href="#" phx-click="one"{id}>touch</a>')


@dataclass(frozen=True, slots=True)
class Row:
    """One row's data."""

    id: int
    name: str
    number: int
    hot: bool = False


def badge(label: str, number: int, rest: Html) -> Rendered:
    """Show a number whose colour depends on it."""
    kind = f"badge badge-{number % 3}"
    return BADGE(kind=kind, rest=rest, label=label, number=number)


@lru_cache(maxsize=4096)
def row(data: Row) -> Rendered:
    """Show one row with its columns and its action."""
    columns: dict[str, Value] = {
        "id": str(data.id),
        "name": data.name,
        "badge": badge("n", data.number, Html("")),
    }
    return ROW(
        id=attribute("id", f"row-{data.id}"),
        hot="hot" if data.hot else "",
        columns=Each(
            COLUMN,
            [COLUMN(label=label, content=columns[label]) for label in columns],
        ),
        actions=ACTIONS(link=TOUCH(id=attribute("phx-value-id", str(data.id)))),
    )


@lru_cache(maxsize=256)
def generation_badge(generation: int) -> Rendered:
    """Show how often all rows were changed."""
    return badge("gen", generation, Html(' id="generation" title="generation"'))


class FunctionComponentsLive(LiveView):
    """Changes one row, all rows, or drops one."""

    view = "Roost.FunctionComponentsLive"
    title = "Function components"

    async def mount(self) -> None:
        count = int(self.params.get("n", "100"))
        self.generation = 0
        self.rows = [Row(n, f"Row {n}", n) for n in range(1, count + 1)]

    async def handle_event(self, event: str, value: Any) -> Reply:
        match event:
            case "one":
                self.rows = [
                    replace(each, number=each.number + 1000, hot=not each.hot)
                    if each.id == int(value["id"])
                    else each
                    for each in self.rows
                ]
            case "all":
                self.generation += 1
                self.rows = [
                    replace(each, name=f"{each.name}!", number=each.number + 1)
                    for each in self.rows
                ]
            case "drop":
                self.rows = self.rows[:-1]
            case _:
                return await super().handle_event(event, value)
        return None

    def render(self) -> Rendered:
        return PAGE(
            generation=generation_badge(self.generation),
            rows=Each(ROW, [row(each) for each in self.rows]),
        )
