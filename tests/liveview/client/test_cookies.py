"""What a user's jar keeps, and what a test sees of it."""

import pytest

from pytest_liveview_load.errors import SettingError
from pytest_liveview_load.liveview.client.cookies import CookieJar, UserCookies
from tests.liveview.client.cookie_cases import COOKIES, CookieCase

HOME = "http://app.test:4000"


@pytest.mark.parametrize("case", COOKIES.values(), ids=COOKIES)
def test_the_jar_keeps_what_chromium_keeps(case: CookieCase) -> None:
    jar = CookieJar()
    at, to = (
        f"http://{place.replace('MACHINE', '192.0.2.7')}"
        for place in (case.at, case.to)
    )

    for text in case.set_cookies:
        jar.store([text], at)

    assert case.told == jar.header(to)


def test_a_secure_cookie_goes_over_tls_alone() -> None:
    jar = CookieJar()
    jar.store(["a=1; path=/; Secure"], "https://app.test/")

    assert jar.header("wss://app.test/live") == "a=1"
    assert jar.header("http://app.test/") == ""


@pytest.mark.parametrize("text", ["nonsense", "=x", ""])
def test_what_is_no_cookie_is_not_kept(text: str) -> None:
    jar = CookieJar()
    jar.store([text], HOME)

    assert not jar.cookies


def cookies(*texts: str) -> tuple[UserCookies, CookieJar]:
    jar = CookieJar()
    jar.store(texts, f"{HOME}/a/b")
    return UserCookies(jar, HOME), jar


def test_a_test_reads_the_cookies_of_the_apps_host_by_name() -> None:
    seen, jar = cookies("a=1; path=/", "a=2; path=/a/b", "b=3")
    jar.store(["sso=4; path=/"], "https://login.test/")

    assert dict(seen) == {"a": "2", "b": "3"}
    assert "sso" not in seen
    assert repr(seen) == "<cookies a, b>"


def test_setting_one_replaces_it_on_all_paths() -> None:
    seen, jar = cookies("a=1; path=/", "a=2; path=/a/b")

    seen["a"] = "5"

    assert jar.header(f"{HOME}/a/b") == "a=5"
    assert jar.header(f"{HOME}/") == "a=5"


def test_deleting_forgets_one_and_clearing_all_of_every_host() -> None:
    seen, jar = cookies("a=1; path=/", "a=2; path=/a/b", "b=3; path=/")
    jar.store(["sso=4; path=/"], "https://login.test/")

    del seen["a"]
    assert jar.header(f"{HOME}/a/b") == "b=3"
    with pytest.raises(KeyError):
        del seen["a"]
    with pytest.raises(KeyError):
        seen["a"]

    seen.clear()
    assert jar.header("https://login.test/") == ""


@pytest.mark.parametrize(
    ("name", "value"), [("", "x"), ("a=b", "x"), ("a", "x; y"), ("a", 1)]
)
def test_what_cannot_be_a_cookie_is_refused(name: str, value: str) -> None:
    seen, _ = cookies()

    with pytest.raises(SettingError):
        seen[name] = value
