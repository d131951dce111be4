"""One push under way: what was sent, and who waits for its reply.

Law: an outcome is kept on the push and never raised by a future, so a reply that nobody
waits for any more disturbs nobody.
"""

import asyncio
from typing import TYPE_CHECKING

from msgspec import Raw

from pytest_liveview_load.errors import StepError

if TYPE_CHECKING:
    from pytest_liveview_load.client.step import Waiter


class Push:
    """A push whose reply is awaited: `answered` wakes the step that awaits it.

    Afterwards `error` says what went wrong, and `response` is the reply's; both are None
    when navigation made the reply superfluous.
    """

    __slots__ = (
        "answered",
        "component",
        "error",
        "kind",
        "metric",
        "name",
        "response",
        "sent",
    )

    def __init__(self, metric: str, name: str, kind: str, component: str) -> None:
        self.metric = metric
        self.name = name
        self.kind = kind
        self.component = component
        self.sent = 0.0
        self.response: Raw | None = None
        self.error: StepError | None = None
        self.answered: Waiter = asyncio.get_running_loop().create_future()

    def answer(self, response: Raw | None, error: StepError | None = None) -> bool:
        """Wake the step with the outcome; return whether there still is one."""
        if self.answered.done():
            return False
        self.response = response
        self.error = error
        self.answered.set_result(True)
        return True
