"""A small app on pyview, a LiveView server written by others; its dialect is 0.20.

python -m tests.peers.pyview_app     # prints its port, serves until SIGTERM
"""

import socket
import sys
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import ParseResult

import uvicorn
from pyview import LiveView, PyView
from pyview.meta import PyViewMeta
from pyview.stream import Stream
from pyview.template import LiveRender, LiveTemplate, Template

Params = dict[str, Any]


class Socket(Protocol):
    """What the views below use of pyview's socket, connected or not."""

    context: Any
    live_title: str | None

    async def push_patch(self, path: str, params: Params) -> None: ...
    async def push_navigate(self, path: str, params: Params) -> None: ...


class Page(LiveView[Any]):  # type: ignore[misc]  # pyview is not typed for us
    """A view whose template stands in its class."""

    template = ""

    async def render(self, assigns: Any, meta: PyViewMeta) -> LiveRender:
        return LiveRender(LiveTemplate(Template(self.template)), assigns, meta)


@dataclass
class Count:
    count: int = 0
    step: int = 1
    visits: int = 0


class CounterPage(Page):
    template = """
    <h1>Counter</h1>
    <p>Count: <span id="count">{{count}}</span> by <b id="step">{{step}}</b></p>
    {% if count > 9 %}<p id="many">That is many</p>{% endif %}
    <button id="inc" phx-click="inc">+</button>
    <button id="add" phx-click="add" phx-value-by="10">+10</button>
    <button id="off" phx-click="inc" disabled>never</button>
    <a id="by-five" href="/?step=5" data-phx-link="patch" data-phx-link-state="push">by 5</a>
    <button id="by-seven" phx-click="by-seven">by 7</button>
    <a id="to-items" href="/items" data-phx-link="redirect" data-phx-link-state="push">items</a>
    <button id="push-to-items" phx-click="push-to-items">items</button>
    """

    async def mount(self, socket: Socket, session: Params) -> None:
        socket.context = Count()
        socket.live_title = "Counter"

    async def handle_params(
        self, url: ParseResult, params: Params, socket: Socket
    ) -> None:
        socket.context.step = int(params.get("step", ["1"])[0])

    async def handle_event(self, event: str, payload: Params, socket: Socket) -> None:
        if event == "inc":
            socket.context.count += socket.context.step
        elif event == "add":
            socket.context.count += int(payload["by"])
        elif event == "by-seven":
            await socket.push_patch("/", {"step": "7"})
        elif event == "push-to-items":
            await socket.push_navigate("/items", {})


@dataclass
class Signup:
    name: str = ""
    plan: str = "free"
    news: bool = False
    changed: str = ""
    error: str = ""
    saved: str = ""


class FormPage(Page):
    template = """
    <h1>Sign up</h1>
    <form id="signup" phx-change="validate" phx-submit="save">
      <label for="name">Your name</label>
      <input id="name" name="name" value="{{name}}">
      {% if error %}<p id="error">{{error}}</p>{% endif %}
      <select id="plan" name="plan">
        <option value="free">Free</option>
        <option value="pro" {% if plan == "pro" %}selected{% endif %}>Pro</option>
      </select>
      <input id="news" type="checkbox" name="news" value="yes"
        {% if news %}checked{% endif %}>
      <button>Save</button>
    </form>
    <p>Changed: <span id="changed">{{changed}}</span></p>
    <p>Saved: <span id="saved">{{saved}}</span></p>
    """

    async def mount(self, socket: Socket, session: Params) -> None:
        socket.context = Signup()

    async def handle_event(self, event: str, payload: Params, socket: Socket) -> None:
        form: Signup = socket.context
        form.name = payload.get("name", [""])[0]
        form.plan = payload["plan"][0]
        form.news = "news" in payload
        form.error = "" if len(form.name) > 1 else "is too short"
        if event == "validate":
            form.changed = payload["_target"][0]
        elif not form.error:
            news = "with news" if form.news else "without news"
            form.saved = f"{form.name} ({form.plan}, {news})"


@dataclass
class Item:
    id: int
    text: str


@dataclass
class Items:
    stream: "Stream[Item]" = field(
        default_factory=lambda: Stream([Item(1, "one"), Item(2, "two")], name="items")
    )
    next: int = 3


class ItemsPage(Page):
    template = """
    <h1>Items</h1>
    <p>Next: <span id="next">{{next}}</span></p>
    <button id="append" phx-click="append">append</button>
    <button id="prepend" phx-click="prepend">prepend</button>
    <button id="update" phx-click="update">update</button>
    <button id="delete" phx-click="delete">delete</button>
    <button id="reset" phx-click="reset">reset</button>
    <ul id="items" phx-update="stream">
      {% for dom_id, item in stream %}<li id="{{dom_id}}">{{item.text}}</li>{% endfor %}
    </ul>
    <a id="to-counter" href="/" data-phx-link="redirect" data-phx-link-state="push">counter</a>
    """

    async def mount(self, socket: Socket, session: Params) -> None:
        socket.context = Items()
        socket.live_title = "Items"

    async def render(self, assigns: Items, meta: PyViewMeta) -> LiveRender:
        return await super().render(vars(assigns), meta)

    async def handle_event(self, event: str, payload: Params, socket: Socket) -> None:
        items: Items = socket.context
        if event in ("append", "prepend"):
            item = Item(items.next, f"item {items.next}")
            items.stream.insert(item, at=-1 if event == "append" else 0)
            items.next += 1
        elif event == "update":
            items.stream.insert(Item(1, "one, again"), update_only=True)
        elif event == "delete":
            items.stream.delete_by_id("items-2")
        elif event == "reset":
            items.stream.reset([Item(7, "seven")])


def app() -> PyView:
    """Return the app with its pages."""
    pages = PyView()
    pages.add_live_view("/", CounterPage)
    pages.add_live_view("/form", FormPage)
    pages.add_live_view("/items", ItemsPage)
    return pages


def main() -> None:
    listening = socket.create_server(("127.0.0.1", 0))
    sys.stdout.write(f"{listening.getsockname()[1]}\n")
    sys.stdout.flush()
    uvicorn.Server(uvicorn.Config(app(), log_level="warning")).run(sockets=[listening])


if __name__ == "__main__":
    main()
