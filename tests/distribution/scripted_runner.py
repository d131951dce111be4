"""A runner in a process of its own, as far as the controller sees: it keeps to a script.

It is sent to an execnet gateway as it stands, and imports what is installed there.
"""

import sys
import threading
import time
import traceback
from statistics import median
from typing import Any

from pytest_liveview_load.distribution.messages import (
    Blocked,
    CheckBlocked,
    End,
    Finished,
    Hello,
    Numbers,
    Ping,
    Pong,
    Prepare,
    Ready,
    RunnerInfo,
    Start,
    Stop,
    SyncAnswer,
    SyncCall,
    SyncPost,
    decode,
    encode,
    package_version,
)
from pytest_liveview_load.distribution.packed import PackedOutcome
from pytest_liveview_load.distribution.serialize import to_plain
from pytest_liveview_load.distribution.snapshots import pack
from pytest_liveview_load.metrics.snapshot import Snapshot

EVERY = 0.2  # seconds between numbers
PATIENCE = 20.0
TURNS = 200
ONE_BY_ONE = to_plain([None, None, 1])  # what a throttle allows


class ScriptedRunner:
    """Answers in the thread that receives; its user is in the main thread.

    `script` is what the user does: "meet" others, take "turns", "block", or nothing.
    """

    def __init__(self, channel: Any, script: str) -> None:
        self.channel = channel
        self.script = script
        self.run = ""
        self.share = 0
        self.at = 0.0
        self.started = threading.Event()
        self.stopped = threading.Event()
        self.answers: dict[int, Any] = {}
        self.answered = threading.Condition()
        self.number = 0
        self.main = threading.get_ident()

    def say(self, *messages: Any) -> None:
        self.channel.send(encode(*messages))

    def hear(self, data: bytes | None) -> None:
        for message in decode(data) if data is not None else ():
            match message:
                case Hello(run):
                    self.run = run
                    python = ".".join(map(str, sys.version_info[:3]))
                    self.say(RunnerInfo(run, python, package_version(), "localhost"))
                case Prepare(run, _, share):
                    self.share = share.first
                    self.say(Ready(run))
                case Ping(run, number):
                    self.say(Pong(run, number, time.perf_counter()))
                case Start(_, at, offset):
                    self.at = at + offset
                    self.started.set()
                case CheckBlocked(run):
                    frame = sys._current_frames()[self.main]
                    stack = "".join(traceback.format_stack(frame))
                    self.say(Blocked(run, 5.0, stack))
                case SyncAnswer():
                    with self.answered:
                        self.answers[message.call] = message
                        self.answered.notify_all()
                case Stop() | End():
                    self.stopped.set()

    def ask(self, number: int, verb: str, *args: Any) -> Any:
        self.say(SyncCall(self.run, number, self.share, verb, args))
        with self.answered:
            self.answered.wait_for(lambda: number in self.answers, PATIENCE)
            return self.answers[number]

    def tell(self) -> None:
        self.number += 1
        now = time.perf_counter()
        numbers = pack(Snapshot(counts={"iterations": self.number}, seconds=1.0))
        elapsed = now - self.at
        self.say(Numbers(self.run, numbers, 1, elapsed, self.at))

    def play(self) -> str:
        """Do what the script says, and return what came of it."""
        self.say(SyncPost(self.run, "enter", (self.share,)))
        match self.script:
            case "meet":
                terms = to_plain(["all", "fail", 10.0])
                met = self.ask(1, "meet", "door", terms, to_plain(f"of {self.share}"))
                return (
                    repr(met.value) if isinstance(met, SyncAnswer) else repr(met.error)
                )
            case "turns":
                return self.take_turns()
            case "block":
                time.sleep(60)
            case "nonsense":
                self.say(SyncPost(self.run, "dance"))
            case "garbage":
                self.channel.send(b"\x92 no batch")
        return ""

    def take_turns(self) -> str:
        times = []
        for number in range(TURNS):
            began = time.perf_counter()
            answer = self.ask(number, "take_turn", to_plain("buy"), ONE_BY_ONE)
            assert answer.error is None, answer
            times.append(time.perf_counter() - began)
            self.say(SyncPost(self.run, "end_turn", ("buy",)))
        return f"{median(times):.6f}"

    def serve(self) -> None:
        self.channel.setcallback(self.hear, endmarker=None)
        if not self.started.wait(PATIENCE):
            return
        time.sleep(max(0.0, self.at - time.perf_counter()))
        self.tell()
        came_of_it = self.play()
        end = time.perf_counter() + PATIENCE
        while not self.stopped.wait(EVERY) and time.perf_counter() < end:
            self.tell()
        last = pack(Snapshot(counts={"iterations": self.number}, seconds=1.0))
        notes = (came_of_it,) if came_of_it else ()
        outcome = PackedOutcome(snapshot=last, began=self.at, elapsed=1.0, notes=notes)
        self.say(Finished(self.run, outcome))
        self.channel.waitclose(PATIENCE)


if __name__ == "__channelexec__":
    channel: Any = vars()["channel"]  # execnet puts it there
    ScriptedRunner(channel, channel.receive()).serve()
