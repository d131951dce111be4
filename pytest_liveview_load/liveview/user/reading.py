# ruff: noqa: ASYNC109 - a step's timeout is its own: it names what was waited for
"""What the page shows now: `text`, `html`, `has`, `all`, `value`, `flash`, … and `until`.

Reading never waits, and never changes what the page is. Its class holds the tab, and so is
the base of the others.
"""

import inspect
from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

from pytest_liveview_load.errors import CallError, StepError
from pytest_liveview_load.liveview.client.network import Network
from pytest_liveview_load.liveview.client.page import Page
from pytest_liveview_load.liveview.client.tab import Step, Tab
from pytest_liveview_load.liveview.observer import Observer
from pytest_liveview_load.liveview.page import inputs
from pytest_liveview_load.liveview.page.document import Document
from pytest_liveview_load.liveview.page.find import find_one
from pytest_liveview_load.liveview.page.form_state import VisiblePage
from pytest_liveview_load.liveview.page.html import Element, is_visible
from pytest_liveview_load.liveview.page.js_commands import commands_of


class PageReading:
    """Read the page, and wait for it."""

    __slots__ = ("_network", "_observer", "_tab")

    def __init__(self, network: Network, observer: Observer, tab: Tab) -> None:
        self._network = network
        self._observer = observer
        self._tab = tab

    def text(self, selector: str | None = None) -> str:
        """Return the visible text of the one element, or of the whole page.

        Example:
            await live.visit("/counter")
            assert live.text("#count") == "0"
        """
        document = self._document()
        return document.text(None if selector is None else find_one(document, selector))

    def html(self, selector: str | None = None) -> str:
        """Return the one element with its tag, or the whole page.

        Example:
            await live.visit("/counter")
            assert live.html("#count") == '<span id="count">0</span>'
        """
        document = self._document()
        return document.html(None if selector is None else find_one(document, selector))

    def has(self, selector: str, *, text: str | None = None) -> bool:
        """Tell whether anything matches, and contains `text`.

        What waits for a reply shows it, as in a browser: a second task, while the first
        one's click is not answered, finds `#save.phx-click-loading` and `#save[disabled]`.

        Example:
            await live.visit("/counter")
            assert live.has("button", text="+5")
            assert not live.has("#flash-info")
        """
        document = self._document()
        if text is None:
            return document.first(selector) is not None
        return any(text in document.text(each) for each in document.all(selector))

    def all(self, selector: str) -> list[str]:
        """Return the visible text of each element that matches, in page order.

        Example:
            await live.visit("/streams?n=3")
            assert live.all("#items span") == ["Item 1", "Item 2", "Item 3"]
        """
        document = self._document()
        return [document.text(element) for element in document.all(selector)]

    def attr(self, selector: str, name: str) -> str | None:
        """Return an attribute of the one element, None where it is missing.

        Example:
            await live.visit("/counter")
            assert live.attr("#inc", "phx-click") == "inc"
        """
        document = self._document()
        return document.attr(find_one(document, selector), name)

    def attrs(self, selector: str, name: str) -> list[str | None]:
        """Return an attribute of each element that matches, in page order.

        None for one that lacks it.

        Example:
            await live.visit("/streams?n=3")
            rows = live.attrs("#items li:not(.only-child)", "id")
            assert rows == ["items-1", "items-2", "items-3"]
        """
        document = self._document()
        return [document.attr(each, name) for each in document.all(selector)]

    def value(self, selector: str) -> str:
        """Return what the one field holds now, typed or rendered; of a select, its choice.

        Example:
            await live.visit("/form")
            await live.fill("#user_name", "Ada")
            assert live.value("#user_name") == "Ada"
        """
        visible = self._visible()
        element = find_one(visible.document, selector)
        return inputs.current_value(visible, element)

    def checked(self, selector: str) -> bool:
        """Tell whether the one checkbox or radio button is checked.

        Example:
            await live.visit("/form")
            await live.check("#user_agree")
            assert live.checked("#user_agree")
        """
        visible = self._visible()
        return inputs.is_checked(visible, find_one(visible.document, selector))

    def selected(self, selector: str) -> list[str]:
        """Return the values of the options that are selected in the one `<select>`.

        Example:
            await live.visit("/form")
            await live.select("#user_langs", "elixir", "python")
            assert live.selected("#user_langs") == ["elixir", "python"]
        """
        visible = self._visible()
        return inputs.selected_values(visible, find_one(visible.document, selector))

    def focused(self, selector: str) -> bool:
        """Tell whether the one field has the focus.

        Example:
            await live.visit("/form")
            await live.fill("#user_name", "Ada")
            assert live.focused("#user_name")
        """
        visible = self._visible()
        return inputs.is_focused(visible, find_one(visible.document, selector))

    @property
    def flash(self) -> dict[str, str]:
        """The flash messages that the page shows, by kind: `{"info": "Saved"}`.

        Read off the page: elements whose click clears a flash (`lv:clear-flash`), and
        those with an id `flash-KIND` and the role alert. Empty when there are none.

        Example:
            await live.visit("/login")
            await live.fill("#user_name", "ann")
            await live.fill("#user_password", "roost")
            await live.click("#login-submit")
            assert live.flash == {"info": "Welcome ann"}
        """
        return flash_messages(self._document())

    @property
    def title(self) -> str:
        """The title of the tab.

        Example:
            await live.visit("/counter")
            assert live.title == "Counter - Roost"
        """
        return self._document().title

    @property
    def url(self) -> str:
        """Where the tab is, absolute, with the `#part` of the page if there is one.

        Example:
            await live.visit("/counter")
            assert live.url.endswith("/counter")
        """
        self._page()  # there must be one
        return self._tab.history.current.href

    @property
    def path(self) -> str:
        """Where the tab is, without the host; with the query, if there is one.

        Example:
            await live.visit("/streams?n=3")
            assert live.path == "/streams?n=3"
        """
        parts = urlsplit(self.url)
        return f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"

    async def until(
        self,
        condition: str | Callable[[], object],
        *,
        label: str | None = None,
        timeout: str | float | None = None,
    ) -> None:
        """Wait until a selector matches, or a callable returns something true.

        The condition is looked at again at every change of the page, never in between.
        With `label` the wait is recorded as `settle[label]`; an until without one as
        `settle`.

        Example:
            await live.visit("/async?delay=50")
            await live.until(lambda: "loading" not in live.text("#profile"), label="profile")
        """
        refuse_async(condition)
        if not (isinstance(condition, str) or callable(condition)):
            problem = (
                "the condition is looked at once, here, and never again: write a selector "
                "or a function, until(lambda: live.text('#count') == '3')"
            )
            raise CallError(f"until({condition!r})", problem)
        tab = self._tab
        started = tab.network.clock()
        with Step(tab, f"until({named(condition)})", timeout) as step:
            while True:
                # A page whose link was clicked is seen until the next one is there.
                if tab.navigation is not None and self._shows_click():
                    tab.raise_failure()
                    if self._holds(condition):
                        break
                page = await step.ready()
                if self._holds(condition):
                    break
                await step.change(f"{named(condition)} on {page.url}")
        ended = max(started, tab.changed_at)
        tab.observer.timing("settle", started, ended, name=label or "")

    def _shows_click(self) -> bool:
        page = self._tab.page
        return page is not None and page.clicked is not None

    def _holds(self, condition: str | Callable[[], object]) -> bool:
        if isinstance(condition, str):
            return self.has(condition)
        answer = condition()
        refuse_async(answer)
        return bool(answer)

    def _page(self) -> Page:
        page = self._tab.page
        if page is None:
            told = "no page is open: call `await live.visit(path)` first"
            raise StepError(told)
        return page

    def _document(self) -> Document:
        return self._page().visible_document()

    def _visible(self) -> VisiblePage:
        page = self._page()
        return VisiblePage(page.visible_document(), page.form, page.spoken)


def refuse_async(given: object) -> None:
    """Raise CallError for what is awaited: as a condition it would always be true."""
    if inspect.iscoroutine(given):
        given.close()  # else Python warns that it was never awaited
    elif not inspect.iscoroutinefunction(given):
        return
    problem = (
        "the condition is async, and until() only looks at the page: write a selector or a "
        "plain function, until(lambda: live.text('#count') == '3'), and do steps before it"
    )
    raise CallError(f"until({name_of(given)})", problem)


def name_of(given: object) -> str:
    """Return what an error calls a function or its call."""
    return getattr(given, "__name__", repr(given))


def named(condition: str | Callable[[], object]) -> str:
    """Return what an error calls a condition: '#saved', <lambda>."""
    if isinstance(condition, str):
        return repr(condition)
    return name_of(condition)


# The flash messages that a page shows, by kind.


CLEAR_FLASH: Final = "lv:clear-flash"
_MESSAGES: Final = f"[phx-click*='{CLEAR_FLASH}'], [id^='flash-']"


def flash_messages(document: Document) -> dict[str, str]:
    """Return the text of each message shown, by kind, in the order of the page.

    Of several messages of one kind the first counts.
    """
    found: dict[str, str] = {}
    for element in document.all(_MESSAGES):
        kind = _cleared_kind(element) or _named_kind(element)
        if kind and kind not in found and is_visible(element):
            found[kind] = document.text(element)
    return found


def _cleared_kind(element: Element) -> str:
    """Return the kind that a click clears, "" without one."""
    click, own = element.get("phx-click", ""), element.get("phx-value-key", "")
    if click == CLEAR_FLASH:
        return own
    for _, arguments in commands_of(click) or ():
        if arguments.get("event") == CLEAR_FLASH:
            value = arguments.get("value")
            key = value.get("key") if isinstance(value, dict) else None
            return key if key and isinstance(key, str) else own
    return ""


def _named_kind(element: Element) -> str:
    """Return the kind that an id of the generated app tells, else ""."""
    start, _, kind = element.get("id", "").partition("-")
    is_message = start == "flash" and element.get("role") == "alert"
    # "flash-group" is the element around them all.
    return kind if is_message and kind != "group" else ""
