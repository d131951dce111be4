"""Scenarios, rows and errors as plain data, and made again of it in another process.

A function travels by name, and is looked up where it arrives; nothing is pickled. What
could not arrive as it is is refused before it leaves, all of it in one error that says what
to do. Both processes have collected the same files, so a module has the same name in both.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import sys
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from pytest_liveview_load import errors
from pytest_liveview_load.crowd.data import ONCE, Rows
from pytest_liveview_load.crowd.mix import ScenarioMix, WeightedScenario
from pytest_liveview_load.crowd.plan import RunPlan
from pytest_liveview_load.crowd.scenario import Scenario
from pytest_liveview_load.distribution.packed import (
    PackedError,
    PackedFunction,
    PackedMix,
    PackedPlan,
    PackedRows,
    PackedScenario,
    Share,
)
from pytest_liveview_load.errors import DataError, ScenarioError
from pytest_liveview_load.load_profile.profile import Profile
from pytest_liveview_load.sync.rendezvous import is_plain

if TYPE_CHECKING:
    from collections.abc import Iterator

PLAIN: Final = (
    "plain data (None, bool, numbers, text, bytes, and lists, tuples and dicts)"
)
IN_ONE_PROCESS: Final = "Or run this test in one process, without hosts: pytest -n 0"
MOST_QUOTED: Final = 3  # rows that an error quotes
LOCAL: Final = "<locals>"
LAMBDA: Final = "<lambda>"


# Mixes and rows


def pack_mix(mix: ScenarioMix) -> PackedMix:
    """Return the scenarios of a run as plain data.

    Raises ScenarioError, which names all that cannot travel.
    """
    scenarios = [each.scenario for each in mix.scenarios]
    scenarios += [each for each in (mix.setup, mix.teardown) if each is not None]
    problems = dict.fromkeys(why for each in scenarios for why in why_not(each))
    if problems:
        listed = "".join(f"\n  {each}" for each in problems)
        problem = (
            f"it cannot be carried by several processes:{listed}\n  {IN_ONE_PROCESS}"
        )
        raise ScenarioError(mix.name, problem)
    return PackedMix(
        name=mix.name,
        scenarios=tuple(
            (pack_scenario(each.scenario), each.share) for each in mix.scenarios
        ),
        setup=None if mix.setup is None else pack_scenario(mix.setup),
        teardown=None if mix.teardown is None else pack_scenario(mix.teardown),
    )


def unpack_mix(packed: PackedMix) -> ScenarioMix:
    """Return the mix of `pack_mix`. Raises ScenarioError for a function that is not here."""
    return ScenarioMix(
        packed.name,
        tuple(
            WeightedScenario(unpack_scenario(each), share)
            for each, share in packed.scenarios
        ),
        None if packed.setup is None else unpack_scenario(packed.setup),
        None if packed.teardown is None else unpack_scenario(packed.teardown),
    )


def pack_rows(plan: RunPlan) -> PackedRows | None:
    """Return the rows of a plan as plain data, None if it has none.

    Of rows that are read one by one, those travel that the users there may be need: who
    is added later has none. Raises DataError, which names the rows that cannot travel.
    """
    rows = plan.data
    if rows is None:
        return None
    assert isinstance(rows, Rows), f"nobody looked for {rows!r}"
    ids = plan.profile.user_ids()
    needed = ids[-1] + 1 if ids else 0
    found = rows.read_to(needed)
    kept = [rows[index] for index in range(found)]
    odd = [index for index, row in enumerate(kept) if not is_plain(row)]
    if odd:
        quoted = odd[:MOST_QUOTED]
        listed = "; ".join(f"row {each + 1} is {kept[each]!r}" for each in quoted)
        more = f" and {len(odd) - len(quoted)} more" if len(odd) > len(quoted) else ""
        problem = (
            f"{listed}{more}, and rows that go to other processes are {PLAIN}. "
            f"{IN_ONE_PROCESS}"
        )
        raise DataError(rows.name, problem)
    is_cut = not rows.is_sized and found >= needed  # there may be more of them
    return PackedRows(name=rows.name, rows=to_plain(kept), way=plan.rows, is_cut=is_cut)


def unpack_rows(packed: PackedRows) -> Rows:
    """Return the rows of `pack_rows`."""
    return Rows(from_plain(packed.rows), packed.name, is_cut=packed.is_cut)


def unpack_plan(plan: PackedPlan, share: Share) -> RunPlan:
    """Return a share of a run. Raises ScenarioError for a function that is not here."""
    rows = plan.rows
    return RunPlan(
        profile=Profile.from_data(plan.profile).share(*share),
        scenario_mix=unpack_mix(plan.mix),
        data=None if rows is None else unpack_rows(rows),
        rows=ONCE if rows is None else rows.way,
        endless=plan.endless,
    )


# Scenarios


def pack_scenario(scenario: Scenario) -> PackedScenario:
    """Return a scenario that can travel as plain data."""
    return PackedScenario(
        name=scenario.name,
        function=pack_function(scenario.function),
        params=to_plain(dict(scenario.params)),
    )


def unpack_scenario(packed: PackedScenario) -> Scenario:
    """Return the scenario of `pack_scenario`. Raises ScenarioError."""
    address = packed.function
    try:
        function = find_function(address)
    except (AttributeError, ImportError) as error:
        problem = (
            f"there is no {address.module}.{address.name} in this process "
            f"({error}): let all processes run the same files with the same options"
        )
        raise ScenarioError(packed.name, problem) from error
    except (KeyboardInterrupt, GeneratorExit):
        raise
    # pytest.skip(), which may stand at the top of a file, is no Exception.
    except BaseException as error:
        problem = (
            f"{address.module} cannot be imported in this process "
            f"({type(error).__name__}: {error}): what it needs when it is imported has to "
            "be in all processes that carry users"
        )
        raise ScenarioError(packed.name, problem) from error
    return Scenario.of(function, from_plain(packed.params), packed.name)


def pack_function(function: Any) -> PackedFunction:
    """Return where to find a function that can travel."""
    address, owner = address_of(function), owner_of(function)
    if owner is None or isinstance(owner, type):
        return address
    return replace(address, state=to_plain(vars(owner)))


def address_of(function: Any) -> PackedFunction:
    """Return the module and the name of a function, without what a method's object has."""
    owner = owner_of(function)
    if owner is None:
        return PackedFunction(module=function.__module__, name=function.__qualname__)
    cls = owner if isinstance(owner, type) else type(owner)
    return PackedFunction(
        module=cls.__module__,
        owner=cls.__qualname__,
        name=getattr(function, "__name__", "__call__"),
    )


def find_function(address: PackedFunction) -> Any:
    """Return the function of `pack_function`. Raises AttributeError and ImportError."""
    if address.state is None:
        return find(address.module, address.dotted)
    cls = find(address.module, address.owner)
    owner = cls.__new__(cls)
    vars(owner).update(from_plain(address.state))
    return getattr(owner, address.name)


def find(module: str, name: str) -> Any:
    """Return what a dotted name stands for in a module."""
    # pytest imports tests under names that an import would not find.
    found = sys.modules.get(module) or importlib.import_module(module)
    return functools.reduce(getattr, name.split("."), found)


def owner_of(function: Any) -> Any:
    """Return the object, or class, that a method is bound to, None for a function."""
    if inspect.isfunction(function):
        return None
    if inspect.ismethod(function):
        return function.__self__
    return function  # an object that can be called


# Why a scenario cannot travel


def why_not(scenario: Scenario) -> Iterator[str]:
    """Yield what keeps a scenario in this process, and what to do about each."""
    function = scenario.function
    if why := why_not_found(function):
        yield f"{scenario.name} {why}"
    else:
        yield from why_not_owner(scenario.name, owner_of(function))
    for name, value in scenario.params.items():
        if not is_plain(value):
            yield (
                f"{scenario.name} takes {name}={quote(value)}, and what goes to other "
                f"processes is {PLAIN}: let the fixture or params give that, and make "
                "the rest of it in the scenario"
            )


def why_not_found(function: Any) -> str:
    """Return why a function cannot be found by a name elsewhere, "" if it can."""
    if isinstance(function, functools.partial):
        return (
            "is a functools.partial, which has no name of its own: give the function, "
            "and the values as params={…}"
        )
    address = address_of(function)
    outermost = address.owner or address.name
    if LAMBDA in outermost:
        return "is a lambda, which has no name: write an async def at the top of a file"
    if LOCAL in outermost:
        inside = outermost.split(f".{LOCAL}")[0]
        return (
            f"is defined inside {inside}, where no other process finds it: move it to "
            "the top of its file, and give it by params={…} what it took from there"
        )
    module, name = address.module, address.dotted
    if module not in sys.modules:
        return f"is in a module {module!r} that cannot be imported by this name"
    try:
        found = find(module, name)
    except (AttributeError, ImportError):
        found = None
    if not is_same(found, function):
        return (
            f"is not what {module}.{name} is: a function travels by its "
            "name, so let the name at the top of its file be that of the function itself"
        )
    return ""


def why_not_owner(scenario: str, owner: Any) -> Iterator[str]:
    """Yield what an object knows and cannot take along."""
    if owner is None or isinstance(owner, type):
        return
    cls = type(owner)
    if not hasattr(owner, "__dict__"):
        yield f"{scenario} is a method of {cls.__qualname__}, whose objects have __slots__"
        return
    for name, value in vars(owner).items():
        if not is_plain(value):
            yield (
                f"{scenario} is a method of a {cls.__qualname__} whose {name} is "
                f"{quote(value)}, and what goes to other processes is {PLAIN}"
            )


def is_same(found: Any, function: Any) -> bool:
    """Return whether what a name stands for is the function that has it."""
    if inspect.ismethod(function):
        return getattr(found, "__func__", found) is function.__func__
    if inspect.isfunction(function):
        return found is function
    return found is type(function).__call__


def quote(value: object, most: int = 60) -> str:
    """Return a value as an error quotes it, with its type."""
    text = repr(value)
    return (
        f"{text if len(text) <= most else text[:most] + '…'} ({type(value).__name__})"
    )


# Plain data: tuples, long integers and all come out as they went in


# A dict with this one key stands for what a message cannot carry as it is.
MARK: Final = "\x00"
TUPLE: Final = "t"
LONG: Final = "i"
ITEMS: Final = "d"
LONGEST: Final = 2**63  # integers of messages have 64 bits


def to_plain(value: Any) -> Any:
    """Return what a message can carry."""
    match value:
        case None | bool() | float() | str() | bytes():
            return value
        case int():
            if -LONGEST <= value < LONGEST:
                return value
            return {MARK: [LONG, hex(value)]}
        case tuple():
            return {MARK: [TUPLE, [to_plain(each) for each in value]]}
        case dict():
            if all(type(key) is str and key != MARK for key in value):
                return {key: to_plain(each) for key, each in value.items()}
            items = [[to_plain(key), to_plain(each)] for key, each in value.items()]
            return {MARK: [ITEMS, items]}
        case _:
            return [to_plain(each) for each in value]


def from_plain(value: Any) -> Any:
    """Return the value whose `to_plain` this is."""
    if isinstance(value, list | tuple):
        return [from_plain(each) for each in value]
    if not isinstance(value, dict):
        return value
    if MARK not in value:
        return {key: from_plain(each) for key, each in value.items()}
    kind, given = value[MARK]
    if kind == LONG:
        return int(given, 16)
    if kind == TUPLE:
        return tuple(from_plain(each) for each in given)
    return {from_plain(key): from_plain(each) for key, each in given}


# Errors, which are raised in the other process as they were


def pack_error(error: BaseException, where: str = "") -> PackedError:
    """Return an error as a message carries it; `where` is the place that raised it."""
    name, fields = type(error).__name__, vars(error)
    is_ours = getattr(errors, name, None) is type(error)
    return PackedError(
        kind=name,
        text=str(error),
        fields=to_plain(fields) if is_ours and is_plain(fields) else {},
        where=where,
    )


def unpack_error(packed: PackedError) -> Exception:
    """Return the error of `pack_error`; RuntimeError for one that is not ours."""
    kind = getattr(errors, packed.kind, None)
    if kind is None:
        return RuntimeError(f"{packed.kind} in the controller: {packed.text}")
    error: Exception = kind.__new__(kind, packed.text)  # it was built in full elsewhere
    vars(error).update(from_plain(packed.fields))
    if packed.where:
        error.add_note(packed.where)
    return error
