"""The process that boots hosts and stops them, and that outlives who has it do so.

It stops whatever it has booted: when it is told to, or else once its input ends, however
pytest has ended. It is a session of its own, so that a Ctrl-C at the terminal is not for
it, and is run by its path: it imports nothing of ours. Lines of JSON go in and out:

    in     the settings, a dict; then ["boot", name] ["stop", name] ["run", command, variables]
           ["adopt", name, spec] for what another booter, which has died, has booted
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
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

NAME_VARIABLE: Final = "LIVEVIEW_HOST_NAME"
SPEC_VARIABLE: Final = "LIVEVIEW_HOST_SPEC"
# To stop a host: what was cancelled while it booted may be found a bit later.
TRIES: Final = 3
PAUSE: Final = 1.0  # seconds between them
TERMINATION: Final = 5.0  # seconds from SIGTERM to SIGKILL
PROVIDER_TIMEOUT: Final = 10.0  # seconds for a call of a provider that was cancelled
MOST_CALLS: Final = 256  # of a provider, at once
PARENT_CHECK: Final = 1.0  # seconds: how often we look whether pytest lives


class CommandFailed(Exception):
    """A command, or a provider's method, has not done what it is for."""

    def __init__(self, problem: str, status: int | None = None, last: str = "") -> None:
        super().__init__(problem)
        self.status = status
        self.last = last


def describe(failed: CommandFailed) -> str:
    """Return what went wrong, in a line."""
    ending = f"exited with code {failed.status}" if failed.status else ""
    return ": ".join(each for each in (ending, str(failed), failed.last) if each)


class ShellCommands:
    """Boots and stops hosts by shell commands.

    Their output goes to files in `folder`, for what they leave running may hold a pipe open
    for ever.
    """

    def __init__(self, settings: Mapping[str, Any], folder: Path) -> None:
        self.settings = settings
        self.folder = folder
        self.number = 0

    async def boot(self, name: str) -> str:
        """Return the host's spec: the last line that the command printed."""
        output = await self.run(self.settings["boot"], {NAME_VARIABLE: name})
        if not output:
            raise CommandFailed(
                "it printed nothing; its last line is to be the host's spec", 0
            )
        return output

    async def stop(self, name: str, spec: str) -> None:
        """Stop a host, whose spec is "" if it was not booted to the end."""
        await self.run(
            self.settings["stop"], {NAME_VARIABLE: name, SPEC_VARIABLE: spec}
        )

    async def run(self, command: str, variables: Mapping[str, str]) -> str:
        """Return the last line of a command's output. Raises CommandFailed."""
        self.number += 1
        out = self.folder / f"{self.number}.out"
        errors = self.folder / f"{self.number}.err"
        with out.open("wb") as stdout, errors.open("wb") as stderr:
            starting = asyncio.ensure_future(
                asyncio.create_subprocess_shell(
                    command,
                    cwd=self.settings["folder"],
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
        output, error = last_line(out), last_line(errors)
        out.unlink()
        errors.unlink()
        if status:
            raise CommandFailed("", status, error or output)
        return output


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


class ProviderMethods:
    """Boots and stops hosts by a provider's methods, which may be coroutines."""

    def __init__(self, provider: Any) -> None:
        self.provider = provider

    async def boot(self, name: str) -> str:
        """Return the spec that the provider gives."""
        spec = await call(self.provider.boot, name)
        if not isinstance(spec, str):
            raise CommandFailed(
                f"boot returned {spec!r}, which is no text of a host's spec"
            )
        return spec

    async def stop(self, name: str, spec: str) -> None:
        """Stop a host, whose spec is "" if it was not booted to the end."""
        await call(self.provider.stop, name, spec)


def provider_of(settings: Mapping[str, Any]) -> Any:
    """Return the provider, whose module may be one that only pytest finds."""
    sys.path[:] = settings["path"]
    name, file = settings["module"]
    try:
        importlib.import_module(name)
    except ModuleNotFoundError:
        spec = importlib.util.spec_from_file_location(name, file)
        if spec is None or spec.loader is None:
            raise
        module = sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return pickle.loads(base64.b64decode(settings["provider"]))


async def call(method: Callable[..., Any], *arguments: str) -> Any:
    """Return what a method gives, called in a thread, which nobody can end."""
    calling = asyncio.ensure_future(asyncio.to_thread(method, *arguments))
    try:
        result = await asyncio.shield(calling)
        return await result if inspect.isawaitable(result) else result
    except asyncio.CancelledError:
        if not calling.done():  # what it boots is to be stopped after it
            await asyncio.wait([calling], timeout=PROVIDER_TIMEOUT)
        raise
    except Exception as error:  # noqa: BLE001 (a person's code)
        raise CommandFailed(f"{type(error).__name__}: {error}") from None


@dataclass(eq=False)
class Booter:
    """Owns the hosts that were booted, and the tasks that boot and stop them."""

    settings: Mapping[str, Any]
    backend: ShellCommands | ProviderMethods
    commands: ShellCommands
    send: Callable[[list[Any]], None]

    def __post_init__(self) -> None:
        self.specs: dict[str, str] = {}  # of all that may exist, "" while it is booting
        self.boots: dict[str, asyncio.Task[None]] = {}
        self.stops: dict[str, asyncio.Task[None]] = {}
        self.background: set[asyncio.Task[None]] = set()

    def handle(self, line: bytes) -> None:
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
                self.run_in_background(self.run(command, variables))

    def run_in_background(self, work: Coroutine[Any, Any, None]) -> None:
        """Do what nobody waits for."""
        task = asyncio.create_task(work)
        self.background.add(task)
        task.add_done_callback(self.background.discard)

    async def boot(self, name: str) -> None:
        """Boot a host, and tell what became of that."""
        try:
            spec = await self.backend.boot(name)
        except CommandFailed as failed:
            self.send(["failed", name, str(failed), failed.status, failed.last])
        except OSError as error:
            self.send(["failed", name, f"it cannot be run: {error}", None, ""])
        else:
            self.specs[name] = spec
            self.send(["up", name, spec])

    def stop_once(self, name: str) -> None:
        """Begin to stop a host, unless that has begun."""
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
        result = problem if self.specs[name] else ""
        del self.specs[name]
        del self.stops[name]
        self.send(["stopped", name, result])

    async def stop_now(self, name: str) -> str:
        """Try to stop a host, and return what went wrong, "" if nothing did."""
        allowed = self.settings["stop_timeout"]
        try:
            async with asyncio.timeout(allowed):
                await self.backend.stop(name, self.specs[name])
        except CommandFailed as failed:
            return describe(failed)
        except TimeoutError:
            return f"took longer than {allowed:g}s"
        except OSError as error:
            return f"cannot be run: {error}"
        return ""

    async def run(self, command: str, variables: Mapping[str, str]) -> None:
        """Run a person's command that is told of growing or shrinking."""
        try:
            await self.commands.run(command, variables)
        except CommandFailed as failed:
            self.send(["complaint", command, describe(failed)])
        except OSError as error:
            self.send(["complaint", command, f"cannot be run: {error}"])

    async def end(self) -> None:
        """Stop all that is left."""
        for name in list(self.specs):
            self.stop_once(name)
        while self.stops:
            await asyncio.wait(self.stops.values())
        for task in list(self.background):
            task.cancel()
        if self.background:
            await asyncio.wait(self.background)


async def serve(send: Callable[[list[Any]], None]) -> None:
    """Handle messages until the input ends, then stop all hosts."""
    loop, over = asyncio.get_running_loop(), asyncio.Event()
    loop.set_default_executor(ThreadPoolExecutor(MOST_CALLS))
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, over.set)
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    settings = json.loads(await reader.readline())
    with tempfile.TemporaryDirectory(prefix="liveview-pool-") as folder:
        commands = ShellCommands(settings, Path(folder))
        backend: ShellCommands | ProviderMethods = commands
        if settings["provider"]:
            try:
                backend = ProviderMethods(provider_of(settings))
            except Exception as error:  # noqa: BLE001 (a person's code, or none)
                send(["broken", f"{type(error).__name__}: {error}"])
                return
        booter = Booter(settings, backend, commands, send)
        await first_of(
            listen(reader, booter), over.wait(), parent_gone(settings["parent"])
        )
        await booter.end()


async def listen(reader: asyncio.StreamReader, booter: Booter) -> None:
    """Handle lines until there are no more."""
    while line := await reader.readline():
        booter.handle(line)


async def parent_gone(parent: int) -> None:
    """Return once our parent is gone, whose child may still hold our input open."""
    while os.getppid() == parent:  # noqa: ASYNC110 (nobody tells of it)
        await asyncio.sleep(PARENT_CHECK)


async def first_of(*waits: Awaitable[Any]) -> None:
    """Return when one of these has."""
    tasks = [asyncio.ensure_future(each) for each in waits]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for each in tasks:
        each.cancel()


def main() -> None:
    """Serve. Messages go to what was our output; what a provider prints goes to stderr."""
    output = os.dup(1)
    os.dup2(2, 1)

    def send(message: list[Any]) -> None:
        with suppress(OSError):  # nobody is there any more, and we go on
            os.write(output, json.dumps(message).encode() + b"\n")

    asyncio.run(serve(send))
    os._exit(0)  # a provider's thread may not end


if __name__ == "__main__":
    main()
