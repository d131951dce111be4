"""CSS selectors, compiled once for the whole process.

Law: what is no selector is a ValueError that says why.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

from cssselect import HTMLTranslator
from cssselect.parser import SelectorError
from lxml import etree

from pytest_liveview_load.liveview.page.html import Element

_SELECTORS: Final = 1024
_TRANSLATOR: Final = HTMLTranslator()


@lru_cache(maxsize=_SELECTORS)
def compiled(css: str) -> Callable[[Element], list[Element]]:
    """Return what finds all that `css` matches in a tree. Raises ValueError."""
    try:
        xpath: Any = etree.XPath(_TRANSLATOR.css_to_xpath(css))
    except (SelectorError, etree.XPathSyntaxError) as problem:
        raise ValueError(str(problem)) from None
    selector: Callable[[Element], list[Element]] = xpath
    return selector


def reads_texts(css: str) -> bool:
    """Tell whether what `css` matches depends on what a person reads."""
    return ":contains" in css.lower()
