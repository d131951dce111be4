"""Waiting for what the page shows, woken by its changes.

Law: never polled. The time runs from the call to the ARRIVAL of the change that
fulfilled the condition.
"""

from collections.abc import Callable

from pytest_liveview_load.client.tab.step import Step
from pytest_liveview_load.client.tab.tab import Tab


async def until(
    tab: Tab, step: Step, condition: Callable[[], object], label: str
) -> None:
    """Wait until `condition` holds on the tab's page, and record `settle`."""
    started = tab.network.clock()
    tab.step = step
    try:
        while True:
            page = await tab.ready(step)
            if condition():
                break
            await step.wait(tab.next_change(), f"{step.name} to hold on {page.url}")
    finally:
        tab.step = None
    tab.observer.timing("settle", started, max(started, tab.changed_at), name=label)
