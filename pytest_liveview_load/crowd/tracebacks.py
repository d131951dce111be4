"""Tracebacks as the author of a test wants them: their own lines, and no machinery.

Only frames are taken away, never the error or its message, and an
error that has no frame of its author's keeps all it has.
"""

import sysconfig
from pathlib import Path
from traceback import extract_tb, walk_tb
from types import FrameType, TracebackType
from typing import Final, TypeVar

from pytest_liveview_load import errors
from pytest_liveview_load.errors import LiveViewLoadError

OURS: Final = f"{Path(errors.__file__).parent}/"  # which lies at the top
# Python's own files and what is installed: machinery, if it was called by ours.
INSTALLED: Final = tuple(
    f"{sysconfig.get_path(scheme)}/" for scheme in ("stdlib", "purelib", "platlib")
)
HIDDEN: Final = "__tracebackhide__"  # pytest's word, in pytest.fail for one

AnyError = TypeVar("AnyError", bound=BaseException)


def prune(error: AnyError) -> AnyError:
    """Return `error` itself, with our frames and those below them out of its tracebacks.

    The causes of an error of this package go as well: its message says what they mean.
    """
    seen: set[int] = set()
    pending: list[BaseException | None] = [error]
    while pending:
        each = pending.pop()
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        each.__traceback__ = pruned(each.__traceback__)
        if isinstance(each, LiveViewLoadError):
            each.__cause__ = None
            each.__suppress_context__ = True
        else:
            pending += [each.__cause__, each.__context__]
        if isinstance(each, BaseExceptionGroup):
            pending += each.exceptions
    return error


def place_of(error: BaseException) -> str:
    """Return 'test_shop.py:12, in buy': the last frame of an error that was pruned."""
    last = extract_tb(error.__traceback__)[-1]
    return f"{Path(last.filename).name}:{last.lineno}, in {last.name}"


def pruned(traceback: TracebackType | None) -> TracebackType | None:
    """Return the traceback's frames that are the author's, or all if none is.

    Of what the author has called, that stays which does not lead to us.
    """
    kept: list[TracebackType] = []
    authored = 0  # how many, up to the author's last
    below_ours = False
    each = traceback
    while each is not None:
        path = each.tb_frame.f_code.co_filename
        if path.startswith(OURS):
            below_ours = True
            del kept[
                authored or len(kept) :
            ]  # as contextlib, of an `async with` of ours
        elif not (below_ours and is_installed(path)):
            below_ours = False
            if not each.tb_frame.f_locals.get(HIDDEN):
                kept.append(each)
                authored = authored if is_installed(path) else len(kept)
        each = each.tb_next
    linked: TracebackType | None = None
    for each in reversed(kept):
        linked = TracebackType(linked, each.tb_frame, each.tb_lasti, each.tb_lineno)
    return linked or traceback


def has_author(traceback: TracebackType | None) -> bool:
    """Return whether some frame is neither ours nor a library's."""
    return any(is_authored(frame) for frame, _ in walk_tb(traceback))


def is_authored(frame: FrameType) -> bool:
    """Return whether a frame is neither ours nor a library's."""
    path = frame.f_code.co_filename
    return not path.startswith(OURS) and not is_installed(path)


def is_installed(path: str) -> bool:
    """Return whether a file is a library's: Python's, or below site-packages.

    Compiled code (uvloop, lxml) names its source without a folder: a library's as well.
    """
    if not Path(path).is_absolute():
        return True
    return path.startswith((*INSTALLED, "<frozen ")) or "/site-packages/" in path
