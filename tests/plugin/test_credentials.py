"""The password of `liveview_url` is in nothing that is shown or written."""

import base64
from pathlib import Path

import pytest

from pytest_liveview_load.plugin.credentials import Credentials
from tests.plugin.conftest import Suite

PASSWORD = "s3cret/of:joe"
PAIR = base64.b64encode(f"joe:{PASSWORD}".encode()).decode()

# What a test's author may do with an address that has a password.
CARELESS = """
    import os
    import pytest
    from pytest_liveview_load import load

    @pytest.fixture
    def liveview_url():
        return os.environ["WITH_PASSWORD"]

    @pytest.fixture
    def broken(liveview_url):
        raise RuntimeError(f"cannot set up {liveview_url}")

    async def test_its_arguments(live, liveview_url):
        print("at", liveview_url)
        assert liveview_url == "elsewhere"

    def test_its_fixture(broken): ...

    async def test_its_properties(live, record_property, liveview_url):
        record_property("where", liveview_url)
        await live.visit("/counter")
        raise ValueError(liveview_url)

    @load(users=2)
    async def test_its_users(live, liveview_url):
        await live.visit("/counter")
        raise ValueError(f"nothing to see on {liveview_url}")
"""


@pytest.fixture
def careless(suite: Suite, monkeypatch: pytest.MonkeyPatch) -> Suite:
    address = suite.url.replace("://", "://joe:s3cret%2Fof:joe@")
    monkeypatch.setenv("WITH_PASSWORD", address)
    suite.tests(CARELESS)
    suite.add_ini("junit_family = legacy")
    return suite


@pytest.mark.parametrize(
    "arguments",
    [(), ("--showlocals", "--fulltrace", "-vv"), ("-p", "xdist.plugin", "-n2")],
    ids=["plain", "all that pytest can show", "xdist"],
)
def test_a_password_is_in_nothing_that_is_shown_or_written(
    careless: Suite, arguments: tuple[str, ...]
) -> None:
    result = careless.run(
        "--junitxml=junit.xml", "--liveview-json=out.json", *arguments
    )

    result.assert_outcomes(failed=3, errors=1)
    folder = Path(careless.pytester.path)
    written = [(folder / name).read_text() for name in ("junit.xml", "out.json")]
    for text in (result.stdout.str(), result.stderr.str(), *written):
        assert "s3cret" not in text
        assert PAIR not in text
    assert "http://***@127.0.0.1" in result.stdout.str()
    assert all("http://***@127.0.0.1" in each for each in written)


def test_only_the_user_and_password_of_an_address_are_hidden() -> None:
    credentials = Credentials()
    credentials.learn("http://shop.test/joe@home")
    assert "joe@home" == credentials.hide("joe@home")

    credentials.learn("https://joe:pw@shop.test")

    assert "https://***@shop.test, ***, joe" == credentials.hide(
        "https://joe:pw@shop.test, Basic am9lOnB3, joe"
    )
