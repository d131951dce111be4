# ruff: noqa: ASYNC109 - a step's timeout is its own: it names what was waited for
"""The verbs of a person's attention: `focus`, `blur`, `scroll_to`, `switch_away`.

Law: each is one step, as those of `doing`.
"""

from pytest_liveview_load.liveview.client.perform import Plan, act
from pytest_liveview_load.liveview.page import attention, events
from pytest_liveview_load.liveview.page.actions import Action
from pytest_liveview_load.liveview.page.attention import Edge
from pytest_liveview_load.liveview.page.scene import Scene
from pytest_liveview_load.liveview.user.face import Face


class Attending(Face):
    """Where a live user looks, and types next."""

    __slots__ = ()

    async def focus(
        self,
        selector: str | None = None,
        *,
        label: str | None = None,
        timeout: str | float | None = None,
    ) -> None:
        """Move the focus to a field; the one that had it is left.

        Example:
            await live.visit("/form")
            await live.focus("#user_name")
        """

        def plan(scene: Scene) -> list[Action]:
            if label is None:
                element = scene.document.one(selector)
            else:
                element = scene.document.one(selector, label=label, role="field")
            return attention.focus_on(scene, element)

        await self._attend(f"focus({selector or label!r})", plan, timeout)

    async def blur(self, *, timeout: str | float | None = None) -> None:
        """Leave the field that has the focus; does nothing where none has it.

        Example:
            await live.visit("/form")
            await live.focus("#user_name")
            await live.blur()
        """
        await self._attend("blur()", events.blur, timeout)

    async def scroll_to(
        self, edge: Edge, selector: str, *, timeout: str | float | None = None
    ) -> None:
        """Jump to the "top" or "bottom" of a list that loads more items when scrolled.

        At the top, `_overran` is told first, as a browser does that jumps there.
        """

        def plan(scene: Scene) -> list[Action]:
            return attention.scroll(scene, scene.document.one(selector), edge)

        await self._attend(f"scroll_to({edge!r}, {selector!r})", plan, timeout)

    async def switch_away(self, *, timeout: str | float | None = None) -> None:
        """Go to another window: `phx-blur` of the field, then `phx-window-blur`.

        Example:
            await live.visit("/form")
            await live.switch_away()
        """
        await self._attend("switch_away()", attention.leave_window, timeout)

    async def switch_back(self, *, timeout: str | float | None = None) -> None:
        """Come back from another window: `phx-window-focus`.

        Example:
            await live.visit("/form")
            await live.switch_away()
            await live.switch_back()
        """
        await self._attend("switch_back()", attention.return_to_window, timeout)

    async def _attend(self, name: str, plan: Plan, timeout: str | float | None) -> None:
        await act(self._tab, self._step(name, timeout), plan)
