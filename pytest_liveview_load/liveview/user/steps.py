# ruff: noqa: ASYNC109 - a step's timeout is its own: it names what was waited for
"""The verbs that act on the page: `click`, `fill`, `submit`, `push` …

Law: each is one step. It waits for a usable page, does what a person would, and ends when
every reply it caused has arrived and every navigation it began has mounted.
"""

from typing import Any

from pytest_liveview_load.liveview.client.perform import act
from pytest_liveview_load.liveview.client.raw_push import raw_push
from pytest_liveview_load.liveview.user import gestures
from pytest_liveview_load.liveview.user.face import Face


class Doing(Face):
    """What a live user does to the page."""

    __slots__ = ()

    async def click(
        self,
        selector: str | None = None,
        *,
        text: str | None = None,
        timeout: str | float | None = None,
    ) -> None:
        """Click the one element that matches the CSS selector, the text, or both.

        Raises ElementError for what is disabled, or waits for the reply to its last
        event (`phx-click-loading`, `phx-disable-with`): the real client ignores that.

        Example:
            await live.visit("/counter")
            await live.click("#inc")
            await live.click(text="+5")
            assert live.text("#count") == "6"
        """
        step = self._step(f"click({selector or text!r})", timeout)
        plan = gestures.click(selector, text)
        script = self._tab.script
        if script is not None:
            plan = gestures.heard(plan, selector, text, script.clicked)
        await act(self._tab, step, plan)

    async def fill(
        self,
        selector: str | None = None,
        value: str = "",
        *,
        label: str | None = None,
        timeout: str | float | None = None,
    ) -> None:
        """Focus a field and put `value` into it: one input event.

        Example:
            await live.visit("/form")
            await live.fill("#user_name", "Ada")
            await live.fill(label="Email", value="ada@example.org")
        """
        step = self._step(f"fill({selector or label!r})", timeout)
        await act(self._tab, step, gestures.fill(selector, value, label))

    async def type(
        self,
        selector: str | None = None,
        value: str = "",
        *,
        label: str | None = None,
        timeout: str | float | None = None,
    ) -> None:
        """Type `value` into a field, behind what it holds: one input event a character.

        Example:
            await live.visit("/form")
            await live.type("#user_bio", "Hi")
        """
        step = self._step(f"type({selector or label!r})", timeout)
        await act(self._tab, step, *gestures.keystrokes(selector, value, label))

    async def press(
        self,
        key: str,
        selector: str | None = None,
        *,
        timeout: str | float | None = None,
    ) -> None:
        """Press a key ("Enter", "ArrowUp", "a") in an element, or where the focus is.

        Example:
            await live.visit("/counter")
            await live.press("ArrowUp")
        """
        step = self._step(f"press({key!r})", timeout)
        await act(self._tab, step, gestures.press(key, selector))

    async def select(
        self,
        selector: str | None = None,
        *options: str,
        label: str | None = None,
        timeout: str | float | None = None,
    ) -> None:
        """Select exactly these options of a `<select>`, by value or text.

        Example:
            await live.visit("/form")
            await live.select("#user_role", "writer")
            await live.select("#user_langs", "elixir", "python")
        """
        step = self._step(f"select({selector or label!r})", timeout)
        await act(self._tab, step, gestures.select(selector, options, label))

    async def check(
        self,
        selector: str | None = None,
        *,
        label: str | None = None,
        timeout: str | float | None = None,
    ) -> None:
        """Check a checkbox, unless it is checked.

        Example:
            await live.visit("/form")
            await live.check("#user_agree")
        """
        step = self._step(f"check({selector or label!r})", timeout)
        await act(self._tab, step, gestures.check(selector, label, checked=True))

    async def uncheck(
        self,
        selector: str | None = None,
        *,
        label: str | None = None,
        timeout: str | float | None = None,
    ) -> None:
        """Uncheck a checkbox, if it is checked.

        Example:
            await live.visit("/form")
            await live.check("#user_agree")
            await live.uncheck("#user_agree")
        """
        step = self._step(f"uncheck({selector or label!r})", timeout)
        await act(self._tab, step, gestures.check(selector, label, checked=False))

    async def choose(
        self,
        selector: str | None = None,
        *,
        label: str | None = None,
        timeout: str | float | None = None,
    ) -> None:
        """Choose a radio button.

        Example:
            await live.visit("/form")
            await live.choose("#user_plan_pro")
        """
        step = self._step(f"choose({selector or label!r})", timeout)
        await act(self._tab, step, gestures.choose(selector, label))

    async def submit(
        self,
        selector: str | None = None,
        *,
        text: str | None = None,
        timeout: str | float | None = None,
    ) -> None:
        """Submit a form: the selected one, the selected button's, or the only one.

        Example:
            await live.visit("/form")
            await live.submit("#user-form")
            assert live.text("#user_name-error") == "is too short"
        """
        step = self._step(f"submit({selector or text or ''!r})", timeout)
        await act(self._tab, step, gestures.submit(selector, text))

    async def push(
        self,
        event: str,
        value: Any = None,
        *,
        target: str | int | None = None,
        timeout: str | float | None = None,
    ) -> Any:
        """Push an event as a hook's `pushEvent` does; return what the server replied.

        `target` is a component's cid or a selector inside it; the reply is None unless
        `handle_event` answered `{:reply, …}`.

        Example:
            await live.visit("/counter")
            await live.push("inc", {"by": "3"})
            assert live.text("#count") == "3"
        """
        step = self._step(f"push({event!r})", timeout)
        return await raw_push(self._tab, step, event, value, target)
