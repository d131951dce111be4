"""Plain data that comes out of a message as it went in: tuples, long integers and all.

Law: for every value that `crowd.rendezvous.is_plain` takes, `from_plain(to_plain(value))`
is equal to it and of the same types, subclasses of dict, list and tuple aside.
"""

from typing import Any, Final

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
