"""What a histogram is a histogram of.

Law: two measurements share a histogram exactly if their series are equal.
"""

from typing import NamedTuple


class Series(NamedTuple):
    """A metric with its labels; "" where a label does not apply.

    `name` is the event, path or timer; `kind` an event's type (click, change, …);
    `component` its cid as text. An event of a view is written `[view:name]` in a budget.
    `part` is the part of a diff that is measured, "" for all of it.
    """

    metric: str
    name: str = ""
    view: str = ""
    kind: str = ""
    component: str = ""
    scenario: str = ""
    part: str = ""

    @property
    def label(self) -> str:
        """What a budget's brackets call it: the name, or the view where it has no name."""
        return self.name or self.view
