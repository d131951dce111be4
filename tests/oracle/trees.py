"""Random views and what a server could send for them, in the form that a version knows.

Every diff fits what came before it, by the model of tests/properties.
"""

import copy
from typing import Any

from hypothesis import strategies as st

from tests.properties.rendered_trees import (
    Forms,
    lay_over,
    row_changes,
    texts,
    trees,
)

Json = Any


@st.composite
def components(draw: st.DrawFn, forms: Forms) -> Json:
    """A component: one root element around some dynamics."""
    tree = draw(trees(1, forms))
    inner = tree["s"]
    tag = draw(
        st.sampled_from(["<i>", "<i class='x'>", " <i\n id='y'>", "<!-- c --><i>"])
    )
    end = draw(st.sampled_from(["</i>", "</i> ", "</i><!-- end -->"]))
    return (
        tree | {"s": [tag + inner[0], *inner[1:-1], inner[-1] + end], "r": 1}
        if len(inner) > 1
        else {"s": [f"{tag}{inner[0]}{end}"], "r": 1}
    )


@st.composite
def refilled(draw: st.DrawFn, node: Json) -> Json:
    """All dynamics of a tree anew without its statics, as a server shares them."""
    if isinstance(node, str):
        return draw(texts)
    if "d" in node:
        return {"d": [[draw(texts) for _ in row] for row in node["d"]]}
    if "k" in node:
        rows = [node["k"][str(index)] for index in range(node["k"]["kc"])]
        entries = {
            str(index): {key: draw(refilled(each)) for key, each in row.items()}
            for index, row in enumerate(rows)
        }
        return {"k": {**entries, "kc": len(rows)}}
    return {key: draw(refilled(node[key])) for key in node if key.isdigit()}


@st.composite
def component_changes(draw: st.DrawFn, known: dict[str, Json], forms: Forms) -> Json:
    """Changes to some components, and one more that may share another's statics."""
    changed: dict[str, Json] = {}
    for cid, component in known.items():
        match draw(st.sampled_from(["same", "within", "anew"])):
            case "within":
                changed[cid] = draw(row_changes(component, forms))
            case "anew":
                changed[cid] = draw(components(forms))
    cid = str(len(known) + 1)
    if draw(st.booleans()):
        changed[cid] = draw(components(forms))
    else:
        like = draw(st.sampled_from(sorted(known)))
        # A positive number names a component as this very diff leaves it.
        sign = 1 if like in changed else -1
        source = with_components(known, changed)[like]
        changed[cid] = {**draw(refilled(source)), "s": sign * int(like)}
    return changed


def with_components(
    known: dict[str, Json], changed: dict[str, Json]
) -> dict[str, Json]:
    """Return the components after a diff, as rendered.js cachedFindComponent."""
    after = copy.deepcopy(known)
    found: dict[str, Json] = {}

    def find(cid: str) -> Json:
        if cid in found:
            return found[cid]
        diff = copy.deepcopy(changed[cid])
        shared = diff.get("s")
        if isinstance(shared, int):
            like = find(str(shared)) if shared > 0 else known[str(-shared)]
            del diff["s"]
            found[cid] = lay_over(copy.deepcopy(like), diff)
        elif shared is None and cid in known:
            found[cid] = lay_over(copy.deepcopy(known[cid]), diff)
        else:
            found[cid] = diff
        return found[cid]

    for cid in changed:
        after[cid] = find(cid)
    return after


@st.composite
def views(draw: st.DrawFn, forms: Forms) -> tuple[Json, list[Json]]:
    """A first tree with components, and diffs, each of which fits what came before."""
    known = {str(cid): draw(components(forms)) for cid in (1, 2)}
    page: Json = {
        "s": [draw(texts), "|", "|", "|", ""],
        "0": draw(trees(2, forms)),
        "1": 1,
        "2": 2,
        "3": draw(texts),
    }
    first = copy.deepcopy({**page, "c": known})
    diffs = []
    for _ in range(draw(st.integers(1, 3))):
        diff: dict[str, Json] = {}
        if draw(st.booleans()):
            diff["0"] = draw(row_changes(page["0"], forms))
        if draw(st.booleans()):
            changed = draw(component_changes(known, forms))
            newest = max(map(int, changed))
            diff["3"] = newest
            diff["c"] = changed
            known = with_components(known, changed)
        diffs.append(copy.deepcopy(diff))
        page = lay_over(
            page, {key: copy.deepcopy(diff[key]) for key in diff if key != "c"}
        )
    return first, diffs
