"""Locust, as its documentation does websockets: a User, `websocket-client`, request events.

`--http fast` loads pages with FastHttpUser's client, `--http requests` with HttpUser's.
"""

import argparse
import itertools
import time
from typing import Any, ClassVar

import gevent  # type: ignore[import-untyped]
import gevent.event  # type: ignore[import-untyped]
import gevent.lock  # type: ignore[import-untyped]
import gevent.pool  # type: ignore[import-untyped]
import gevent.queue  # type: ignore[import-untyped]
import websocket
from locust import FastHttpUser, HttpUser, between
from locust.env import Environment
from locust.exception import StopUser

from benchmarks.contenders.dead_render import Dead, check
from benchmarks.contenders.orders import (
    BUSY,
    HOLD,
    LONGEST_PAUSE,
    MOUNT,
    PACED,
    TOGETHER,
    measured,
    orders,
)


def step(user: Any) -> None:
    """One event, as a Locust task; ends the loop when none are left."""
    if not user.left:
        raise StopUser
    user.left -= 1
    user.increment(1)


class LiveViewSteps:
    """The same steps for both kinds of user; each request is told to Locust's statistics."""

    client: Any
    environment: Environment
    wait_time = between(0, LONGEST_PAUSE)
    tasks: ClassVar[list[Any]] = [step]
    left = 0

    def wander(self, times: int) -> None:
        """Take `times` steps in Locust's own task loop, with its pauses."""
        self.left = times
        self.run()  # type: ignore[attr-defined]

    def visit(self, url: str) -> None:
        response = self.client.get("/counter")
        self.dead = Dead.read(url, response.text)
        self.refs = itertools.count(2)
        self.socket = websocket.create_connection(self.dead.socket_url, timeout=10)
        self.ask("join", self.dead.join(), 1)

    def increment(self, times: int) -> None:
        for _ in range(times):
            ref = next(self.refs)
            self.ask("inc", self.dead.increment(ref), ref)

    def ask(self, name: str, text: str, ref: int) -> None:
        started = time.perf_counter()
        self.socket.send(text)
        reply = self.socket.recv()
        self.environment.events.request.fire(  # type: ignore[no-untyped-call]
            request_type="WS",
            name=name,
            response_time=(time.perf_counter() - started) * 1000,
            response_length=len(reply),
            exception=None,
            context={},
        )
        check(reply, ref)

    def leave(self) -> None:
        self.socket.send(self.dead.leave(next(self.refs)))
        self.socket.close()


class FastUser(LiveViewSteps, FastHttpUser):
    """Loads pages with geventhttpclient."""


class RequestsUser(LiveViewSteps, HttpUser):
    """Loads pages with requests."""


KINDS: dict[str, Any] = {"fast": FastUser, "requests": RequestsUser}


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("base")
    options.add_argument("--http", choices=KINDS, default="fast")
    chosen = options.parse_args()
    kind = KINDS[chosen.http]
    kind.host = chosen.base
    environment = Environment(user_classes=[kind], host=chosen.base)
    environment.create_local_runner()  # connects the statistics to request events
    users: list[LiveViewSteps] = []

    def mount() -> None:
        user = kind(environment)
        user.visit(f"{chosen.base}/counter")
        users.append(user)

    def hold(mounted: gevent.queue.Queue) -> None:
        with together:
            mount()
        mounted.put(None)
        gevent.event.Event().wait()

    together = gevent.lock.BoundedSemaphore(TOGETHER)
    holding = []
    for verb, amount in orders():
        greenlets = []
        with measured():
            if verb == MOUNT:
                pool = gevent.pool.Pool(TOGETHER)
                greenlets = [pool.spawn(mount) for _ in range(amount)]
            elif verb == HOLD:
                mounted = gevent.queue.Queue()
                holding = [gevent.spawn(hold, mounted) for _ in range(amount)]
                for _ in holding:
                    mounted.get()
            elif verb == BUSY:
                greenlets = [gevent.spawn(user.increment, amount) for user in users]
            elif verb == PACED:
                greenlets = [gevent.spawn(user.wander, amount) for user in users]
            else:
                greenlets = [gevent.spawn(user.leave) for user in users]
                users.clear()
            gevent.joinall(greenlets, raise_error=True)


if __name__ == "__main__":
    main()
