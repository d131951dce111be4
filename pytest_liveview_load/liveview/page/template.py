"""A view's HTML split into a template and the plain texts between its tags.

    split_texts(rendered) == SplitHtml("<p>Count: \0</p>", ("3",))

Two users' pages, or one user's before and after a click, are often alike but for such
texts; then their templates are equal, and what was made of one serves them all.

The rule: `split_texts(rendered).html() == rendered.html()`. What is not clearly plain text stays
in the template, and a tree that has something odd about it has no template at all.
"""

import re
from collections.abc import Mapping
from functools import cached_property, lru_cache
from typing import Final, NamedTuple

import msgspec

from pytest_liveview_load.liveview.page import view_elements
from pytest_liveview_load.liveview.page.dead_render import TEXT_PLACEHOLDER
from pytest_liveview_load.liveview.page.html import Element, parse_fragment
from pytest_liveview_load.liveview.page.patch import OUTLIVES_HTML
from pytest_liveview_load.liveview.page.view_elements import ViewElement
from pytest_liveview_load.liveview.protocol.rendered import (
    MAX_HTML,
    ROOT_TAG,
    Node,
    Rendered,
    Tree,
    Written,
)
from pytest_liveview_load.liveview.protocol.wire import PHX_COMPONENT

# Stands in a template where a text was taken out. No HTML has it: a parser drops it.
GAP: Final = "\0"

# Words with one space between them and nothing that HTML could read in another way, so
# that a parser, and a reader who collapses white space, leave them as they are.
_WORD: Final = r"[\w!#$%()*+,./:;?@^{|}~-]+"
_is_text: Final = re.compile(f"{_WORD}(?: {_WORD})*").fullmatch

_STATICS: Final = 4096

_TEMPLATES_KEPT: Final = 256

# Where it says so of itself, nothing can be told from what we wrote.
_PLACES: Final = re.compile(rf"{TEXT_PLACEHOLDER}(\d+)-")

# What might make one character of an ampersand and the text behind it.
_HALF_AN_ENTITY: Final = re.compile(f"&[#\\w]*{GAP}")

# Here a text says what a form submits, or a click: it is read without the page.
_VALUES: Final = frozenset(("textarea", "option", "output"))


class SplitHtml(NamedTuple):
    """A template with a `GAP` for each text, and the texts in their order."""

    template: str
    texts: tuple[str, ...]

    def html(self) -> str:
        """Put the texts back."""
        start, *rest = self.template.split(GAP)
        pairs = zip(self.texts, rest, strict=True)
        return "".join([start, *(piece for pair in pairs for piece in pair)])


def split_texts(rendered: Rendered) -> SplitHtml | None:
    """Return the view's HTML and its texts; None if they cannot be told from each other.

    So it is with a tree that cannot be rendered, too: `Rendered.html` says why.
    """
    writer = _Writer(rendered)
    try:
        writer.write(rendered.tree, inside=True)
        template, texts = _joined(writer.pieces), tuple(writer.texts)
    except (_UnsureError, RecursionError):
        return None
    # A text may be long and stand in many places.
    if template.count(GAP) != len(texts) or sum(map(len, texts)) > MAX_HTML:
        return None
    return SplitHtml(template, texts)


class Template:
    """HTML with numbered places for texts. Shared; compared by identity."""

    def __init__(self, html: str, root: Element) -> None:
        self.html = html
        self._root: Element | None = root  # for the first who asks

    def copy_root(self) -> Element:
        """Return a wrapper whose children are the view's, to be taken apart."""
        root, self._root = self._root, None
        return parse_fragment(self.html) if root is None else root

    def shared(self) -> "tuple[Template, tuple[str, ...]]":
        """Return itself: it has places, and no texts."""
        return self, ()

    @cached_property
    def cids(self) -> frozenset[int]:
        """The components in it."""
        return view_elements.component_ids_in(self.html)

    @cached_property
    def nested(self) -> Mapping[str, ViewElement]:
        """The places of nested and sticky views in it, by view id."""
        return view_elements.nested_views_in(self.html)


@lru_cache(maxsize=_TEMPLATES_KEPT)
def template_of(html_with_gaps: str) -> Template | None:
    """Return the template of HTML with gaps; None if it is safer to parse the page itself."""
    odd = OUTLIVES_HTML in html_with_gaps or TEXT_PLACEHOLDER in html_with_gaps
    if odd or _HALF_AN_ENTITY.search(html_with_gaps) is not None:
        return None
    start, *rest = html_with_gaps.split(GAP)
    places = (
        f"{TEXT_PLACEHOLDER}{number}-{piece}" for number, piece in enumerate(rest)
    )
    html = "".join((start, *places))
    root = parse_fragment(html)
    # All must be texts between tags, and of elements without a value.
    if _places_in(root) != len(rest) or any(map(_places_in, root.iter(*_VALUES))):
        return None
    return Template(html, root)


def fill_texts(text: str, texts: tuple[str, ...]) -> str:
    """Put the texts of one page into what was read from the tree of its template."""

    def own(place: re.Match[str]) -> str:
        number = int(place[1])
        return texts[number] if number < len(texts) else place[0]

    return _PLACES.sub(own, text)


def _places_in(element: Element) -> int:
    return sum(str(text).count(TEXT_PLACEHOLDER) for text in element.itertext())


# Splitting


class _UnsureError(Exception):
    """There is something odd about the tree."""


class _Writer:
    """One walk over one tree. Owned by `split_texts`."""

    __slots__ = ("_keeping", "_rendered", "pieces", "texts")

    def __init__(self, rendered: Rendered) -> None:
        self._rendered = rendered
        self._keeping = False  # a subtree around this one is being written down
        self.pieces: list[str] = []
        self.texts: list[str] = []

    def write(self, node: Node, *, inside: bool) -> None:
        """Write a subtree, which begins between tags if it is `inside`.

        As in `Rendered`, the largest subtrees that stay the same are written down when
        they are met for the second time.
        """
        kept = node.apart
        if type(kept) is tuple and kept[2] is inside:
            self.pieces.append(kept[0])
            self.texts += kept[1]
        elif self._keeping or kept is Written.VARYING:
            self._write_rows(node, inside=inside)
        elif kept is Written.NEVER or _holds_component(node):
            note = Written.ONCE if kept is Written.NEVER else Written.VARYING
            msgspec.structs.force_setattr(node, "apart", note)
            self._write_rows(node, inside=inside)
        else:
            self._keep(node, inside=inside)

    def _keep(self, node: Node, *, inside: bool) -> None:
        outer = self.pieces, self.texts
        self.pieces, self.texts, self._keeping = [], [], True
        self._write_rows(node, inside=inside)
        template, texts = _joined(self.pieces), tuple(self.texts)
        self.pieces, self.texts, self._keeping = *outer, False
        msgspec.structs.force_setattr(node, "apart", (template, texts, inside))
        self.pieces.append(template)
        self.texts += texts

    def _write_rows(self, node: Node, *, inside: bool) -> None:
        statics, write = node.statics, self.pieces.append
        ends = _ends(statics)
        rows = (node.dynamics,) if isinstance(node, Tree) else node.entries
        for row in rows:
            between = inside
            index = 0
            for dynamic in row:
                write(statics[index])
                end = ends[index]
                if end is not None:
                    between = end
                index += 1  # enumerate costs a tuple on the hottest line
                if type(dynamic) is str:
                    if between and _is_text(dynamic):
                        write(GAP)
                        self.texts.append(dynamic)
                    else:
                        write(dynamic)
                        between = _end(dynamic, between)
                elif isinstance(dynamic, int):
                    self._write_component(dynamic)
                elif not isinstance(dynamic, str):
                    self.write(dynamic, inside=between)
            write(statics[index])

    def _write_component(self, cid: int) -> None:
        rendered = self._rendered
        node = rendered.components.get(cid)
        if node is None or rendered.dialect.span_components:
            raise _UnsureError
        at = len(self.pieces)
        self.write(node, inside=True)
        template = _joined(self.pieces[at:])
        if isinstance(node, Tree) and node.root:
            match = ROOT_TAG.match(template)
            if match is None:
                raise _UnsureError
            mark = f' {PHX_COMPONENT}="{cid}"'
            template = f"{match[0]}{mark}{template[match.end() :]}"
        self.pieces[at:] = (template,)


def _joined(pieces: list[str]) -> str:
    if sum(map(len, pieces)) > MAX_HTML:
        raise _UnsureError
    return "".join(pieces)


def _holds_component(node: Node) -> bool:
    rows = (node.dynamics,) if isinstance(node, Tree) else node.entries
    return any(
        isinstance(each, int) or (not isinstance(each, str) and _holds_component(each))
        for row in rows
        for each in row
    )


@lru_cache(maxsize=_STATICS)
def _ends(statics: tuple[str, ...]) -> tuple[bool | None, ...]:
    """Return of each whether it ends between tags; None if it says nothing of that."""
    return tuple(
        _end(each, False) if "<" in each or ">" in each else None  # noqa: FBT003
        for each in statics
    )


def _end(html: str, inside: bool) -> bool:  # noqa: FBT001  # between tags
    opened, closed = html.rfind("<"), html.rfind(">")
    return inside if opened == closed else closed > opened
