"""The user and password of `liveview_url` are taken out of what is shown.

The plugin itself keeps addresses without them; but a fixture of the test's author may
return one, and pytest shows the arguments of a test that fails, and what it printed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import pytest

HIDDEN: Final = "***"
OF_PYTEST: Final = "_pytest."  # modules of what a report's traceback is made of


class Credentials:
    """Owns what must not be shown: texts, and what stands in their place."""

    def __init__(self) -> None:
        self._shown: dict[str, str] = {}

    def learn(self, address: str) -> None:
        """Take note of the user and password in an address, if they are there."""
        from pytest_liveview_load.plugin.settings import (  # noqa: PLC0415 (few are given)
            authorization,
        )

        user, at, _ = address.partition("://")[2].partition("/")[0].rpartition("@")
        if at:
            self._shown[f"{user}@"] = f"{HIDDEN}@"
            for _, value in authorization(address):
                self._shown[value] = HIDDEN

    def hide(self, text: str) -> str:
        """Return a text without what must not be shown."""
        for secret, shown in self._shown.items():
            text = text.replace(secret, shown)
        return text

    def hide_in(self, report: pytest.TestReport) -> None:
        """Take it out of a report's traceback, its captured output and its properties."""
        if self._shown:
            report.longrepr = self._hidden(report.longrepr)
            report.sections = self._hidden(report.sections)
            report.user_properties = self._hidden(report.user_properties)

    def _hidden(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.hide(value)
        if isinstance(value, list | tuple):
            return type(value)(self._hidden(each) for each in value)
        if type(value).__module__.startswith(OF_PYTEST):
            for name, part in vars(value).items():
                setattr(value, name, self._hidden(part))
        return value
