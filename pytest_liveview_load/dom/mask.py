"""What differs between two users' copies of the same page, taken out of its HTML.

Two users who open one page get the same HTML but for their tokens: CSRF token, session
and static of each view, the random `phx-…` ids, CSP nonces. `mask` swaps each for a
placeholder, so that both copies become one template and share one parsed tree.

Law: only what is clearly one user's is masked, and `unmask(template) == html`.
"""

import re
from dataclasses import dataclass
from typing import Final

_MARK: Final = "lv-mask-"
_PLACEHOLDER: Final = re.compile(rf"{_MARK}(\d+)-")

# Shorter values could be anybody's, and would be replaced all over the page.
_LEAST_LENGTH: Final = 12

# One alternative per place where Phoenix writes a token; the value is the group that took part.
_TOKENS: Final = re.compile(
    r'(?:data-phx-session|data-phx-static|data-csrf|nonce)="([^"]+)"'
    r'|(?:\bid|data-phx-upload-ref)="(phx-[\w-]{16,})"'
    r'|<meta\b[^>]*\bname="csrf-token"[^>]*\bcontent="([^"]+)"'
    r'|<meta\b[^>]*\bcontent="([^"]+)"[^>]*\bname="csrf-token"'
    r'|<input\b[^>]*\bname="_csrf_token"[^>]*\bvalue="([^"]+)"'
)


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
    found: dict[str, None] = {}
    for match in _TOKENS.finditer(html):
        value = match[match.lastindex or 0]
        if len(value) >= _LEAST_LENGTH:
            found.setdefault(value)
    values = tuple(found)
    template = html
    # Longest first, so that a value inside another cannot tear it apart.
    for index in sorted(range(len(values)), key=lambda at: -len(values[at])):
        template = template.replace(values[index], _placeholder(index))
    return Masked(template, values)


def _placeholder(index: int) -> str:
    return f"{_MARK}{index}-"
