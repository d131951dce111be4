"""The rules of one meeting point: nobody in two meetings, nobody lost, nobody forgotten."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from pytest_liveview_load.errors import UnitError
from pytest_liveview_load.sync.rendezvous import (
    Late,
    MeetingPoint,
    Member,
    Met,
    Size,
    TooLate,
    WaitOutcome,
    is_plain,
    parse_late,
    parse_size,
)

sizes = st.one_of(
    st.integers(1, 5).map(lambda n: Size(n, n)),
    st.tuples(st.integers(1, 4), st.integers(0, 4)).map(lambda n: Size(n[0], sum(n))),
    st.just(Size(1, None)),
)


class Meetings(RuleBasedStateMachine):
    """Users of a crowd that changes arrive, lose patience, give up and end."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.next_user = 0
        self.crowd: set[int] = set()
        self.waiting: dict[int, float] = {}

    @initialize(size=sizes, late=st.sampled_from(["fail", "go"]))
    def open(self, size: Size, late: Late) -> None:
        self.size = size
        self.point = MeetingPoint(size, late, lambda: len(self.crowd))

    def told(self, outcomes: Sequence[WaitOutcome]) -> None:
        """Let those go who have been told, each of whom must have been there."""
        for outcome in outcomes:
            if isinstance(outcome, TooLate):
                assert "fail" == self.point.late
                assert self.waiting.pop(outcome.user) <= self.now
                assert outcome.user in outcome.present
                assert outcome.missing >= 1
                continue
            ids = [member.id for member in outcome.members]
            assert len(set(ids)) == len(ids)
            for user in ids:
                del self.waiting[user]
            if self.size.most is not None:
                assert len(ids) <= self.size.most
                assert (len(ids) >= self.size.least) == outcome.complete
            if not outcome.complete:
                assert "go" == self.point.late

    @rule(patience=st.floats(0.1, 10))
    def arrive(self, patience: float) -> None:
        user, self.next_user = self.next_user, self.next_user + 1
        self.crowd.add(user)
        self.waiting[user] = self.now + patience
        self.told(self.point.arrive(Member(user), self.now + patience))

    @rule()
    def enter(self) -> None:
        self.crowd.add(self.next_user)
        self.next_user += 1

    @precondition(lambda self: self.waiting)
    @rule(data=st.data())
    def die(self, data: st.DataObject) -> None:
        user = data.draw(st.sampled_from(sorted(self.waiting)))
        del self.waiting[user]
        self.crowd.discard(user)
        self.told(self.point.withdraw(user))

    @precondition(lambda self: self.crowd - set(self.waiting))
    @rule(data=st.data())
    def end(self, data: st.DataObject) -> None:
        elsewhere = sorted(self.crowd - set(self.waiting))
        self.crowd.discard(data.draw(st.sampled_from(elsewhere)))
        self.told(self.point.look())

    @rule(seconds=st.floats(0.0, 12))
    def time_passes(self, seconds: float) -> None:
        # Timers fire one by one, at the instants that users are waiting for.
        until = self.now + seconds
        for due in sorted({due for due in self.waiting.values() if due <= until}):
            self.now = due
            self.told(self.point.expire(due))
        self.now = until

    @invariant()
    def nobody_is_lost(self) -> None:
        assert set(self.waiting) == set(self.point.waiting)

    @invariant()
    def nobody_waits_beyond_its_time(self) -> None:
        assert all(due >= self.now for due in self.waiting.values())

    @invariant()
    def nobody_waits_when_enough_are_there(self) -> None:
        most = self.size.most or len(self.crowd)
        assert not self.waiting or len(self.waiting) < most


TestMeetings = Meetings.TestCase


def outcomes_of(
    point: MeetingPoint, *users: int, due: float = 5.0
) -> list[WaitOutcome]:
    """Return what comes of it if these users arrive."""
    return [told for user in users for told in point.arrive(Member(user), due)]


def ids(outcome: WaitOutcome) -> tuple[list[int], bool]:
    assert isinstance(outcome, Met)
    return [member.id for member in outcome.members], outcome.complete


def test_a_range_goes_on_when_it_is_full() -> None:
    point = MeetingPoint(parse_size("2..3"), "fail", lambda: 9)

    assert [([7, 8, 9], True)] == [ids(each) for each in outcomes_of(point, 7, 8, 9)]


def test_a_range_goes_on_with_enough_when_the_first_one_s_time_is_up() -> None:
    point = MeetingPoint(parse_size("2..5"), "fail", lambda: 9)
    point.arrive(Member(7), 5.0)
    point.arrive(Member(8), 6.0)

    assert [] == point.expire(4.9)
    assert [([7, 8], True)] == [ids(each) for each in point.expire(5.0)]


def test_too_few_of_a_range_are_too_late() -> None:
    point = MeetingPoint(parse_size("3..5"), "fail", lambda: 9)
    outcomes_of(point, 7, 8)

    assert [TooLate(7, (7, 8), 1), TooLate(8, (7, 8), 1)] == point.expire(5.0)


def test_those_who_may_go_all_the_same_go_together() -> None:
    point = MeetingPoint(parse_size(5), "go", lambda: 9)
    outcomes_of(point, 7)
    outcomes_of(point, 8, due=9.0)

    assert [([7, 8], False)] == [ids(each) for each in point.expire(5.0)]


def test_all_go_on_when_the_last_one_who_is_elsewhere_ends() -> None:
    crowd = [1, 2, 3]
    point = MeetingPoint(parse_size("all"), "fail", lambda: len(crowd))

    assert [] == outcomes_of(point, 1, 2)
    crowd.remove(3)
    assert [([1, 2], True)] == [ids(each) for each in point.look()]


def test_all_wait_for_one_who_has_just_come() -> None:
    crowd = [1, 2]
    point = MeetingPoint(parse_size("all"), "fail", lambda: len(crowd))

    outcomes_of(point, 1)
    crowd.append(3)
    assert [] == outcomes_of(point, 2)
    assert [([1, 2, 3], True)] == [ids(each) for each in outcomes_of(point, 3)]


def test_at_the_end_only_those_go_who_may_go_too_few() -> None:
    going = MeetingPoint(parse_size(5), "go", lambda: 9)
    failing = MeetingPoint(parse_size(5), "fail", lambda: 9)
    for point in (going, failing):
        outcomes_of(point, 1)

    assert [([1], False)] == [ids(each) for each in going.over()]
    assert [] == failing.over()


# Reading


SIZES: dict[str, tuple[Any, Size]] = {
    "a number": (3, Size(3, 3)),
    "a range": ("5..10", Size(5, 10)),
    "a range with blanks": (" 5 .. 10 ", Size(5, 10)),
    "a range of one size": ("4..4", Size(4, 4)),
    "all": ("all", Size(1, None)),
}


@pytest.mark.parametrize(("text", "size"), SIZES.values(), ids=SIZES)
def test_these_are_sizes(text: Any, size: Size) -> None:
    assert size == parse_size(text)


@pytest.mark.parametrize(
    "text",
    [0, -1, 1.5, True, None, "", "10", "some", "10..5", "0..5", "1..", "5..10 users"],
)
def test_these_are_none(text: Any) -> None:
    with pytest.raises(
        UnitError, match=r"is not a number of users, a range like '5\.\.10'"
    ):
        parse_size(text)


@pytest.mark.parametrize("text", ["wait", "", None, True, 5])
def test_a_late_one_fails_or_goes(text: Any) -> None:
    with pytest.raises(UnitError, match="is not 'fail' or 'go'"):
        parse_late(text)


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (None, True),
        ("text", True),
        ({"cart": [1, 2.5, ("x", b"y")], "paid": False}, True),
        (object(), False),
        ({"who": object()}, False),
        ([{1, 2}], False),
    ],
)
def test_what_can_be_sent_elsewhere_is_plain(value: Any, plain: bool) -> None:
    assert plain == is_plain(value)
