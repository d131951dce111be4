"""When load tests begin: a gang told of workers that are only names here."""

from collections import deque

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from pytest_liveview_load.xdist.schedule import (
    Begin,
    Command,
    End,
    Gang,
    Hold,
    Leave,
    Release,
)


def gang_of(*workers: str, tests: int) -> Gang:
    """Return a gang whose workers will have no ordinary tests but those they were sent."""
    gang = Gang()
    for worker in workers:
        gang.expect(worker)
        gang.join(worker)
        gang.drain(worker)
    gang.open(tests)
    return gang


def test_one_load_test_begins_on_all_and_ends_with_its_lead() -> None:
    gang = gang_of("a", "b", tests=1)

    began = gang.proceed(ordinary_over=True)
    ended = gang.complete("a", 0)

    assert [
        Hold("a", 0),
        Hold("b", 0),
        Begin(1, 0, "a", ("b",)),
        Leave("a"),
        Leave("b"),
    ] == began
    assert [End(1), Release("b", 1)] == ended
    assert [] == gang.complete("b", 0)


def test_a_follower_still_at_work_keeps_the_next_test_waiting() -> None:
    gang = gang_of("a", "b", tests=2)
    began = gang.proceed(ordinary_over=True)
    gang.complete("a", 0)
    too_soon = gang.proceed(ordinary_over=True)
    gang.complete("b", 0)

    assert [Hold("a", 1), Hold("b", 1)] == began[-2:]
    assert [] == too_soon
    assert Begin(2, 1, "a", ("b",)) == gang.proceed(ordinary_over=True)[0]


def test_a_drained_worker_holds_while_others_have_ordinary_tests() -> None:
    gang = gang_of("a", tests=1)
    gang.expect("b")
    gang.join("b")
    gang.send("a", 2)
    gang.send("b", 2)

    assert [Hold("a", 0)] == gang.proceed(ordinary_over=False)
    gang.settle("a", 2)
    gang.settle("b", 1)
    gang.drain("b")
    assert [Hold("b", 0)] == gang.proceed(ordinary_over=True)  # b has one to do
    gang.settle("b")
    assert Begin(1, 0, "a", ("b",)) == gang.proceed(ordinary_over=True)[0]


def test_nothing_begins_before_a_replacement_has_joined_or_failed() -> None:
    gang = gang_of("a", "b", tests=2)
    gang.proceed(ordinary_over=True)
    gang.complete("a", 0)
    gang.complete("b", 0)

    assert (None, []) == gang.lose("b")
    gang.expect("c")
    assert [] == gang.proceed(ordinary_over=True)
    gang.join("c")
    gang.drain("c")
    assert [
        Hold("c", 1),
        Begin(2, 1, "a", ("c",)),
        Leave("a"),
        Leave("c"),
    ] == gang.proceed(ordinary_over=True)


def test_a_replacement_that_is_lost_while_it_collects_is_not_waited_for() -> None:
    gang = gang_of("a", tests=1)
    gang.expect("c")
    assert [Hold("a", 0)] == gang.proceed(ordinary_over=True)
    gang.forget("c")

    assert Begin(1, 0, "a", ()) == gang.proceed(ordinary_over=True)[0]


def test_who_was_started_first_leads_whoever_joined_first() -> None:
    gang = Gang()
    for worker in ("a", "b"):
        gang.expect(worker)
    for worker in ("b", "a"):
        gang.join(worker)
        gang.drain(worker)
    gang.open(1)

    assert Begin(1, 0, "a", ("b",)) in gang.proceed(ordinary_over=True)


def test_the_loss_of_the_lead_names_its_test_and_releases_those_who_follow() -> None:
    gang = gang_of("a", "b", "c", tests=2)
    gang.proceed(ordinary_over=True)
    gang.complete("b", 0)

    assert (0, [End(1), Release("c", 1)]) == gang.lose("a")
    assert (1,) == gang.todo


def test_the_loss_of_a_follower_is_no_test_s_crash() -> None:
    gang = gang_of("a", "b", tests=1)
    gang.proceed(ordinary_over=True)

    assert (None, []) == gang.lose("b")
    assert [End(1)] == gang.complete("a", 0)


def test_a_loss_begins_nothing() -> None:
    gang = gang_of("a", "b", tests=1)
    gang.send("b", 1)
    gang.proceed(ordinary_over=True)

    assert (None, []) == gang.lose("b")  # though a alone holds the test now


def test_a_test_is_retried_after_the_one_that_is_held() -> None:
    gang = gang_of("a", "b", tests=3)
    gang.proceed(ordinary_over=True)
    gang.lose("a")
    gang.retry(0)

    assert (1, 0, 2) == gang.todo


def test_the_last_test_is_retried_by_the_replacement() -> None:
    gang = gang_of("a", "b", tests=1)
    gang.proceed(ordinary_over=True)
    gang.lose("a")
    gang.retry(0)
    gang.expect("c")
    gang.complete("b", 0)
    gang.join("c")
    gang.drain("c")

    commands = gang.proceed(ordinary_over=True)

    assert [Hold("c", 0), Begin(2, 0, "c", ()), Leave("c")] == commands


def test_who_is_let_go_without_a_role_has_passed_over_the_test() -> None:
    gang = gang_of("a", "b", tests=1)
    gang.send("b", 1)
    gang.proceed(ordinary_over=True)

    assert [] == gang.complete("a", 0)  # xdist has told it that nothing more comes
    assert (0,) == gang.todo


def test_without_load_tests_a_drained_worker_leaves_at_once() -> None:
    gang = gang_of("a", tests=0)
    gang.expect("b")
    gang.join("b")
    gang.send("b", 3)

    assert [Leave("a")] == gang.proceed(ordinary_over=False)
    assert [] == gang.proceed(ordinary_over=False)


LAST = "no more"  # in a worker's queue: nothing comes after


class Session(RuleBasedStateMachine):
    """Workers as xdist's: each starts a test once it knows what comes next.

    In its queue are the ordinary tests "o", load tests by number, and at last LAST. They
    are lost at any time; a scheduler that needs nobody hands out ordinary tests, and what a
    lost worker had not begun.
    """

    def __init__(self) -> None:
        super().__init__()
        self.gang = Gang()
        self.queues: dict[str, deque[str | int]] = {}
        self.roles: dict[str, Begin] = {}  # that were told and not taken
        self.serving: dict[str, Begin] = {}
        self.released: set[tuple[str, int]] = set()
        self.collecting: list[str] = []
        self.drained: set[str] = set()
        self.waiting = 0  # ordinary tests that nobody has
        self.begun: list[int] = []
        self.tests = 0
        self.names = 0

    def start_worker(self) -> None:
        name = f"w{self.names}"
        self.names += 1
        self.gang.expect(name)
        self.collecting.append(name)

    def join(self, name: str) -> None:
        self.collecting.remove(name)
        self.gang.join(name)
        self.queues[name] = deque()

    @initialize(
        workers=st.integers(1, 4), ordinary=st.integers(0, 8), tests=st.integers(0, 4)
    )
    def open(self, workers: int, ordinary: int, tests: int) -> None:
        for _ in range(workers):
            self.start_worker()
        for name in list(self.collecting):
            self.join(name)
        self.tests, self.waiting = tests, ordinary
        self.gang.open(tests)
        self.hand_out()

    def hand_out(self) -> None:
        """Give each worker two ordinary tests, as xdist's schedulers do, and go on."""
        for name, queue in self.queues.items():
            while self.waiting and name not in self.drained and queue.count("o") < 2:
                self.waiting -= 1
                self.gang.send(name, 1)
                queue.append("o")
        if not self.waiting:
            for name in self.queues:
                self.drained.add(name)
                self.gang.drain(name)
        self.carry_out(self.gang.proceed(ordinary_over=self.ordinary_over))

    @property
    def ordinary_over(self) -> bool:
        return not self.waiting

    def carry_out(self, commands: list[Command]) -> None:
        for command in commands:
            match command:
                case Begin(number, test, lead, followers):
                    assert not self.serving, "two load tests at once"
                    assert not self.collecting, "without one that is being started"
                    for name in (lead, *followers):
                        assert [test] == list(self.queues[name]), "is not idle"
                        self.roles[name] = command
                    self.begun.append(test)
                    assert number == len(self.begun)
                case Hold(worker, test):
                    self.queues[worker].append(test)
                case Leave(worker):
                    self.queues[worker].append(LAST)
                case Release(worker, number):
                    self.released.add((worker, number))
                case End():
                    pass
        self.take_roles()

    def take_roles(self) -> None:
        for name, queue in self.queues.items():
            if (
                name not in self.serving
                and len(queue) > 1
                and isinstance(queue[0], int)
            ):
                self.serving[name] = self.roles.pop(name)

    def can_end(self, name: str) -> bool:
        queue = self.queues[name]
        if len(queue) < 2:
            return False
        if name not in self.serving:
            return queue[0] == "o"
        run = self.serving[name]
        return run.lead == name or (name, run.number) in self.released

    @precondition(lambda self: any(self.can_end(name) for name in self.queues))
    @rule(data=st.data())
    def finish_a_test(self, data: st.DataObject) -> None:
        able = [name for name in self.queues if self.can_end(name)]
        name = data.draw(st.sampled_from(able))
        test = self.queues[name].popleft()
        if isinstance(test, int):
            del self.serving[name]
            self.carry_out(self.gang.complete(name, test))
        else:
            self.gang.settle(name)
        self.hand_out()

    @precondition(lambda self: self.queues and self.names < 9)
    @rule(data=st.data())
    def lose_a_worker(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.queues)))
        lost = self.queues.pop(name)
        run = self.serving.pop(name, None)
        led, commands = self.gang.lose(name)
        assert (run.test if run is not None and run.lead == name else None) == led
        self.carry_out(commands)
        # The one that it was in has crashed; xdist does not run it again.
        self.waiting += max(0, lost.count("o") - 1)
        self.start_worker()

    @precondition(lambda self: self.collecting)
    @rule()
    def a_replacement_joins(self) -> None:
        self.join(self.collecting[0])
        self.hand_out()

    @precondition(lambda self: self.collecting)
    @rule()
    def a_replacement_never_joins(self) -> None:
        if self.queues or len(self.collecting) > 1:
            self.gang.forget(self.collecting.pop(0))
            self.hand_out()

    @rule()
    def nothing_happens(self) -> None:
        assert [] == self.gang.proceed(ordinary_over=self.ordinary_over)

    @invariant()
    def begins_in_order_and_once(self) -> None:
        assert list(range(len(self.begun))) == self.begun
        assert tuple(range(len(self.begun), self.tests)) == self.gang.todo

    @invariant()
    def somebody_can_go_on_until_all_have_begun(self) -> None:
        if not self.queues or self.waiting:
            return  # xdist starts a replacement for those
        stuck = not self.collecting and not any(map(self.can_end, self.queues))
        assert not (stuck and self.gang.todo)


TestSession = Session.TestCase
TestSession.settings = settings(max_examples=60, stateful_step_count=30)
