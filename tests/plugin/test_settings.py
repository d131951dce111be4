"""Settings: command line before environment before ini, each checked before any test."""

from pathlib import Path
from typing import Any

import pytest

from pytest_liveview_load.errors import SettingError
from pytest_liveview_load.plugin.options import OPTIONS, Given, Option, for_workers
from pytest_liveview_load.plugin.settings import Settings, parse_settings
from tests.plugin.conftest import Suite

HERE = str(Path(__file__).parent)


def parsed(**values: str) -> Settings:
    return parse_settings(
        {
            name: Given(text, f"--liveview-{name}", HERE, 2)
            for name, text in values.items()
        }
    )


GOOD: dict[str, tuple[str, str, Any]] = {
    "an address": ("url", "http://localhost:4000", "http://localhost:4000"),
    "a trailing slash goes": ("url", "http://localhost:4000/", "http://localhost:4000"),
    "https": ("url", "https://shop.test", "https://shop.test"),
    "an app below a path": ("url", "https://a.test/x/app/", "https://a.test/x/app"),
    "a socket": ("socket", "/my/live/", "/my/live"),
    "a socket's websocket": ("socket", "/live/websocket", "/live"),
    "IPv6": ("url", "http://[::1]:4000", "http://[::1]:4000"),
    "a timeout": ("timeout", "500ms", 0.5),
    "a bare number is seconds": ("server_timeout", "90", 90.0),
    "a lag": ("max_lag", "50ms", 0.05),
    "a scale": ("scale", "0.1", 0.1),
    "hosts, separated by comma or space": ("allow", "a.test,B.test *.c", None),
    "a user and password are for a header": ("url", "http://joe:pw@a:1", "http://a:1"),
    "a transport": ("transport", "LongPoll", "longpoll"),
    "whose connections": ("connections", "Shared", "shared"),
    "a size": ("max_body", "1.5MiB", 1_572_864),
    "whom to trust": ("verify", "False", False),
    "headers, one a line": ("headers", "X-A: 1:2\n\n x-b:", None),
    "params, one a line": ("connect_params", "timezone = Europe/Zurich\ntoken==", None),
    "variables, quoted as in a shell": ("server_env", "A=1 'B=two words' C=", None),
}
COLLECTIONS: dict[str, Any] = {
    "headers": (("X-A", "1:2"), ("x-b", "")),
    "connect_params": {"timezone": "Europe/Zurich", "token": "="},
    "allow": ("a.test", "b.test", "*.c"),
    "server_env": {"A": "1", "B": "two words", "C": ""},
}


@pytest.mark.parametrize(("name", "text", "expected"), GOOD.values(), ids=GOOD)
def test_a_good_value(name: str, text: str, expected: Any) -> None:
    actual = getattr(parsed(**{name: text}), name)

    assert COLLECTIONS.get(name, expected) == actual


def test_a_header_may_be_for_another_address() -> None:
    lines = (
        "https://login.test:8443 X-Key: 1:2",
        "X-A: http://a b",
        "HTTPS://joe:pw@login.test:8443/\tx-b:",
        "http://login.test X-Key: 3",
    )

    settings = parsed(headers="\n".join(lines))

    assert settings.headers == (("X-A", "http://a b"),)
    assert settings.headers_elsewhere == (
        ("https://login.test:8443", (("X-Key", "1:2"), ("x-b", ""))),
        ("http://login.test", (("X-Key", "3"),)),
    )


def test_params_as_json_over_several_lines() -> None:
    text = '{"timezone": "Europe/Zurich",\n "user": {"beta": true}}'

    params = parsed(connect_params=text).connect_params

    assert params == {"timezone": "Europe/Zurich", "user": {"beta": True}}


BAD = {
    "no scheme": (
        "url",
        "localhost:4000",
        (
            "--liveview-url: 'localhost:4000' must begin with http:// or https://, "
            "like http://localhost:4000"
        ),
    ),
    "a websocket": (
        "url",
        "ws://localhost:4000",
        "--liveview-url: 'ws://localhost:4000' must begin with http:// or https://",
    ),
    "a query": (
        "url",
        "http://localhost:4000/shop/?a=1",
        (
            "--liveview-url: 'http://localhost:4000/shop/?…' is more than an address: "
            "give http://localhost:4000/shop, the rest goes to visit()"
        ),
    ),
    "a socket's whole address": (
        "socket",
        "wss://shop.test/live",
        "--liveview-socket: 'wss://shop.test/live' is not the path of a socket: write it",
    ),
    "no host": ("url", "http://", "--liveview-url: 'http://' names no host"),
    "a bad port": (
        "url",
        "http://a:99999",
        "--liveview-url: 'http://a:99999' is not an",
    ),
    "port 0": ("url", "http://a:0", "--liveview-url: 'http://a:0' is not an address"),
    "a query is not repeated": (
        "url",
        "http://shop.test/?token=s3cret",
        "--liveview-url: 'http://shop.test/?…' is more than an address: give http://shop.test",
    ),
    "a password is not repeated": (
        "url",
        "http://joe:secret@shop.test/#shop",
        (
            "--liveview-url: 'http://***@shop.test/#shop' is more than an address: give "
            "http://shop.test, "
        ),
    ),
    "nor one with a slash": (
        "url",
        "http://joe:sec/ret@shop.test",
        "--liveview-url: 'http://***@shop.test' is not an address: in a user or pass",
    ),
    "nor one that could be a port": (
        "url",
        "http://joe:77/secret@shop.test",
        "--liveview-url: 'http://***@shop.test' has an @ after its host: in a user or",
    ),
    "nor one of strange letters": (
        "url",
        "http://joe:secret℀@shop.test",
        "--liveview-url: 'http://***@shop.test' is not an address: in a user or password",
    ),
    "nor one after a single slash": (
        "url",
        "http:/joe:secret@shop.test",
        "--liveview-url: 'http:/***@shop.test' names no host",
    ),
    "nor one without a colon": (
        "url",
        "http//joe:secret@shop.test",
        "--liveview-url: '***@shop.test' must begin with http:// or https://",
    ),
    "nor is one without a scheme": (
        "url",
        "joe:secret@shop.test",
        "--liveview-url: '***@shop.test' must begin with http:// or https://",
    ),
    "no transport": (
        "transport",
        "longpol",
        (
            "--liveview-transport: 'longpol' is not a transport: choose websocket, "
            "longpoll, auto. Did you mean 'longpoll'?"
        ),
    ),
    "nobody's connections": (
        "connections",
        "users",
        (
            "--liveview-connections: 'users' does not say whose connections they are: "
            "choose user, shared. Did you mean 'user'?"
        ),
    ),
    "no size": (
        "max_body",
        "0MB",
        "--liveview-max_body: '0MB' must be more than nothing",
    ),
    "no header": (
        "headers",
        "Bearer secret",
        "--liveview-headers: a line without a colon is not a header: write Name: value",
    ),
    "no header for another": (
        "headers",
        "https://login.test secret",
        "--liveview-headers: a line without a colon is not a header: write Name: value",
    ),
    "no name": ("headers", "X A: secret", "--liveview-headers: 'X A' is not a header"),
    "a header that each request has": (
        "headers",
        "Host: secret",
        "--liveview-headers: Host cannot be set, for every request has its own",
    ),
    "a character of no header": (
        "headers",
        "X-A: secret\x07",
        "--liveview-headers: the value of X-A has a character that no header may have",
    ),
    "no param": (
        "connect_params",
        "timezone",
        "--liveview-connect_params: 'timezone' is no param: write key = value",
    ),
    "broken JSON": (
        "connect_params",
        '{"token": secret}',
        "--liveview-connect_params: it begins like JSON and is none: Expecting value",
    ),
    "no certificate": (
        "verify",
        "test_settings.py",
        f"--liveview-verify: verify='{HERE}/test_settings.py' holds no CA certificate",
    ),
    "nobody to trust": (
        "verify",
        "yes",
        "--liveview-verify: 'yes' is neither true, false nor a file or folder of CA",
    ),
    "no duration": ("timeout", "soon", "--liveview-timeout: 'soon' is not a duration"),
    "nothing": ("timeout", "0", "--liveview-timeout: '0' must be more than nothing"),
    "endless": ("max_lag", "inf", "--liveview-max_lag: 'inf' is not a duration"),
    "no factor": ("scale", "half", "--liveview-scale: 'half' is not a factor above 0"),
    "no users": ("scale", "0", "--liveview-scale: '0' is not a factor above 0"),
    "more": ("scale", "2", "--liveview-scale: '2' is not a factor above 0 and up to 1"),
    "not a number": ("scale", "nan", "--liveview-scale: 'nan' is not a factor above 0"),
    "no variable": ("server_env", "PORT", "--liveview-server_env: 'PORT' is not NAME="),
    "an open quote": ("server_env", "A='1", '--liveview-server_env: "A=\'1": '),
    "a host with scheme": (
        "allow",
        "http://a",
        "--liveview-allow: 'http://a' is not a",
    ),
    "a host with port": ("allow", "a:80", "--liveview-allow: 'a:80' is not a host"),
    "no folder": ("server_cwd", "nowhere", "--liveview-server_cwd: 'nowhere' is not a"),
}


@pytest.mark.parametrize(("name", "text", "message"), BAD.values(), ids=BAD)
def test_a_bad_value(name: str, text: str, message: str) -> None:
    with pytest.raises(SettingError) as caught:
        parsed(**{name: text})

    assert str(caught.value).startswith(message)
    assert "secret" not in str(caught.value)


def test_settings_reach_a_worker_as_they_were_given() -> None:
    given = {
        "url": Given("http://a", "--liveview-url", HERE, 2),
        "allow": Given(("a.test", "b.test"), "liveview_allow", HERE, 0),
    }

    crossed = {name: Given(*parts) for name, parts in for_workers(given).items()}

    assert given == crossed
    assert parse_settings(given) == parse_settings(crossed)


def test_an_address_given_nearer_than_a_server_means_that_no_server_is_started() -> (
    None
):
    server = Given("mix phx.server", "liveview_server", HERE, 0)
    near, beside = (Given("http://a.test", "url", HERE, rank) for rank in (2, 0))

    assert parse_settings({"url": near, "server": server}).server is None
    assert "mix phx.server" == parse_settings({"url": beside, "server": server}).server


# As a person meets them

PLACES: dict[str, tuple[dict[str, str], list[str], str]] = {
    "ini": ({}, [], "http://ini:1"),
    "the environment goes before the ini file": (
        {"PYTEST_LIVEVIEW_LOAD_URL": "http://environment:1"},
        [],
        "http://environment:1",
    ),
    "the command line goes before both": (
        {"PYTEST_LIVEVIEW_LOAD_URL": "http://environment:1"},
        ["--liveview-url=http://line:1"],
        "http://line:1",
    ),
}


@pytest.mark.parametrize(
    ("environment", "arguments", "expected"), PLACES.values(), ids=PLACES
)
def test_where_a_setting_comes_from(
    suite: Suite,
    monkeypatch: pytest.MonkeyPatch,
    environment: dict[str, str],
    arguments: list[str],
    expected: str,
) -> None:
    suite.ini("[pytest]\nliveview_url = http://ini:1")
    monkeypatch.setenv("NO_PROXY", "*")
    suite.tests(f"def test_url(liveview_url):\n    assert liveview_url == {expected!r}")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    result = suite.run_here(*arguments)

    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines([f"liveview: {expected}"])


def test_the_header_says_that_a_proxy_is_not_used(
    suite: Suite, monkeypatch: pytest.MonkeyPatch
) -> None:
    suite.ini("[pytest]\nliveview_url = http://shop.test/app")
    suite.tests("def test_url(liveview_url): pass")
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.test:3128")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)

    result = suite.run_here()

    told = ["liveview: http://shop.test/app, HTTP_PROXY is not used"]
    result.stdout.fnmatch_lines(told)


UNSET: dict[str, tuple[str, str, str]] = {
    "a text": ("server", "exit 3", "--liveview-server="),
    "several values": ("headers", "X-A: 1", "--liveview-headers="),
    "blanks": ("timeout", "1s", "--liveview-timeout=  "),
}


@pytest.mark.parametrize(("name", "text", "argument"), UNSET.values(), ids=UNSET)
def test_an_empty_option_unsets_what_the_ini_file_says(
    suite: Suite, name: str, text: str, argument: str
) -> None:
    suite.add_ini(f"liveview_{name} = {text}")
    suite.tests(f"""
        from pytest_liveview_load.plugin.session import session_of

        def test_given(request):
            assert {name!r} in session_of(request.config).given
        """)

    suite.run_here().assert_outcomes(passed=1)
    suite.run_here(argument).assert_outcomes(failed=1)


@pytest.mark.parametrize("option", OPTIONS, ids=[each.name for each in OPTIONS])
def test_a_variable_under_its_former_name_is_one_error(
    suite: Suite, monkeypatch: pytest.MonkeyPatch, option: Option
) -> None:
    former = f"PYTEST_LIVEVIEW_{option.name.upper()}"
    monkeypatch.setenv(former, "1")

    result = suite.run_here()

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert [
        f"ERROR: the environment variable {former} is now called {option.variable}: rename it"
    ] == [line for line in result.errlines if line]


def test_a_variable_may_be_set_under_both_names_and_the_new_one_counts(
    suite: Suite, monkeypatch: pytest.MonkeyPatch
) -> None:
    suite.tests("def test_x(): ...")
    monkeypatch.setenv("PYTEST_LIVEVIEW_SCALE", "0.1")
    monkeypatch.setenv("PYTEST_LIVEVIEW_LOAD_SCALE", "0.5")

    result = suite.run_here()

    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["liveview: *, scale 0.5"])


def test_a_plugin_called_pytest_liveview_keeps_its_names(suite: Suite) -> None:
    suite.pytester.makeconftest("""
        import os

        def pytest_addoption(parser):
            for name in ("--liveview", "--liveview-port", "--liveview-open"):
                parser.addoption(name, action="store_true")
            for name in ("liveview_port", "liveview_open"):
                parser.addini(name, help="")

        def pytest_configure(config):
            config.pluginmanager.register(object(), "liveview")
            os.environ["PYTEST_LIVEVIEW_URL"] = "http://dashboard:1"
    """)
    suite.tests(
        f"def test_url(liveview_url):\n    assert liveview_url == {suite.url!r}"
    )

    suite.run("--liveview", "--liveview-open").assert_outcomes(passed=1)


def test_every_setting_has_its_three_names_in_the_help(suite: Suite) -> None:
    told = " ".join(suite.run_here("--help").stdout.str().split())

    for option in OPTIONS:
        assert f"{option.flag}={option.metavar} " in told
        assert f"Also {option.variable} and ini {option.ini}." in told
        assert f" {option.ini} ({'linelist' if option.many else 'string'}): " in told


def test_a_bad_setting_is_one_line_and_no_test_runs(suite: Suite) -> None:
    suite.tests("def test_x(): ...")

    result = suite.run("--liveview-timeout=soon")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert [
        "ERROR: --liveview-timeout: 'soon' is not a duration like '200ms', '1.5s' or '1m30s'"
    ] == [line for line in result.errlines if line]
    result.stdout.no_fnmatch_line("*passed*")


def test_help_is_given_in_spite_of_a_bad_setting(suite: Suite) -> None:
    suite.ini("[pytest]\nliveview_timeout = soon")

    assert suite.run_here("--help").ret == pytest.ExitCode.OK


def test_without_an_address_the_three_ways_to_give_one_are_said(suite: Suite) -> None:
    suite.ini("[pytest]")
    suite.tests("async def test_x(live): ...\n\ndef test_other(): ...")

    result = suite.run()

    result.assert_outcomes(errors=1, passed=1)
    result.stdout.fnmatch_lines(
        [
            (
                "where is the app under test? *--liveview-url=* PYTEST_LIVEVIEW_LOAD_URL *"
                " liveview_url *liveview_server *"
            )
        ]
    )
    result.stdout.no_fnmatch_line("*/pytest_liveview_load/*")
