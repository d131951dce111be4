"""What a user meets that its author got wrong: it ends the run of all, and the lead is told."""

import msgspec

from pytest_liveview_load.distribution.messages import (
    Cut,
    Denied,
    Finished,
    decode,
    encode,
)
from pytest_liveview_load.distribution.serialize import pack_error, unpack_error
from pytest_liveview_load.distribution.snapshots import unpack
from pytest_liveview_load.errors import ConfigurationError, DataError, UnitError
from tests.distribution.fake_runners import Stage, begin, ended, iterations, of

FEW_ROWS = DataError("users.csv", "2 rows for 3 users")


def test_the_first_ends_the_run_of_all_with_their_numbers() -> None:
    stage = Stage(begin())
    stage.go_on(5)
    fault = pack_error(FEW_ROWS, "raised at test_it.py:8, in buy")

    stage.say("gw1", msgspec.structs.replace(stage.runners["gw1"].done(), fault=fault))

    ending = ended(stage)
    assert isinstance(ending, Finished)
    assert fault == ending.outcome.fault
    assert [1, 0, 1] == [len(of(Cut, stage.sent_to(each))) for each in stage.runners]
    assert sum(each.iterations for each in stage.runners.values()) == iterations(ending)
    assert "ended by DataError" == unpack(ending.outcome.snapshot).partial


def test_what_others_meet_then_is_dropped() -> None:
    stage = Stage(begin())
    stage.go_on(1)
    stage.silent = {"gw0", "gw2"}
    first, later = pack_error(FEW_ROWS), pack_error(DataError("rows", "others"))

    for name, fault in (("gw1", first), ("gw0", later), ("gw2", None)):
        done = stage.runners[name].done()
        stage.say(name, msgspec.structs.replace(done, fault=fault))

    assert first == ended(stage).outcome.fault


def travelled(error: Exception) -> Exception:
    """Return an error as it comes to another process."""
    sent = Denied("r", 1, pack_error(error, "raised at test_it.py:8, in buy"))
    [there] = decode(encode(sent))
    assert isinstance(there, Denied)
    return unpack_error(there.fault)


def test_it_arrives_as_itself_with_its_place() -> None:
    arrived = travelled(FEW_ROWS)

    assert isinstance(arrived, DataError)
    assert FEW_ROWS.source == arrived.source
    assert str(FEW_ROWS) == str(arrived)
    assert ["raised at test_it.py:8, in buy"] == arrived.__notes__


def test_one_about_a_thing_that_cannot_travel_says_the_same() -> None:
    error = UnitError(object(), "a duration")

    arrived = travelled(error)

    assert isinstance(arrived, UnitError)
    assert str(error) == str(arrived)


def test_one_that_has_only_a_text_arrives_with_it() -> None:
    arrived = travelled(ConfigurationError("no such thing"))

    assert ConfigurationError is type(arrived)
    assert "no such thing" == str(arrived)
