"""The dialects of LiveView's wire that Roost speaks: `python -m roost --liveview 1.0`.

Law of this file: what differs between the versions is said here; elsewhere a `Dialect` is
asked, and never for its version.
"""

from dataclasses import dataclass, replace
from typing import Final

from roost.comprehensions import Comprehensions, Dynamics, Keyed


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """What one line of LiveView says in its own way."""

    liveview_version: str  # told in the reply to a join
    comprehensions: Comprehensions
    one_table: bool  # of templates for a whole message, else one for each comprehension
    ignores_file_inputs: bool  # a patch leaves them as they are
    names_refused_files: bool  # a file input tells which are refused
    lacks: frozenset[str] = frozenset()  # paths of pages that need what came later


V1_2: Final = Dialect(
    liveview_version="1.2.10",
    comprehensions=Keyed(marks_moves=True),
    one_table=True,
    ignores_file_inputs=False,
    names_refused_files=True,
)
V1_1: Final = replace(
    V1_2,
    liveview_version="1.1.33",
    comprehensions=Keyed(marks_moves=False),
    names_refused_files=False,
)
V1_0: Final = replace(
    V1_1,
    liveview_version="1.0.19",
    comprehensions=Dynamics(),
    one_table=False,
    ignores_file_inputs=True,
    # Portals and hooks within the page came with 1.1.
    lacks=frozenset({"/click_away_portal", "/portal"}),
)
DIALECTS: Final = {"1.2": V1_2, "1.1": V1_1, "1.0": V1_0}
