"""What a person writes of a pool."""

import pytest

from pytest_liveview_load.errors import PoolError
from pytest_liveview_load.pool.policy import PoolLimits
from pytest_liveview_load.pool.settings import PoolSettings, parse_pool

COMMANDS = ("boot = ./up.sh", "stop = ./down.sh")


def test_every_line_is_read() -> None:
    settings = parse_pool(
        [
            "boot = docker run -d --name $LIVEVIEW_HOST_NAME -e A=b img",
            "stop=docker rm -f $LIVEVIEW_HOST_NAME",
            "min = 1",
            "max = 5",
            "users_per_host = 500",
            "boot_timeout = 1m30s",
            "idle_shutdown = 0s",
            "single_use = true",
            "on_grow = ./grow.sh",
            "on_shrink = ./shrink.sh",
            "orphan = sudo poweroff",
        ],
        folder="/here",
    )

    assert settings == PoolSettings(
        plan=PoolLimits(
            least=1,
            most=5,
            users_per_host=500,
            boot_timeout=90.0,
            idle_shutdown=0.0,
            single_use=True,
        ),
        boot="docker run -d --name $LIVEVIEW_HOST_NAME -e A=b img",
        stop="docker rm -f $LIVEVIEW_HOST_NAME",
        on_grow="./grow.sh",
        on_shrink="./shrink.sh",
        orphan="sudo poweroff",
        folder="/here",
    )


def test_two_commands_are_enough() -> None:
    expected = PoolSettings(boot="./up.sh", stop="./down.sh")

    assert expected == parse_pool(COMMANDS)


def test_a_provider_needs_no_commands() -> None:
    expected = PoolSettings(plan=PoolLimits(most=3))

    assert expected == parse_pool(["max = 3"], has_provider=True)


BAD = {
    "no key": ("20", "'20': write it like 'max = 20'"),
    "no value": ("max =", "'max =': write it like 'max = 20'"),
    "a slip": (
        "users_per_hots = 5",
        (
            "'users_per_hots = 5': no key is called 'users_per_hots'. "
            "Did you mean 'users_per_host'?"
        ),
    ),
    "another tool's word": (
        "region = fra",
        (
            "'region = fra': no key is called 'region'. Keys are boot, stop, on_grow, "
            "on_shrink, orphan, min, max, users_per_host, boot_timeout, idle_shutdown, single_use"
        ),
    ),
    "no number": ("max = many", "'max = many': 'many' is not a whole number from 1 on"),
    "none at most": ("max = 0", "'max = 0': '0' is not a whole number from 1 on"),
    "a fraction": (
        "min = 1.5",
        "'min = 1.5': '1.5' is not a whole number from 0 on",
    ),
    "no unit": (
        "boot_timeout = 5 parsecs",
        (
            "'boot_timeout = 5 parsecs': '5 parsecs' is not a duration like '200ms', "
            "'1.5s' or '1m30s': no unit is called 'parsecs'. Units are ns, us, µs, ms, s, "
            "m, min, h"
        ),
    ),
    "no time": (
        "boot_timeout = 0s",
        "'boot_timeout = 0s': '0s' must be more than nothing",
    ),
    "neither": (
        "single_use = maybe",
        "'single_use = maybe': 'maybe' is neither true nor false",
    ),
    "twice": (
        "boot = ./other.sh",
        "'boot = ./other.sh': boot is given twice, before as 'boot = ./up.sh'",
    ),
    "what no spec can say": (
        "orphan = curl https://cloud/stop",
        (
            "'orphan = curl https://cloud/stop': '//' cannot be in it, for a host's spec "
            "takes it there: name a script"
        ),
    ),
    "more than the most": ("min = 21", "'min = 21': this is more than max = 20"),
}


@pytest.mark.parametrize(("line", "message"), BAD.values(), ids=BAD)
def test_a_bad_line_is_quoted(line: str, message: str) -> None:
    with pytest.raises(PoolError) as caught:
        parse_pool([*COMMANDS, line])

    assert f"liveview_pool, {message}" == str(caught.value)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["max = 3"], "liveview_pool, boot: how is a host booted"),
        (["boot = ./up.sh"], "liveview_pool, 'boot = ./up.sh': how is a host stopped"),
    ],
)
def test_what_is_missing_is_said(lines: list[str], message: str) -> None:
    with pytest.raises(PoolError) as caught:
        parse_pool(lines)

    assert str(caught.value).startswith(message)


def test_a_command_beside_a_provider_is_refused() -> None:
    with pytest.raises(PoolError, match=r"'boot = ./up.sh': a provider boots"):
        parse_pool(COMMANDS, has_provider=True)
