"""Long polling: a Phoenix socket carried by HTTP requests, as longpoll.js does it.

One GET waits at the server for messages while one POST at a time brings ours, those
of the same moment together. An answer is stamped when its last byte has arrived. What
the session cannot survive is told once to the receiver, who dials anew.
"""

import asyncio
import base64
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final
from urllib.parse import quote

import msgspec

from pytest_liveview_load.errors import ConnectionFailed, StepError, WrongAddress
from pytest_liveview_load.liveview.client.http import HttpClient
from pytest_liveview_load.liveview.client.http_transport import TIMES, Times
from pytest_liveview_load.liveview.client.network import Receiver
from pytest_liveview_load.liveview.client.refusals import AT_FAULT, why_refused
from pytest_liveview_load.liveview.client.tls import origin_of, printable_url

# As constants.js MAX_LONGPOLL_BATCH_SIZE: messages of one POST.
MAX_BATCH: Final = 100
# As socket.js longpollerTimeout, twice the server's own: seconds of any request.
POLL_TIMEOUT: Final = 20.0
UNQUOTED: Final = "!'()*~"  # by encodeURIComponent, beside letters and digits
NDJSON: Final = "application/x-ndjson"
JSON: Final = "application/json"

# The status within the answer's body; HTTP's own is 200 for all of these.
MESSAGES: Final = 200
NOTHING_NEW: Final = 204
FORBIDDEN: Final = 403
SESSION: Final = 410  # a new one when we have none, else ours is gone

# What closeAndRetry and close report, as close codes of a websocket.
TIMED_OUT: Final = 1005
REFUSED: Final = 1008
SERVER_ERROR: Final = 1011
SESSION_GONE: Final = 3410

# By the status of a poll's answer.
ENDS: Final = {
    SESSION: (SESSION_GONE, "session_gone"),
    FORBIDDEN: (REFUSED, "forbidden"),
}


class Answer(msgspec.Struct):
    """The body of every answer."""

    status: int
    token: str | None = None
    messages: list[str] = []


answers = msgspec.json.Decoder(Answer)


@dataclass(slots=True, eq=False, repr=False)
class LongPoll:
    """An open session. Owns its requests; `receiver` is told what arrives."""

    carrier: ClassVar[str] = "long poll"
    # As skipHeartbeat: each poll shows that somebody is there.
    beats: ClassVar[bool] = False

    url: str  # of the long poll, with the connect params, without the token
    http: HttpClient
    spawn: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]]
    referer: str = ""
    token: str | None = None
    receiver: Receiver | None = None
    on_end: Callable[[], None] | None = None
    taken: bool = False  # whether the server has taken a message of ours
    outbox: list[str] = field(default_factory=list)
    polling: asyncio.Task[None] | None = None
    posting: asyncio.Task[None] | None = None

    def attach(self, receiver: Receiver) -> None:
        """Begin to poll for `receiver`."""
        self.receiver = receiver
        self.polling = self.spawn(self.poll())

    # Sending

    def send(self, payload: bytes) -> float:
        """Hand over one text message; return when."""
        return self.put(payload.decode())

    def send_binary(self, payload: bytes) -> float:
        """Hand over one binary message, which goes as base64; return when."""
        return self.put(base64.b64encode(payload).decode())

    def put(self, line: str) -> float:
        """File one line for the next POST; it gathers what is sent in the same moment."""
        self.outbox.append(line)
        if self.posting is None and self.receiver is not None:
            self.posting = self.spawn(self.post())
        return self.http.clock()

    async def post(self) -> None:
        """Post what there is, batch by batch, until there is no more."""
        while self.outbox:
            lines, self.outbox = self.outbox, []
            for start in range(0, len(lines), MAX_BATCH):
                body = "\n".join(lines[start : start + MAX_BATCH])
                answered = await self.asked("POST", body)
                if answered is None:
                    return
                status = answered[0].status
                if status == FORBIDDEN and not self.taken:
                    self.refused(status)
                    return
                if status != MESSAGES:
                    self.gone(SERVER_ERROR, f"a message was answered with {status}")
                    return
                self.taken = True
        self.posting = None

    # Receiving

    async def poll(self) -> None:
        """Ask for messages, again and again, until the session is over."""
        while self.receiver is not None:
            answered = await self.asked("GET")
            if answered is None:
                return
            answer, arrived = answered
            self.token = answer.token
            if answer.status == MESSAGES:
                self.deliver(answer.messages, arrived)
            elif answer.status != NOTHING_NEW:
                other = SERVER_ERROR, f"a poll was answered with {answer.status}"
                self.gone(*ENDS.get(answer.status, other))

    def deliver(self, messages: list[str], arrived: float) -> None:
        """Hand messages to the receiver, until one makes it close us."""
        try:
            for message in messages:
                if self.receiver is None:
                    return
                self.receiver.message_received(message.encode(), arrived)
        except Exception:
            # As asyncio ends a connection whose protocol raises: nobody waits in vain.
            self.gone(SERVER_ERROR, "a message could not be taken")
            raise

    async def asked(
        self, method: str, body: str | None = None
    ) -> tuple[Answer, float] | None:
        """Return an answer and when it came; None when the session has ended by it."""
        try:
            async with asyncio.timeout(POLL_TIMEOUT):
                return await self.ask(method, body)
        except TimeoutError:
            self.gone(TIMED_OUT, "timeout")
        except ConnectionFailed as error:
            self.gone(SERVER_ERROR, error.reason)
        except StepError as error:
            self.gone(SERVER_ERROR, str(error))
        return None

    async def ask(self, method: str, body: str | None = None) -> tuple[Answer, float]:
        """Send one request; raises ConnectionFailed when its answer is no long poll's."""
        # As Ajax.appendParams: without a token it leaves the "&" behind.
        token = "" if self.token is None else f"token={quote(self.token, UNQUOTED)}"
        request = self.http.request(
            method,
            f"{self.url}&{token}",
            body=body,
            accept=JSON if method == "GET" else "*/*",
            content_type=NDJSON,
            referer=self.referer,
        )
        response = await self.http.exchange(request)
        times: Times = response.extensions[TIMES]
        try:
            return answers.decode(response.content), times.arrived
        except msgspec.MsgspecError:
            location = response.headers.get("location", "")
            raise self.refusal(response.status_code, location) from None

    def refusal(self, status: int, location: str = "") -> ConnectionFailed:
        """Return the error that says what a request was answered with."""
        origin = origin_of(self.referer or self.url)
        told = why_refused(self.carrier, status, origin=origin, location=location)
        kind = WrongAddress if status in AT_FAULT else ConnectionFailed
        return kind(printable_url(self.url), told)

    # Ending

    def close(self) -> None:
        """Stop asking; the server forgets the session when nobody polls any more.

        As longpoll.js stop: what was not posted yet never is.
        """
        self.receiver = None
        self.outbox.clear()
        current = asyncio.current_task()
        for task in (self.polling, self.posting):
            if task is not None and task is not current:
                task.cancel()
        on_end, self.on_end = self.on_end, None
        if on_end is not None:
            on_end()

    def abort(self) -> None:
        """Drop the connection without a word, which is all that closing is here."""
        self.close()

    def gone(self, code: int, reason: str) -> None:
        """End the session and tell the receiver, once."""
        receiver = self.receiver
        self.close()
        if receiver is not None:
            receiver.connection_gone(code, reason, self.http.clock())

    def refused(self, status: int) -> None:
        """End the session for good: to ask anew would be answered alike.

        The first poll of a browser has no Origin, only what it posts is refused for it.
        """
        receiver = self.receiver
        self.close()
        if receiver is not None:
            receiver.connection_failed(self.refusal(status), self.http.clock())


async def open_longpoll(
    longpoll: LongPoll,
    timeout: float,  # noqa: ASYNC109 - the error must name what was waited for
) -> float:
    """Get a session; return when it was there.

    Raises ConnectionFailed, also when it takes longer than `timeout` seconds.
    """
    url = printable_url(longpoll.url)
    try:
        async with asyncio.timeout(timeout):
            answer, arrived = await longpoll.ask("GET")
    except TimeoutError:
        raise ConnectionFailed(url, f"no long poll within {timeout:g}s") from None
    except ConnectionFailed:
        raise
    except StepError as error:
        raise ConnectionFailed(url, str(error)) from None
    if answer.status != SESSION or answer.token is None:
        raise longpoll.refusal(answer.status)
    longpoll.token = answer.token
    return arrived
