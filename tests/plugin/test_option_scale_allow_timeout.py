"""`liveview_scale`, `liveview_allow` and `liveview_timeout`."""

import pytest

from pytest_liveview_load.errors import LoadRefused
from pytest_liveview_load.plugin.settings import check_load_allowed
from tests.plugin.conftest import Suite

# scale


def test_scale_shrinks_every_load_and_is_printed_with_it(suite: Suite) -> None:
    suite.tests("""
        from pytest_liveview_load import budget, load

        async def browse(live):
            await live.visit("/counter")

        @load(users=40)
        @budget("p95_mount < 10s", "p50_mount < 10s", "mounts > 0")
        async def test_scenario(live):
            await live.visit("/counter")

        async def test_conducted(load):
            result = await load.run(browse, users=20)
            assert result.users == 2
    """)

    result = suite.run("--liveview-scale=0.1")

    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(
        [
            "liveview: *scale 0.1",
            "4 users, 1 iteration each",
            "note: scaled by 0.1 (liveview_scale): this is not the load promised",
            "within      p50_mount < 10s *",
            "within      mounts > 0 *",
            "not judged  p95_mount < 10s *needs 20 samples, had 4 at scale 0.1",
            "2 users, 1 iteration each",
        ]
    )


def test_a_mix_that_is_too_small_keeps_its_largest_shares(suite: Suite) -> None:
    suite.tests("""
        from pytest_liveview_load import budget, load

        async def refund(live):
            raise ValueError("nobody is to do this")

        async def browse(live):
            await live.visit("/counter")
            meeting = await live.rendezvous("start", users=10)
            assert 2 == len(meeting.members)

        @load(mix={refund: 10, browse: 90}, users=20)
        @budget("mounts{browse} == 2", "errors == 0", "p50_mount{refund} < 1s")
        async def test_closed(load):
            await load.run()

        async def browse_alone(live):
            await live.visit("/counter")

        @load(mix={refund: 1, browse_alone: 9}, arrival="20/s", duration="1s")
        @budget("mounts{browse_alone} == 2", "p50_mount{refund} < 1s")
        async def test_open(load):
            await load.run()
    """)

    result = suite.run("--liveview-scale=0.1")

    result.assert_outcomes(passed=2)
    told = "not judged  p50_mount{refund} < 1s *nobody performs it at scale 0.1"
    result.stdout.fnmatch_lines(["2 users, 1 iteration each", told, told])


def test_what_nobody_measured_fails_at_any_scale(suite: Suite) -> None:
    suite.tests("""
        from pytest_liveview_load import budget, load

        @load(users=10)
        @budget("p95_event[inc] < 10s")
        async def test_scenario(live):
            await live.visit("/counter")
    """)

    result = suite.run("--liveview-scale=0.1")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["NO DATA     p95_event* no event was measured"])


# allow

HOSTS = {
    "localhost": ("http://localhost:4000", (), True),
    "a name below localhost": ("http://shop.localhost", (), True),
    "a loopback number": ("http://127.1.2.3:4000", (), True),
    "IPv6 loopback": ("http://[::1]:4000", (), True),
    "another host": ("http://shop.test", (), False),
    "every interface is not loopback": ("http://0.0.0.0:4000", (), False),
    "one that was allowed": ("http://shop.test:4000", ("shop.test",), True),
    "in any case": ("http://Shop.Test", ("shop.test",), True),
    "a wildcard": ("https://a.staging.test", ("*.staging.test",), True),
    "a wildcard for another": ("https://a.test", ("*.staging.test",), False),
    "one that only ends alike": ("https://notshop.test", ("shop.test",), False),
}


@pytest.mark.parametrize(("url", "allow", "expected"), HOSTS.values(), ids=HOSTS)
def test_who_may_be_put_under_load(
    url: str, allow: tuple[str, ...], expected: bool
) -> None:
    try:
        check_load_allowed(url, allow)
        actual = True
    except LoadRefused:
        actual = False

    assert expected == actual


def test_the_refusal_says_what_to_add(suite: Suite) -> None:
    suite.tests("""
        from pytest_liveview_load import load

        @load(users=2)
        async def test_load(live): ...

        async def test_one_user(live): ...
    """)

    result = suite.run("--liveview-url=http://shop.test:4000")

    result.assert_outcomes(failed=1, passed=1)
    result.stdout.fnmatch_lines(
        ["no load on 'shop.test' without your word: add liveview_allow = *"]
    )
    result.stdout.no_fnmatch_line("*/pytest_liveview_load/*")


# timeout


def test_timeout_is_how_long_a_step_waits(suite: Suite) -> None:
    suite.tests("""
        async def test_waits(live):
            await live.visit("/counter")
            await live.until("#never")
    """)

    result = suite.run("--liveview-timeout=50ms")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            '>       await live.until("#never")',
            "E *StepTimeout: * within 0.05s: *",
        ]
    )
