"""Small pages of any shape: texts, elements, lists with and without keys, in one another.

What a page shows is given by its tree alone.
"""

from typing import Any

from hypothesis import strategies as st
from roost.rendered import Each, Node, Rendered, Template, Value

PAGE = Template("<main>{title} and {part}</main>")
BOLD = Template("<b>{text}</b>")
PAIR = Template("{left}-{right}")
ROW = Template("<li>{name}: {part}</li>")


def page(part: Value, title: str = "T") -> Rendered:
    return PAGE(title=title, part=part)


def rows(*names: str, keyed: bool = False) -> Each:
    entries = [ROW(name=name, part=BOLD(text=name)) for name in names]
    return Each(ROW, entries, keys=names if keyed else None)


texts = st.sampled_from(["a", "b", "<&>", ""])


def parts(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    entry = st.builds(lambda name, part: ROW(name=name, part=part), texts, inner)
    keys = st.lists(st.sampled_from("abcdefg"), unique=True, max_size=5)
    keyed = keys.flatmap(
        lambda keys: st.lists(entry, min_size=len(keys), max_size=len(keys)).map(
            lambda entries: Each(ROW, entries, keys=keys)
        )
    )
    listed = st.lists(entry, max_size=4).map(lambda entries: Each(ROW, entries))
    bold = st.builds(lambda text: BOLD(text=text), inner)
    pair = st.builds(lambda left, right: PAIR(left=left, right=right), inner, inner)
    return bold | pair | keyed | listed


nodes: st.SearchStrategy[Any] = st.recursive(texts, parts, max_leaves=12)
histories = st.lists(nodes.map(page), min_size=1, max_size=5)
