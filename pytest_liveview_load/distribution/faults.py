"""Errors that go to another process, and are raised there as they were.

Law: only those of `errors`, whose fields are plain data; of any other error the text goes,
and of a field that is not plain.
"""

import inspect
from functools import cache
from typing import Any

from pytest_liveview_load import errors
from pytest_liveview_load.distribution.parts import Fault
from pytest_liveview_load.distribution.plain import from_plain, to_plain
from pytest_liveview_load.sync.rendezvous import is_plain


def fault_of(error: BaseException, where: str = "") -> Fault:
    """Return an error as a message carries it."""
    kind = type(error)
    names = fields_of(kind) if getattr(errors, kind.__name__, None) is kind else {}
    given = [getattr(error, name) for name in names]
    if not (names and all(map(is_plain, given))):
        given = [str(error)]
    fields = tuple(map(to_plain, given))
    return Fault(kind=kind.__name__, fields=fields, where=where)


def error_of(fault: Fault) -> Exception:
    """Return the error whose `fault_of` this is; RuntimeError for one that is not ours."""
    kind = getattr(errors, fault.kind, None)
    if kind is None:
        return RuntimeError(f"{fault.kind} in the controller: {fault.fields[0]}")
    given = [from_plain(each) for each in fault.fields]
    names = fields_of(kind)
    if len(given) != len(names):
        error = kind.__new__(kind, *given)  # its text is all that there is
    else:
        bound = dict(zip(names, given, strict=True))
        keywords = {name: bound.pop(name) for name, only in names.items() if only}
        error = kind(*bound.values(), **keywords)
    if fault.where:
        error.add_note(fault.where)
    return error  # type: ignore[no-any-return]


@cache
def fields_of(kind: type[Any]) -> dict[str, bool]:
    """Return what an error is made of, and whether each is given by name only."""
    if kind.__init__ is Exception.__init__:
        return {}
    _, *parameters = inspect.signature(kind.__init__).parameters.values()
    return {each.name: each.kind is each.KEYWORD_ONLY for each in parameters}
