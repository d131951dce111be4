"""What differs between two users' copies of the same page, taken out of its HTML.

Two users who open one page get the same HTML but for their tokens: CSRF token, session
and static of each view, the random `phx-…` ids, CSP nonces. `mask` swaps each for a
placeholder, so that both copies become one template and share one parsed tree.

Law: only what is clearly one user's is masked, and `unmask(template) == html`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_MARK: Final = "lv-mask-"
_PLACEHOLDER: Final = re.compile(rf"{_MARK}(\d+)-")

# Shorter values could be anybody's, and would be replaced all over the page.
_LEAST_LENGTH: Final = 12

# Where Phoenix writes a token, up to its value. Found with str.find, which is fifty times
# as fast as one pattern with all of them.
_PREFIXES: Final = (
    'data-phx-session="',
    'data-phx-static="',
    'data-csrf="',
    'nonce="',
    ' id="phx-',
    'data-phx-upload-ref="phx-',
)
# Names of tags that carry the CSRF token in another attribute.
_CSRF_NAMES: Final = ('name="csrf-token"', 'name="_csrf_token"')
_CSRF_VALUE: Final = re.compile(r'\b(?:content|value)="([^"]+)"')


@dataclass(frozen=True, slots=True)
class Masked:
    """A page's HTML without one user's values, and those values in placeholder order."""

    template: str
    values: tuple[str, ...]

    def unmask(self, text: str) -> str:
        """Return `text`, which was read from the template, as this user sees it."""
        if _MARK not in text:
            return text
        return _PLACEHOLDER.sub(self._value, text)

    def mask(self, text: str) -> str:
        """Return `text`, which this user wrote (a selector), as the template has it."""
        for index, value in enumerate(self.values):
            if value in text:
                text = text.replace(value, _placeholder(index))
        return text

    def _value(self, match: re.Match[str]) -> str:
        index = int(match[1])
        return self.values[index] if index < len(self.values) else match[0]


def mask(html: str) -> Masked:
    """Take one user's values out of `html`; without any, the template is `html` itself."""
    if _MARK in html:
        return Masked(html, ())  # somebody's text looks like ours: share nothing
    found = dict.fromkeys(_tokens(html))
    values = tuple(each for each in found if len(each) >= _LEAST_LENGTH)
    template = html
    # Longest first, so that a value inside another cannot tear it apart.
    for index in sorted(range(len(values)), key=lambda at: -len(values[at])):
        template = template.replace(values[index], _placeholder(index))
    masked = Masked(template, values)
    # Values that overlap one another in the page could have been torn: then share nothing.
    return masked if masked.unmask(template) == html else Masked(html, ())


def _tokens(html: str) -> Iterator[str]:
    """Yield every token, place by place: the same order for every user of a page."""
    for name in _CSRF_NAMES:
        for at in _occurrences(html, name):
            tag = html[html.rfind("<", 0, at) : html.find(">", at)]
            value = _CSRF_VALUE.search(tag)
            if value is not None:
                yield value[1]
    for prefix in _PREFIXES:
        for at in _occurrences(html, prefix):
            start = html.find('"', at) + 1
            end = html.find('"', start)
            if end > start:
                yield html[start:end]


def _occurrences(html: str, wanted: str) -> Iterator[int]:
    at = html.find(wanted)
    while at >= 0:
        yield at
        at = html.find(wanted, at + len(wanted))


def _placeholder(index: int) -> str:
    return f"{_MARK}{index}-"
