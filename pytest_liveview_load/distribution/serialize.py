"""What users of a run do and have, as plain data, and made of it again in another process.

Law: a function travels by name, and is looked up where it arrives; nothing is pickled. What
could not arrive as it is is refused before it leaves, all of it in one error that says what
to do. Both processes have collected the same files, so a module has the same name in both.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import sys
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from pytest_liveview_load import errors
from pytest_liveview_load.crowd.data import ONCE, Rows
from pytest_liveview_load.crowd.mix import ScenarioMix, WeightedScenario
from pytest_liveview_load.crowd.plan import RunPlan
from pytest_liveview_load.crowd.scenario import Scenario
from pytest_liveview_load.distribution.messages import PackedError
from pytest_liveview_load.errors import DataError, ScenarioError
from pytest_liveview_load.load_profile.profile import Profile
from pytest_liveview_load.sync.rendezvous import is_plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pytest_liveview_load.distribution.messages import PackedPlan


# Plain data that comes out of a message as it went in: tuples, long integers and all.


# A dict with this one key stands for what a message has no word for.
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


PLAIN: Final = (
    "plain data (None, bool, numbers, text, bytes, and lists, tuples and dicts)"
)
ALONE: Final = "Or run this test in one process, without hosts: pytest -n 0"
SHOWN: Final = 3  # rows at the most that an error quotes
LOCAL: Final = "<locals>"
LAMBDA: Final = "<lambda>"


# Out


def pack_mix(cast: ScenarioMix) -> dict[str, Any]:
    """Return who plays what as plain data.

    Raises ScenarioError, which names all that cannot travel.
    """
    scenarios = [each.scenario for each in cast.roles]
    scenarios += [each for each in (cast.setup, cast.teardown) if each is not None]
    problems = dict.fromkeys(why for each in scenarios for why in stays_here(each))
    if problems:
        listed = "".join(f"\n  {each}" for each in problems)
        problem = f"it cannot be carried by several processes:{listed}\n  {ALONE}"
        raise ScenarioError(cast.name, problem)
    return {
        "name": cast.name,
        "roles": [[pack_scenario(each.scenario), each.share] for each in cast.roles],
        "setup": cast.setup and pack_scenario(cast.setup),
        "teardown": cast.teardown and pack_scenario(cast.teardown),
    }


def pack_rows(order: RunPlan) -> dict[str, Any] | None:
    """Return the rows of an order as plain data, None if it has none.

    Of rows that are read one by one, those travel that the users there may be need: who
    is added later has none. Raises DataError, which names the rows that cannot travel.
    """
    rows = order.data
    if rows is None:
        return None
    assert isinstance(rows, Rows), f"nobody looked for {rows!r}"
    ids = order.profile.user_ids()
    needed = ids[-1] + 1 if ids else 0
    found = rows.read_to(needed)
    kept = [rows[index] for index in range(found)]
    odd = [index for index, row in enumerate(kept) if not is_plain(row)]
    if odd:
        shown = "; ".join(f"row {each + 1} is {kept[each]!r}" for each in odd[:SHOWN])
        more = f" and {len(odd) - SHOWN} more" if len(odd) > SHOWN else ""
        problem = (
            f"{shown}{more}, and rows that go to other processes are {PLAIN}. {ALONE}"
        )
        raise DataError(rows.name, problem)
    is_cut = not rows.is_sized and found >= needed  # there may be more of them
    plain = to_plain(kept)
    return {"name": rows.name, "rows": plain, "way": order.rows, "is_cut": is_cut}


def pack_scenario(scenario: Scenario) -> dict[str, Any]:
    """Return a scenario that can travel as plain data."""
    return {
        "name": scenario.name,
        "function": address_of(scenario.function),
        "params": to_plain(dict(scenario.params)),
    }


def address_of(function: Any) -> dict[str, Any]:
    """Return where to find a function that can travel.

    That of a method has the class of its object as `owner`, and what the object knows as
    `state`.
    """
    owner = owner_of(function)
    if owner is None:
        return {"module": function.__module__, "name": function.__qualname__}
    is_class = isinstance(owner, type)
    cls = owner if is_class else type(owner)
    return {
        "module": cls.__module__,
        "owner": cls.__qualname__,
        "name": getattr(function, "__name__", "__call__"),
        "state": None if is_class else to_plain(vars(owner)),
    }


def owner_of(function: Any) -> Any:
    """Return the object, or class, that a method is bound to, None for a function."""
    if inspect.isfunction(function):
        return None
    if inspect.ismethod(function):
        return function.__self__
    return function  # one that can be called


# Why not


def stays_here(scenario: Scenario) -> Iterator[str]:
    """Yield what keeps a scenario in this process, and what to do about each."""
    function = scenario.function
    if why := no_address(function):
        yield f"{scenario.name} {why}"
    else:
        yield from own_state(scenario.name, owner_of(function))
    for name, value in scenario.params.items():
        if not is_plain(value):
            yield (
                f"{scenario.name} takes {name}={shortly(value)}, and what goes to other "
                f"processes is {PLAIN}: let the fixture or params give that, and make "
                "the rest of it in the scenario"
            )


def no_address(function: Any) -> str:
    """Return why a function cannot be found by a name elsewhere, "" if it can."""
    if isinstance(function, functools.partial):
        return (
            "is a functools.partial, which has no name of its own: give the function, "
            "and the values as params={…}"
        )
    owner = owner_of(function)
    named = (
        function if owner is None else owner if isinstance(owner, type) else type(owner)
    )
    if LAMBDA in named.__qualname__:
        return "is a lambda, which has no name: write an async def at the top of a file"
    if LOCAL in named.__qualname__:
        inside = named.__qualname__.split(f".{LOCAL}")[0]
        return (
            f"is defined inside {inside}, where no other process finds it: move it to "
            "the top of its file, and give it by params={…} what it took from there"
        )
    module = named.__module__
    if module not in sys.modules:
        return f"is in a module {module!r} that cannot be imported by this name"
    try:
        found = found_at(address_of_place(function))
    except (AttributeError, ImportError):
        found = None
    if not is_same(found, function):
        return (
            f"is not what {module}.{place_of(function)} is: a function travels by its "
            "name, so let the name at the top of its file be that of the function itself"
        )
    return ""


def own_state(scenario: str, owner: Any) -> Iterator[str]:
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
                f"{shortly(value)}, and what goes to other processes is {PLAIN}"
            )


def address_of_place(function: Any) -> Mapping[str, Any]:
    """Return the address of a function without what its object knows."""
    owner = owner_of(function)
    if owner is None or isinstance(owner, type):
        return address_of(function)
    cls = type(owner)
    name = getattr(function, "__name__", "__call__")
    return {"module": cls.__module__, "name": f"{cls.__qualname__}.{name}"}


def place_of(function: Any) -> str:
    """Return the name by which a function is looked up in its module."""
    address = address_of_place(function)
    owner = address.get("owner")
    return f"{owner}.{address['name']}" if owner else str(address["name"])


def is_same(found: Any, function: Any) -> bool:
    """Return whether what a name stands for is the function that has it."""
    if inspect.ismethod(function):
        return getattr(found, "__func__", found) is function.__func__
    if inspect.isfunction(function):
        return found is function
    return found is type(function).__call__


def shortly(value: object, most: int = 60) -> str:
    """Return a value as an error quotes it, with its type."""
    text = repr(value)
    return (
        f"{text if len(text) <= most else text[:most] + '…'} ({type(value).__name__})"
    )


# In again


def unpack_plan(errand: PackedPlan, share: int, of: int) -> RunPlan:
    """Return the order of share `share` of `of` of a run.

    Raises ScenarioError if a function is not where it was.
    """
    data = errand.data
    return RunPlan(
        profile=Profile.from_data(errand.profile).shard(share, of),
        cast=unpack_mix(errand.cast),
        data=None if data is None else unpack_rows(data),
        rows=ONCE if data is None else data["way"],
        endless=errand.endless,
    )


def unpack_rows(data: Mapping[str, Any]) -> Rows:
    """Return the rows whose `pack_rows` this is."""
    return Rows(from_plain(data["rows"]), data["name"], is_cut=data["is_cut"])


def unpack_mix(data: Mapping[str, Any]) -> ScenarioMix:
    """Return the cast whose `pack_mix` this is. Raises ScenarioError."""
    setup, teardown = data["setup"], data["teardown"]
    return ScenarioMix(
        data["name"],
        tuple(
            WeightedScenario(unpack_scenario(each), share)
            for each, share in data["roles"]
        ),
        setup and unpack_scenario(setup),
        teardown and unpack_scenario(teardown),
    )


def unpack_scenario(data: Mapping[str, Any]) -> Scenario:
    """Return the scenario whose `pack_scenario` this is. Raises ScenarioError."""
    address = data["function"]
    try:
        function = found_at(address)
    except (AttributeError, ImportError) as error:
        problem = (
            f"there is no {address['module']}.{address['name']} in this process "
            f"({error}): let all processes run the same files with the same options"
        )
        raise ScenarioError(data["name"], problem) from error
    except (KeyboardInterrupt, GeneratorExit):
        raise
    except (
        BaseException
    ) as error:  # pytest.skip(), which may stand there, is no Exception
        problem = (
            f"{address['module']} cannot be imported in this process "
            f"({type(error).__name__}: {error}): what it needs when it is imported has to "
            "be in all processes that carry users"
        )
        raise ScenarioError(data["name"], problem) from error
    return Scenario.of(function, from_plain(data["params"]), data["name"])


def found_at(address: Mapping[str, Any]) -> Any:
    """Return what an address is of. Raises AttributeError and ImportError."""
    name = address["module"]
    # pytest imports tests under names that an import would not find.
    module = sys.modules.get(name) or importlib.import_module(name)
    owner = address.get("owner")
    if owner is None:
        return functools.reduce(getattr, address["name"].split("."), module)
    found: Any = functools.reduce(getattr, owner.split("."), module)
    state = address["state"]
    if state is not None:
        cls, found = found, found.__new__(found)
        vars(found).update(from_plain(state))
        assert isinstance(found, cls)
    return getattr(found, address["name"])


# Errors that go to another process, and are raised there as they were.


def pack_error(error: BaseException, where: str = "") -> PackedError:
    """Return an error as a message carries it."""
    kind = type(error)
    names = fields_of(kind) if getattr(errors, kind.__name__, None) is kind else {}
    given = [getattr(error, name) for name in names]
    if not (names and all(map(is_plain, given))):
        given = [str(error)]
    fields = tuple(map(to_plain, given))
    return PackedError(kind=kind.__name__, fields=fields, where=where)


def unpack_error(fault: PackedError) -> Exception:
    """Return the error whose `pack_error` this is; RuntimeError for one that is not ours."""
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
