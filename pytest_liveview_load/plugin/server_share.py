"""One app for all xdist workers: they ask the controller, who starts it for the first.

A worker sends one question at a time and waits for its answer; the controller
answers on a thread per question, because execnet's receiver thread must never wait. Only
plain data crosses: a question is a word, an answer a dict of texts.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

from pytest_liveview_load.errors import ServerFailed

if TYPE_CHECKING:
    from execnet import Channel

    from pytest_liveview_load.plugin.server import AppServer

URL: Final = "url"
CRASH_REPORT: Final = "crash_report"
# Seconds beyond the server's own timeout: the link may be slow and not dead.
SPARE: Final = 30.0


class ServerShare:
    """The controller's side: answers every worker's questions about one server."""

    def __init__(self, server: AppServer) -> None:
        self._server = server
        # Kept here, for a channel that is dropped stops calling back.
        self._channels: list[Channel] = []

    def serve(self, channel: Channel) -> None:
        """Answer what comes in on `channel`, until it closes."""
        self._channels.append(channel)
        channel.setcallback(lambda question: self._answer_later(channel, question))

    def _answer_later(self, channel: Channel, question: str) -> None:
        threading.Thread(
            target=self._answer, args=(channel, question), daemon=True
        ).start()

    def _answer(self, channel: Channel, question: str) -> None:
        server, answer = self._server, dict[str, object]()
        try:
            answer["told"] = server.url() if question == URL else server.crash_report()
        except ServerFailed as failure:
            answer = {
                "command": failure.command,
                "problem": failure.problem,
                "last_lines": list(failure.last_lines),
            }
        try:
            channel.send(answer)
        except OSError:
            return  # the worker is gone


class RemoteServer:
    """A worker's side: asks the controller. Not for several threads at once."""

    def __init__(self, channel: Channel, server_timeout: float) -> None:
        self._channel = channel
        self._patience = server_timeout + SPARE

    def url(self) -> str:
        """Return the app's address, once it answers there. Raises ServerFailed."""
        return self._ask(URL)

    def crash_report(self) -> str:
        """Return "" unless the app was started and has died; else how, and its words."""
        return self._ask(CRASH_REPORT)

    def _ask(self, question: str) -> str:
        self._channel.send(question)
        answer = self._channel.receive(self._patience)
        if "told" not in answer:
            raise ServerFailed(**answer)
        return str(answer["told"])
