"""`/async?delay=200`: values that arrive after the page, late, failed or cancelled.

Here `delay` is how long the work takes in milliseconds, not how long an answer takes.
"""

import asyncio
from typing import Any

from roost.async_tasks import AsyncResult, AsyncTasks, Exit, Ok, WorkFailed
from roost.components import Reply
from roost.liveview import LiveView
from roost.rendered import Rendered, Template, attribute

PAGE = Template(
    """
<h1>Async</h1>
<button id="reload" phx-click="reload">reload</button>
<button id="reload-reset" phx-click="reload-reset">reload with loading state</button>
<button id="explode" phx-click="explode">exploding task</button>
<button id="cancel" phx-click="cancel">start and cancel</button>
<div id="profile">
  {profile}
</div>
<div id="broken">
  {broken}
</div>
<div id="job"{loading}>
  {job}
</div>"""
)
# As `.async_result` renders: a slot for each state.
LOADING, OK, BROKEN = (Template("{slot}") for _ in range(3))
LOADING_PROFILE = Template('<span class="loading">Loading profile</span>', block=True)()
LOADING_BROKEN = Template('<span class="loading">Loading broken</span>', block=True)()
PROFILE = Template(
    """

    <span class="ok">{name} #{number}</span>
  """,
    block=True,
)
FAILED = Template('<span class="failed">{reason}</span>', block=True)
WORKING = Template('<span class="loading">Working</span>\n  ', block=True)()
WORKED = Template('<span class="ok">{result}</span>\n    ', block=True)
WORK_FAILED = Template('<span class="failed">{reason}</span>\n    ', block=True)


class AsyncLive(LiveView):
    """Loads a profile, something broken and a job, all at once."""

    view = "Roost.AsyncLive"
    title = "Async"
    delays_replies = False

    async def mount(self) -> None:
        self.delay = int(self.params.get("delay", "200")) / 1000
        self.load = 0
        self.profile = self.broken = self.job = AsyncResult()
        if self.process is not None:
            self.tasks = AsyncTasks(self.process)
            self._start_all()

    async def handle_event(self, event: str, value: Any) -> Reply:
        match event:
            case "reload":
                self.load += 1
                self.profile, self.broken = self.profile.load(), self.broken.load()
                self._start_all()
            case "reload-reset":
                self.load += 1
                self.profile = AsyncResult()
                self.tasks.start("profile", self._profile(self.load), self._on_profile)
            case "explode":
                self.tasks.start("job", self._explode(), self._on_job)
            case "cancel":
                self.tasks.start("job", self._work(self.load), self._on_job)
                self.tasks.cancel("job", "{:cancelled, :cancel}")
            case _:
                return await super().handle_event(event, value)
        return None

    def _start_all(self) -> None:
        self.tasks.start("profile", self._profile(self.load), self._on_profile)
        self.tasks.start("broken", self._break(), self._on_broken)
        self.tasks.start("job", self._work(self.load), self._on_job)

    # What takes long

    async def _profile(self, load: int) -> tuple[str, int]:
        await asyncio.sleep(self.delay)
        return "Ada", load

    async def _break(self) -> None:
        await asyncio.sleep(self.delay)
        raise WorkFailed('{:error, "no luck"}')

    async def _work(self, load: int) -> int:
        await asyncio.sleep(self.delay)
        return load * 10

    async def _explode(self) -> None:
        raise WorkFailed('{:exit, "boom in task"}')

    # What comes of it

    def _on_profile(self, result: Ok | Exit) -> None:
        self.profile = self.profile.done(result)

    def _on_broken(self, result: Ok | Exit) -> None:
        self.broken = self.broken.done(result)

    def _on_job(self, result: Ok | Exit) -> None:
        self.job = self.job.done(result)

    def render(self) -> Rendered:
        return PAGE(
            profile=self._show_profile(),
            broken=_show_broken(self.broken),
            loading=attribute("data-loading", "true" if self.job.loading else "false"),
            job=_show_job(self.job),
        )

    def _show_profile(self) -> Rendered:
        if self.profile.ok is None:
            return LOADING(slot=LOADING_PROFILE)
        name, number = self.profile.ok
        return OK(slot=PROFILE(name=name, number=number))


def _show_broken(broken: AsyncResult) -> Rendered:
    if broken.failed is None:
        return LOADING(slot=LOADING_BROKEN)
    return BROKEN(slot=FAILED(reason=broken.failed))


def _show_job(job: AsyncResult) -> Rendered:
    if job.loading:
        return WORKING
    if job.failed is not None:
        return WORK_FAILED(reason=job.failed)
    return WORKED(result=job.ok)
