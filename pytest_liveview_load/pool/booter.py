"""The process that boots hosts and stops them, and that outlives who has it do so.

Law: what it was told to boot it stops: when it is told to, or else once its input ends,
in whatever way the process at the other end has gone. It is a session of its own, so that
a Ctrl-C at the terminal is not for it, and is run by its path: it imports nothing of ours.

    in     the orders, a dict; then ["boot", name] ["stop", name] ["run", command, variables]
           ["adopt", name, spec] for what another keeper, which has died, has booted
    out    ["up", name, spec] ["failed", name, problem, status, last line]
           ["stopped", name, problem] ["complaint", command, problem] ["broken", problem]
"""

import asyncio
import base64
import importlib
import importlib.util
import inspect
import json
import os
import pickle
import signal
import sys
import tempfile
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

NAME: Final = "LIVEVIEW_HOST_NAME"
SPEC: Final = "LIVEVIEW_HOST_SPEC"
TRIES: Final = (
    3  # to stop a host: what was cut while it booted may be found a bit later
)
PAUSE: Final = 1.0  # seconds between them
TERMINATION: Final = 5.0  # seconds from SIGTERM to SIGKILL
LAST_WORD: Final = (
    10.0  # seconds for a provider's method that nobody waits for any more
)
AT_ONCE: Final = 256  # calls of a provider
LOOK: Final = 1.0  # seconds between two looks at whether our parent lives


class Failed(Exception):
    """A command, or a provider's method, has not done what it is for."""

    def __init__(self, problem: str, status: int | None = None, last: str = "") -> None:
        super().__init__(problem)
        self.status = status
        self.last = last


def described(failed: Failed) -> str:
    """Return what went wrong, in a line."""
    ending = f"exited with code {failed.status}" if failed.status else ""
    return ": ".join(each for each in (ending, str(failed), failed.last) if each)


class Commands:
    """Boots and stops hosts by shell commands. Their output goes to files in `folder`:
    what they leave running may hold a pipe open for ever."""

    def __init__(self, orders: Mapping[str, Any], folder: Path) -> None:
        self.orders = orders
        self.folder = folder
        self.number = 0

    async def boot(self, name: str) -> str:
        """Return what the command printed last."""
        said = await self.run(self.orders["boot"], {NAME: name})
        if not said:
            raise Failed(
                "it printed nothing; its last line is to be the host's spec", 0
            )
        return said

    async def stop(self, name: str, spec: str) -> None:
        """Stop a host, whose spec is "" if it was not booted to the end."""
        await self.run(self.orders["stop"], {NAME: name, SPEC: spec})

    async def run(self, command: str, variables: Mapping[str, str]) -> str:
        """Return the last line of a command's output. Raises Failed."""
        self.number += 1
        out = self.folder / f"{self.number}.out"
        errors = self.folder / f"{self.number}.err"
        with out.open("wb") as stdout, errors.open("wb") as stderr:
            starting = asyncio.ensure_future(
                asyncio.create_subprocess_shell(
                    command,
                    cwd=self.orders["folder"],
                    env={**os.environ, **variables},
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=stdout,
                    stderr=stderr,
                    start_new_session=True,
                )
            )
            try:
                status = await (await asyncio.shield(starting)).wait()
            except asyncio.CancelledError:
                await end_group(await starting)
                raise
        said, complaint = last_line(out), last_line(errors)
        out.unlink()
        errors.unlink()
        if status:
            raise Failed("", status, complaint or said)
        return said


async def end_group(process: asyncio.subprocess.Process) -> None:
    """End a command and what it has started: SIGTERM, after 5 s SIGKILL."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)
        with suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), TERMINATION)
            return


def last_line(path: Path) -> str:
    """Return the last line of a file that is not empty, "" if there is none."""
    lines = [each.strip() for each in path.read_text(errors="replace").splitlines()]
    return next((each for each in reversed(lines) if each), "")


class Methods:
    """Boots and stops hosts by a provider's methods, which may be coroutines."""

    def __init__(self, provider: Any) -> None:
        self.provider = provider

    async def boot(self, name: str) -> str:
        """Return the spec that the provider gives."""
        spec = await call(self.provider.boot, name)
        if not isinstance(spec, str):
            raise Failed(f"boot returned {spec!r}, which is no text of a host's spec")
        return spec

    async def stop(self, name: str, spec: str) -> None:
        """Stop a host, whose spec is "" if it was not booted to the end."""
        await call(self.provider.stop, name, spec)


def provider_of(orders: Mapping[str, Any]) -> Any:
    """Return the provider, whose module may be one that only pytest finds."""
    sys.path[:] = orders["path"]
    name, file = orders["module"]
    try:
        importlib.import_module(name)
    except ModuleNotFoundError:
        spec = importlib.util.spec_from_file_location(name, file)
        if spec is None or spec.loader is None:
            raise
        module = sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return pickle.loads(base64.b64decode(orders["provider"]))


async def call(method: Callable[..., Any], *arguments: str) -> Any:
    """Return what a method gives, called in a thread, which nobody can end."""
    calling = asyncio.ensure_future(asyncio.to_thread(method, *arguments))
    try:
        told = await asyncio.shield(calling)
        return await told if inspect.isawaitable(told) else told
    except asyncio.CancelledError:
        if not calling.done():  # what it boots is to be stopped after it
            await asyncio.wait([calling], timeout=LAST_WORD)
        raise
    except Exception as error:  # noqa: BLE001 (a person's code)
        raise Failed(f"{type(error).__name__}: {error}") from None


class Keeper:
    """Owns what was booted. `say` tells whoever is at the other end, if there is one."""

    def __init__(
        self,
        orders: Mapping[str, Any],
        way: Commands | Methods,
        commands: Commands,
        say: Callable[[list[Any]], None],
    ) -> None:
        self.orders = orders
        self.way = way
        self.commands = commands
        self.say = say
        self.specs: dict[str, str] = {}  # of all that may exist, "" while it is booting
        self.boots: dict[str, asyncio.Task[None]] = {}
        self.stops: dict[str, asyncio.Task[None]] = {}
        self.others: set[asyncio.Task[None]] = set()

    def take(self, line: bytes) -> None:
        """Do what a line says."""
        match json.loads(line):
            case ["boot", str(name)]:
                self.specs[name] = ""
                self.boots[name] = asyncio.create_task(self.boot(name))
            case ["adopt", str(name), str(spec)]:
                self.specs[name] = spec
                self.boots[name] = asyncio.create_task(asyncio.sleep(0))
            case ["stop", str(name)]:
                self.stop_once(name)
            case ["run", str(command), dict(variables)]:
                self.beside(self.run(command, variables))

    def beside(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something that nobody waits for."""
        task = asyncio.create_task(work)
        self.others.add(task)
        task.add_done_callback(self.others.discard)

    async def boot(self, name: str) -> None:
        """Boot a host, and tell what became of that."""
        try:
            spec = await self.way.boot(name)
        except Failed as failed:
            self.say(["failed", name, str(failed), failed.status, failed.last])
        except OSError as error:
            self.say(["failed", name, f"it cannot be run: {error}", None, ""])
        else:
            self.specs[name] = spec
            self.say(["up", name, spec])

    def stop_once(self, name: str) -> None:
        """Begin to stop a host."""
        if name in self.specs and name not in self.stops:
            self.stops[name] = asyncio.create_task(self.stop(name))

    async def stop(self, name: str) -> None:
        """Stop a host, and its boot command before that."""
        boot = self.boots.pop(name)
        boot.cancel()
        await asyncio.wait([boot])
        problem = ""
        for number in range(TRIES):
            if number:
                await asyncio.sleep(PAUSE)
            problem = await self.stop_now(name)
            if not problem:
                break
        # What never was up may well be nowhere to be stopped.
        told = problem if self.specs[name] else ""
        del self.specs[name]
        del self.stops[name]
        self.say(["stopped", name, told])

    async def stop_now(self, name: str) -> str:
        """Try to stop a host, and return what went wrong, "" if nothing did."""
        allowed = self.orders["stop_timeout"]
        try:
            async with asyncio.timeout(allowed):
                await self.way.stop(name, self.specs[name])
        except Failed as failed:
            return described(failed)
        except TimeoutError:
            return f"took longer than {allowed:g}s"
        except OSError as error:
            return f"cannot be run: {error}"
        return ""

    async def run(self, command: str, variables: Mapping[str, str]) -> None:
        """Run a person's command that is told of growing or shrinking."""
        try:
            await self.commands.run(command, variables)
        except Failed as failed:
            self.say(["complaint", command, described(failed)])
        except OSError as error:
            self.say(["complaint", command, f"cannot be run: {error}"])

    async def end(self) -> None:
        """Stop all that is left."""
        for name in list(self.specs):
            self.stop_once(name)
        while self.stops:
            await asyncio.wait(self.stops.values())
        for task in list(self.others):
            task.cancel()
        if self.others:
            await asyncio.wait(self.others)


async def keep(say: Callable[[list[Any]], None]) -> None:
    """Do what is asked for until nobody asks any more."""
    loop, over = asyncio.get_running_loop(), asyncio.Event()
    loop.set_default_executor(ThreadPoolExecutor(AT_ONCE))
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, over.set)
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    orders = json.loads(await reader.readline())
    with tempfile.TemporaryDirectory(prefix="liveview-pool-") as folder:
        commands = Commands(orders, Path(folder))
        way: Commands | Methods = commands
        if orders["provider"]:
            try:
                way = Methods(provider_of(orders))
            except Exception as error:  # noqa: BLE001 (a person's code, or none)
                say(["broken", f"{type(error).__name__}: {error}"])
                return
        keeper = Keeper(orders, way, commands, say)
        await first_of(listen(reader, keeper), over.wait(), orphaned(orders["parent"]))
        await keeper.end()


async def listen(reader: asyncio.StreamReader, keeper: Keeper) -> None:
    """Do what is said until nothing more can come."""
    while line := await reader.readline():
        keeper.take(line)


async def orphaned(parent: int) -> None:
    """Return once our parent is gone, whose child may still hold our input open."""
    while os.getppid() == parent:  # noqa: ASYNC110 (nobody tells of it)
        await asyncio.sleep(LOOK)


async def first_of(*waits: Awaitable[Any]) -> None:
    """Return when one of these has."""
    tasks = [asyncio.ensure_future(each) for each in waits]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for each in tasks:
        each.cancel()


def main() -> None:
    """Keep, and speak through what was our output; a provider may print as it likes."""
    output = os.dup(1)
    os.dup2(2, 1)

    def say(words: list[Any]) -> None:
        with suppress(OSError):  # nobody is there any more, and we go on
            os.write(output, json.dumps(words).encode() + b"\n")

    asyncio.run(keep(say))
    os._exit(0)  # a provider's thread may not end


if __name__ == "__main__":
    main()
