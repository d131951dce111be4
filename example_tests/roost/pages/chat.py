"""`/chat?room=lobby&user=guest`: what one says, everybody in the room hears."""

import itertools
import time
from dataclasses import dataclass
from typing import Any

from roost.components import Reply
from roost.elixir import decode_form
from roost.liveview import LiveView
from roost.rendered import Html, Rendered, Template, attribute

PAGE = Template(
    """
<h1>Chat <span id="room">{room}</span> as <span id="user">{user}</span></h1>
<p id="status">{status}</p>
<p>Seen <span id="seen">{seen}</span></p>
<div id="messages" phx-update="stream">
  {messages}
</div>
{form}"""
)
MESSAGE = Template(
    '<p{dom_id}><b>{user}</b>: <span class="text">{text}</span> <time>{at}</time></p>'
)
# As `.form` renders: attributes, a method override, a CSRF token, what is inside.
FORM = Template("<form{attributes}>\n  {method}\n  {csrf}\n  {fields}\n</form>")
FIELDS = Template(
    """

  <input type="text" id="msg_text" name="msg[text]"{value}>
  <button id="send">send</button>

""",
    block=True,
)
FORM_ATTRIBUTES = Html(' phx-submit="send" phx-change="typing" id="chat-form"')
KEPT = 50  # messages that a browser keeps

numbers = itertools.count(1)  # as `System.unique_integer`: no two messages share one


@dataclass(frozen=True, slots=True)
class Joined:
    """Told to a room: somebody is there."""

    user: str


@dataclass(frozen=True, slots=True)
class Message:
    """Told to a room: somebody said something."""

    number: int
    user: str
    text: str
    at: int  # milliseconds since 1970


def message_row(dom_id: str, message: Message) -> Rendered:
    """Show one message."""
    return MESSAGE(
        dom_id=attribute("id", dom_id),
        user=message.user,
        text=message.text,
        at=message.at,
    )


class ChatLive(LiveView):
    """One person in one room."""

    view = "Roost.ChatLive"
    title = "Chat"

    async def mount(self) -> None:
        self.room = self.params.get("room", "lobby")
        self.user = self.params.get("user", "guest")
        self.status = self.text = ""
        self.seen = 0
        self.messages = self.stream(MESSAGE, message_row)
        if self.process is not None:
            pubsub, topic = self.server.pubsub, self._topic
            pubsub.subscribe(topic, self.process)
            pubsub.broadcast(topic, Joined(self.user), but=self.process)

    @property
    def _topic(self) -> str:
        return f"chat:{self.room}"

    async def handle_info(self, message: Any) -> None:
        match message:
            case Joined(user):
                self.status = f"{user} joined"
            case Message():
                self.seen += 1
                dom_id = f"messages-{message.number}"
                self.messages.insert(dom_id, message, limit=-KEPT)
            case _:
                await super().handle_info(message)

    async def handle_event(self, event: str, value: Any) -> Reply:
        match event:
            case "typing":
                self.text = decode_form(value["fields"])["msg"]["text"]
            case "send":
                text = decode_form(value["fields"])["msg"]["text"]
                self.text = ""
                at = time.time_ns() // 1_000_000
                message = Message(next(numbers), self.user, text, at)
                self.server.pubsub.broadcast(self._topic, message)
            case _:
                return await super().handle_event(event, value)
        return None

    def render(self) -> Rendered:
        return PAGE(
            room=self.room,
            user=self.user,
            status=self.status,
            seen=self.seen,
            messages=self.messages.each(),
            form=FORM(
                attributes=FORM_ATTRIBUTES,
                method=None,
                csrf=None,
                fields=FIELDS(value=attribute("value", self.text)),
            ),
        )
