"""What a user meets that its author got wrong: it ends the run of all, and the lead is told."""

from pytest_liveview_load.distribution.messages import (
    Cut,
    Finished,
    SyncAnswer,
    decode,
    encode,
)
from pytest_liveview_load.distribution.serialize import pack_error, unpack_error
from pytest_liveview_load.distribution.snapshots import unpack
from pytest_liveview_load.errors import ConfigurationError, DataError, UnitError
from tests.distribution.fake_runners import FakeRun, ended, iterations, of, prepare

FEW_ROWS = DataError("users.csv", "2 rows for 3 users")


def test_the_first_ends_the_run_of_all_with_their_numbers() -> None:
    run = FakeRun(prepare())
    run.go_on(5)
    packed = pack_error(FEW_ROWS, "raised at test_it.py:8, in buy")

    run.send("gw1", run.runners["gw1"].finished(error=packed))

    ending = ended(run)
    assert isinstance(ending, Finished)
    assert packed == ending.outcome.error
    assert [1, 0, 1] == [len(of(Cut, run.sent_to(each))) for each in run.runners]
    assert sum(each.iterations for each in run.runners.values()) == iterations(ending)
    assert "ended by DataError" == unpack(ending.outcome.snapshot).partial


def test_what_others_meet_then_is_dropped() -> None:
    run = FakeRun(prepare())
    run.go_on(1)
    run.silent = {"gw0", "gw2"}
    first, later = pack_error(FEW_ROWS), pack_error(DataError("rows", "others"))

    for name, error in (("gw1", first), ("gw0", later), ("gw2", None)):
        run.send(name, run.runners[name].finished(error=error))

    assert first == ended(run).outcome.error


def travelled(error: Exception) -> Exception:
    """Return an error as it comes to another process."""
    sent = SyncAnswer("r", 1, error=pack_error(error, "raised at test_it.py:8, in buy"))
    [there] = decode(encode(sent))
    assert isinstance(there, SyncAnswer)
    assert there.error is not None
    return unpack_error(there.error)


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
