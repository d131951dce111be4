"""Long polling on a scripted server, as Phoenix.Transports.LongPoll answers it.

A poll waits until there are messages or `expire` ends it with nothing, and the
handlers of `ScriptedServer.on` answer as over a websocket.
"""

import asyncio
import json
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

from tests.liveview.client.scripted_server import (
    Answer,
    Asked,
    Said,
    ScriptedServer,
    Talk,
)

PATH = "/live/longpoll"


class PollTalk(Talk):
    """One session; what handlers send waits for the next poll."""

    def __init__(self, token: str) -> None:
        super().__init__(cast("asyncio.StreamWriter", None))
        self.token = token
        self.waiting: list[str] = []
        self.news = asyncio.Event()
        self.polls = 0  # that are waiting now

    def raw(self, text: str) -> None:
        self.waiting.append(text)
        self.news.set()

    def hang_up(self) -> None:
        self.news.set()

    def expire(self) -> None:
        """End the poll that waits, with nothing new."""
        self.news.set()


class Polling:
    """The long-poll endpoint of a scripted server. `say` overrides an answer's body."""

    def __init__(self, server: ScriptedServer) -> None:
        self.server = server
        self.sessions: list[PollTalk] = []
        self.asked: list[Asked] = []
        self.say: dict[str, Answer] = {}  # by method, for requests of a session
        self.first: Answer | None = None  # instead of a session
        self.bodies: list[str] = []
        server.slow_pages[PATH] = self.answer

    def session_of(self, asked: Asked) -> PollTalk | None:
        query = parse_qs(urlsplit(asked.target).query)
        (token,) = query.get("token", [""])
        return next((each for each in self.sessions if each.token == token), None)

    async def answer(self, asked: Asked) -> Answer:
        self.asked.append(asked)
        session = self.session_of(asked)
        if session is None:
            return self.first or self.open()
        if asked.method in self.say:
            return self.say[asked.method]
        if asked.method == "POST":
            self.bodies.append(asked.body)
            for line in asked.body.split("\n"):
                await self.server.message(session, Said(*json.loads(line)))
            return body(status=200)
        return await self.poll(session)

    def open(self) -> Answer:
        session = PollTalk(f"a token/{len(self.sessions)}+=")
        self.sessions.append(session)
        self.server.talks.append(session)
        return body(messages=[], status=410, token=session.token)

    async def poll(self, session: PollTalk) -> Answer:
        session.polls += 1
        async with self.server.news:
            self.server.news.notify_all()
        async with asyncio.timeout(5):
            await session.news.wait()
        session.news.clear()
        session.polls -= 1
        messages, session.waiting = session.waiting, []
        status = 200 if messages else 204
        return body(messages=messages, status=status, token=session.token)


def body(**said: Any) -> Answer:
    return Answer(json.dumps(said), headers={"content-type": "application/json"})
