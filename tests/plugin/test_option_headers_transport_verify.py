"""`liveview_headers`, `liveview_transport`, `liveview_verify`, and a user in the address."""

import base64
import ssl
from pathlib import Path

import pytest
import trustme

from tests.liveview.client.scripted_server import Answer, ScriptedServer
from tests.plugin.conftest import Suite
from tests.plugin.scripted_app import served

VISIT = """
    async def test_visit(live):
        await live.visit("/counter")
        await live.click("#inc")
"""


def sent(server: ScriptedServer, name: str) -> set[str | None]:
    """Return what the pages and the websockets were told under a header's name."""
    pages = {asked.headers.get(name.lower()) for asked in server.asked}
    return pages | {upgrade.headers.get(name) for upgrade in server.upgrades}


# headers


def test_headers_go_with_pages_and_sockets(suite: Suite) -> None:
    suite.tests(VISIT)
    with served() as server:
        suite.ini(
            f"[pytest]\nliveview_url = {server.url}\nliveview_headers =\n"
            "    X-Tenant: acme: the first\n    User-Agent: load/1\n"
        )
        result = suite.run()

    result.assert_outcomes(passed=1)
    assert {"acme: the first"} == sent(server, "X-Tenant")
    assert {"load/1"} == sent(server, "User-Agent")


def test_headers_of_the_command_line_reach_a_worker(suite: Suite) -> None:
    suite.use("xdist.plugin")
    suite.tests(VISIT)
    with served() as server:
        given = ["--liveview-headers=X-A: 1", "--liveview-headers=X-B: two words"]
        result = suite.run("-n1", f"--liveview-url={server.url}", *given)

    result.assert_outcomes(passed=1)
    assert {"1"} == sent(server, "X-A")
    assert {"two words"} == sent(server, "X-B")


def test_connect_params_reach_every_join_also_of_a_worker(suite: Suite) -> None:
    suite.use("xdist.plugin")
    suite.tests(
        """
        from pytest_liveview_load import load

        @load(users=2, iterations=1)
        async def test_visit(live):
            await live.visit("/counter")
        """
    )
    with served() as server:
        suite.ini(
            f"[pytest]\nliveview_url = {server.url}\nliveview_connect_params =\n"
            "    timezone = Europe/Zurich\n"
        )
        result = suite.run("-n1")

    result.assert_outcomes(passed=1)
    joins = server.heard("phx_join")
    zones = [said.payload["params"]["timezone"] for said in joins]
    assert zones == ["Europe/Zurich"] * 2


def test_headers_of_the_environment_are_lines(
    suite: Suite, monkeypatch: pytest.MonkeyPatch
) -> None:
    suite.tests(VISIT)
    monkeypatch.setenv("PYTEST_LIVEVIEW_LOAD_HEADERS", "X-A: 1\nX-B: 2")
    with served() as server:
        suite.run(f"--liveview-url={server.url}").assert_outcomes(passed=1)

    assert {"1"} == sent(server, "X-A")
    assert {"2"} == sent(server, "X-B")


# A user in the address


def test_a_user_in_the_address_is_basic_authentication(suite: Suite) -> None:
    suite.tests(f"""
        async def test_visit(live, liveview_url):
            assert "joe" not in liveview_url
            await live.visit("/counter")
            {FAIL}
    """)
    with served() as server:
        address = server.url.replace("http://", "http://joe:s%40cret@")
        result = suite.run(f"--liveview-url={address}")

    result.assert_outcomes(failed=1)
    pair = base64.b64encode(b"joe:s@cret").decode()
    assert {f"Basic {pair}"} == sent(server, "Authorization")
    assert "cret" not in result.stdout.str()


FAIL = "await live.click('#nothing')"


def test_a_user_in_the_fixture_is_one_too(suite: Suite) -> None:
    suite.tests(VISIT)
    with served() as server:
        suite.pytester.makeconftest(f"""
            import pytest

            @pytest.fixture(scope="session")
            def liveview_url():
                return {server.url.replace("//", "//ann:pw@")!r}
        """)
        suite.run().assert_outcomes(passed=1)

    pair = base64.b64encode(b"ann:pw").decode()
    assert {f"Basic {pair}"} == sent(server, "Authorization")


def test_a_user_goes_to_no_other_address(suite: Suite) -> None:
    suite.tests(VISIT)
    with served() as server:
        suite.pytester.makeconftest(f"""
            import pytest

            @pytest.fixture(scope="session")
            def liveview_url():
                return {server.url!r}
        """)
        suite.run("--liveview-url=http://joe:pw@other.test").assert_outcomes(passed=1)

    assert {None} == sent(server, "Authorization")


# verify


@pytest.fixture
def authority(tmp_path: Path) -> tuple[ssl.SSLContext, Path]:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return context, path


def test_verify_is_relative_to_where_it_was_given(
    suite: Suite, authority: tuple[ssl.SSLContext, Path]
) -> None:
    context, path = authority
    path.rename(suite.pytester.path / "ca.pem")
    suite.tests(VISIT)
    with served(context) as server:
        suite.ini(f"[pytest]\nliveview_url = {server.url}\nliveview_verify = ca.pem")
        suite.run().assert_outcomes(passed=1)


@pytest.mark.parametrize(("verify", "passed"), [("false", 1), ("true", 0)])
def test_verify_may_be_a_switch(
    suite: Suite, authority: tuple[ssl.SSLContext, Path], verify: str, passed: int
) -> None:
    suite.tests(VISIT)
    with served(authority[0]) as server:
        result = suite.run(
            f"--liveview-url={server.url}", f"--liveview-verify={verify}"
        )

    result.assert_outcomes(passed=passed, failed=1 - passed)
    if not passed:
        result.stdout.fnmatch_lines(["*certificate is not trusted*liveview_verify = *"])


# transport


def test_auto_polls_where_websockets_are_refused(suite: Suite) -> None:
    suite.tests(VISIT)
    with served() as server:
        server.refuse_upgrade = Answer("", 403)
        url = f"--liveview-url={server.url}"
        refused = suite.run(url)
        polled = suite.run(url, "--liveview-transport=auto")
        only_polled = suite.run(url, "--liveview-transport=longpoll")

    refused.stdout.fnmatch_lines(["*WrongAddress: *the websocket was refused*"])
    told = ["*WrongAddress: *(HTTP 404): there is no long poll at this path*"]
    polled.stdout.fnmatch_lines(told)
    only_polled.stdout.fnmatch_lines(told)
    assert 2 == len(server.upgrades)


def test_the_demo_app_is_driven_by_polls(suite: Suite) -> None:
    suite.tests("""
        from pytest_liveview_load import load

        async def test_pages_and_uploads(live):
            await live.visit("/counter")
            await live.click("#inc")
            assert live.text("#count") == "1"
            await live.drop()
            await live.click("#inc5")
            assert live.text("#count") == "5"
            await live.visit("/upload")
            await live.upload("[type=file]", ("a.bin", bytes(range(256)) * 1000))
            await live.submit("#upload-form")
            await live.until(".received")
            assert "a.bin 256000" in live.text(".received")

        @load(users=5, iterations=2)
        async def test_load(live):
            await live.visit("/counter")
            await live.click("#inc")
            assert live.text("#count") == "1"
    """)

    result = suite.run("--liveview-transport=longpoll")

    result.assert_outcomes(passed=2)
