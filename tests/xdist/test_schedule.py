"""When load tests begin: a schedule told of workers that are only names here."""

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
    BeginTest,
    Command,
    EndTest,
    HoldTest,
    LoadTestSchedule,
    ShutDownWorker,
)


def gang_of(*workers: str, tests: int) -> LoadTestSchedule:
    """Return a schedule whose workers will have no ordinary tests but those they were sent."""
    schedule = LoadTestSchedule()
    for worker in workers:
        schedule.expect(worker)
        schedule.join(worker)
        schedule.drain(worker)
    schedule.open(tests)
    return schedule


def test_one_load_test_begins_on_all_and_ends_with_its_lead() -> None:
    schedule = gang_of("a", "b", tests=1)

    began = schedule.proceed(ordinary_over=True)
    ended = schedule.complete("a", 0)

    assert [
        HoldTest("a", 0),
        HoldTest("b", 0),
        BeginTest(1, 0, "a", ("b",)),
        ShutDownWorker("a"),
        ShutDownWorker("b"),
    ] == began
    assert [EndTest(1, ("b",))] == ended
    assert [] == schedule.complete("b", 0)


def test_a_follower_still_at_work_keeps_the_next_test_waiting() -> None:
    schedule = gang_of("a", "b", tests=2)
    began = schedule.proceed(ordinary_over=True)
    schedule.complete("a", 0)
    too_soon = schedule.proceed(ordinary_over=True)
    schedule.complete("b", 0)

    assert [HoldTest("a", 1), HoldTest("b", 1)] == began[-2:]
    assert [] == too_soon
    assert BeginTest(2, 1, "a", ("b",)) == schedule.proceed(ordinary_over=True)[0]


def test_a_drained_worker_holds_while_others_have_ordinary_tests() -> None:
    schedule = gang_of("a", tests=1)
    schedule.expect("b")
    schedule.join("b")
    schedule.send("a", 2)
    schedule.send("b", 2)

    assert [HoldTest("a", 0)] == schedule.proceed(ordinary_over=False)
    schedule.finish_ordinary("a", 2)
    schedule.finish_ordinary("b", 1)
    schedule.drain("b")
    assert [HoldTest("b", 0)] == schedule.proceed(ordinary_over=True)  # b has one to do
    schedule.finish_ordinary("b")
    assert BeginTest(1, 0, "a", ("b",)) == schedule.proceed(ordinary_over=True)[0]


def test_nothing_begins_before_a_replacement_has_joined_or_failed() -> None:
    schedule = gang_of("a", "b", tests=2)
    schedule.proceed(ordinary_over=True)
    schedule.complete("a", 0)
    schedule.complete("b", 0)

    assert (None, []) == schedule.lose("b")
    schedule.expect("c")
    assert [] == schedule.proceed(ordinary_over=True)
    schedule.join("c")
    schedule.drain("c")
    assert [
        HoldTest("c", 1),
        BeginTest(2, 1, "a", ("c",)),
        ShutDownWorker("a"),
        ShutDownWorker("c"),
    ] == schedule.proceed(ordinary_over=True)


def test_a_replacement_that_is_lost_while_it_collects_is_not_waited_for() -> None:
    schedule = gang_of("a", tests=1)
    schedule.expect("c")
    assert [HoldTest("a", 0)] == schedule.proceed(ordinary_over=True)
    schedule.forget("c")

    assert BeginTest(1, 0, "a", ()) == schedule.proceed(ordinary_over=True)[0]


def test_who_was_started_first_leads_whoever_joined_first() -> None:
    schedule = LoadTestSchedule()
    for worker in ("a", "b"):
        schedule.expect(worker)
    for worker in ("b", "a"):
        schedule.join(worker)
        schedule.drain(worker)
    schedule.open(1)

    assert BeginTest(1, 0, "a", ("b",)) in schedule.proceed(ordinary_over=True)


def test_the_loss_of_the_lead_names_its_test_and_releases_those_who_follow() -> None:
    schedule = gang_of("a", "b", "c", tests=2)
    schedule.proceed(ordinary_over=True)
    schedule.complete("b", 0)

    assert (0, [EndTest(1, ("c",))]) == schedule.lose("a")
    assert (1,) == schedule.todo


def test_the_loss_of_a_follower_is_no_test_s_crash() -> None:
    schedule = gang_of("a", "b", tests=1)
    schedule.proceed(ordinary_over=True)

    assert (None, []) == schedule.lose("b")
    assert [EndTest(1)] == schedule.complete("a", 0)


def test_a_loss_begins_nothing() -> None:
    schedule = gang_of("a", "b", tests=1)
    schedule.send("b", 1)
    schedule.proceed(ordinary_over=True)

    assert (None, []) == schedule.lose("b")  # though a alone holds the test now


def test_a_test_is_retried_after_the_one_that_is_held() -> None:
    schedule = gang_of("a", "b", tests=3)
    schedule.proceed(ordinary_over=True)
    schedule.lose("a")
    schedule.retry(0)

    assert (1, 0, 2) == schedule.todo


def test_the_last_test_is_retried_by_the_replacement() -> None:
    schedule = gang_of("a", "b", tests=1)
    schedule.proceed(ordinary_over=True)
    schedule.lose("a")
    schedule.retry(0)
    schedule.expect("c")
    schedule.complete("b", 0)
    schedule.join("c")
    schedule.drain("c")

    commands = schedule.proceed(ordinary_over=True)

    assert [HoldTest("c", 0), BeginTest(2, 0, "c", ()), ShutDownWorker("c")] == commands


def test_who_is_let_go_without_a_role_has_passed_over_the_test() -> None:
    schedule = gang_of("a", "b", tests=1)
    schedule.send("b", 1)
    schedule.proceed(ordinary_over=True)

    assert [] == schedule.complete("a", 0)  # xdist has told it that nothing more comes
    assert (0,) == schedule.todo


def test_without_load_tests_a_drained_worker_leaves_at_once() -> None:
    schedule = gang_of("a", tests=0)
    schedule.expect("b")
    schedule.join("b")
    schedule.send("b", 3)

    assert [ShutDownWorker("a")] == schedule.proceed(ordinary_over=False)
    assert [] == schedule.proceed(ordinary_over=False)


LAST = "no more"  # in a worker's queue: nothing comes after


class Session(RuleBasedStateMachine):
    """Workers as xdist's: each starts a test once it knows what comes next.

    In its queue are the ordinary tests "o", load tests by number, and at last LAST. They
    are lost at any time; a scheduler that needs nobody hands out ordinary tests, and what a
    lost worker had not begun.
    """

    def __init__(self) -> None:
        super().__init__()
        self.schedule = LoadTestSchedule()
        self.queues: dict[str, deque[str | int]] = {}
        self.roles: dict[str, BeginTest] = {}  # that were told and not taken
        self.serving: dict[str, BeginTest] = {}
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
        self.schedule.expect(name)
        self.collecting.append(name)

    def join(self, name: str) -> None:
        self.collecting.remove(name)
        self.schedule.join(name)
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
        self.schedule.open(tests)
        self.hand_out()

    def hand_out(self) -> None:
        """Give each worker two ordinary tests, as xdist's schedulers do, and go on."""
        for name, queue in self.queues.items():
            while self.waiting and name not in self.drained and queue.count("o") < 2:
                self.waiting -= 1
                self.schedule.send(name, 1)
                queue.append("o")
        if not self.waiting:
            for name in self.queues:
                self.drained.add(name)
                self.schedule.drain(name)
        self.carry_out(self.schedule.proceed(ordinary_over=self.ordinary_over))

    @property
    def ordinary_over(self) -> bool:
        return not self.waiting

    def carry_out(self, commands: list[Command]) -> None:
        for command in commands:
            match command:
                case BeginTest(number, test, lead, followers):
                    assert not self.serving, "two load tests at once"
                    assert not self.collecting, "without one that is being started"
                    for name in (lead, *followers):
                        assert [test] == list(self.queues[name]), "is not idle"
                        self.roles[name] = command
                    self.begun.append(test)
                    assert number == len(self.begun)
                case HoldTest(worker, test):
                    self.queues[worker].append(test)
                case ShutDownWorker(worker):
                    self.queues[worker].append(LAST)
                case EndTest(number, followers):
                    self.released |= {(each, number) for each in followers}
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
            self.carry_out(self.schedule.complete(name, test))
        else:
            self.schedule.finish_ordinary(name)
        self.hand_out()

    @precondition(lambda self: self.queues and self.names < 9)
    @rule(data=st.data())
    def lose_a_worker(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.queues)))
        lost = self.queues.pop(name)
        run = self.serving.pop(name, None)
        led, commands = self.schedule.lose(name)
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
            self.schedule.forget(self.collecting.pop(0))
            self.hand_out()

    @rule()
    def nothing_happens(self) -> None:
        assert [] == self.schedule.proceed(ordinary_over=self.ordinary_over)

    @invariant()
    def begins_in_order_and_once(self) -> None:
        assert list(range(len(self.begun))) == self.begun
        assert tuple(range(len(self.begun), self.tests)) == self.schedule.todo

    @invariant()
    def somebody_can_go_on_until_all_have_begun(self) -> None:
        if not self.queues or self.waiting:
            return  # xdist starts a replacement for those
        stuck = not self.collecting and not any(map(self.can_end, self.queues))
        assert not (stuck and self.schedule.todo)


TestSession = Session.TestCase
TestSession.settings = settings(max_examples=60, stateful_step_count=30)
