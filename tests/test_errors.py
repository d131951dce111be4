"""Errors: one root, one tree, and texts that quote what was given."""

import ast
import inspect
import re
from collections.abc import Iterable

import pytest

from pytest_liveview_load import errors

CLASSES = {
    name: each
    for name, each in vars(errors).items()
    if inspect.isclass(each) and issubclass(each, errors.LiveViewLoadError)
}


PARENTS = {name: each.__mro__[1].__name__ for name, each in CLASSES.items()}


def drawn_tree() -> dict[str, str]:
    """Return class → parent as the module's docstring draws them."""
    assert errors.__doc__ is not None
    parents: list[str] = []
    tree = {}
    for line in errors.__doc__.splitlines():
        match = re.match(r"    ((?:│   |    )*)([├└]── )?([A-Z]\w+)(\s|$)", line)
        if match is None:
            continue
        depth = len(match[1]) // 4 + bool(match[2])
        parents[depth:] = [match[3]]
        tree[match[3]] = parents[depth - 1] if depth else "Exception"
    return tree


def test_the_drawn_tree_is_the_tree() -> None:
    assert drawn_tree() == PARENTS


def test_classes_stand_in_the_order_in_which_they_are_drawn() -> None:
    def leaves(names: Iterable[str], parent: str) -> list[str]:
        return [name for name in names if PARENTS[name] == parent]

    for parent in ("LiveViewLoadError", "StepError"):
        assert leaves(drawn_tree(), parent) == leaves(CLASSES, parent)


def test_every_error_says_what_it_is_for() -> None:
    assert [] == [name for name, each in CLASSES.items() if not each.__doc__]


def test_no_message_lost_its_f() -> None:
    """A literal that has {a name} in it was meant to be filled in."""
    literals = [
        node.value
        for node in ast.walk(ast.parse(inspect.getsource(errors)))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]

    assert [] == [text for text in literals if re.search(r"\{\w+", text)]


LONG = "x" * 201
MESSAGES: dict[str, tuple[errors.LiveViewLoadError, str]] = {
    "numbers that cannot be believed": (
        errors.InvalidRun("the run is invalid", ["it lagged"]),
        "the run is invalid",
    ),
    "unit": (
        errors.UnitError("200mss", "a duration"),
        "'200mss' is not a duration",
    ),
    "budget": (
        errors.BudgetSyntaxError("p95 < 1", "no metric"),
        "'p95 < 1' is not a budget: no metric. Write it like 'p95_mount < 200ms'.",
    ),
    "budget with a near miss": (
        errors.BudgetSyntaxError("x < 1", "no x. Did you mean 'y'?"),
        (
            "'x < 1' is not a budget: no x. Did you mean 'y'? "
            "Write it like 'p95_mount < 200ms'."
        ),
    ),
    "scenario": (
        errors.ScenarioError("buy", "it is a plain def"),
        "buy is no scenario: it is a plain def",
    ),
    "data": (
        errors.DataError("users.csv", "there is no row in it"),
        "users.csv: there is no row in it",
    ),
    "a call": (
        errors.CallError("press('Entr')", "no keyboard has this key"),
        "press('Entr'): no keyboard has this key",
    ),
    "a running crowd": (
        errors.CrowdError("add(5)", "the run has ended"),
        "add(5): the run has ended",
    ),
    "load refused": (
        errors.LoadRefused("shop.test"),
        (
            "no load on 'shop.test' without your word: add liveview_allow = 'shop.test' "
            "to the ini file or pass --liveview-allow=shop.test "
            "(wildcards work: *.staging.test)"
        ),
    ),
    "a runner that cannot": (
        errors.RunnerError("gw1", "DataError: users.csv: there is no row in it"),
        "gw1 cannot carry its users: DataError: users.csv: there is no row in it",
    ),
    "a host that cannot": (
        errors.HostError("ssh=load1", "lxml is missing there", "install it"),
        "ssh=load1: lxml is missing there: install it",
    ),
    "a host without advice": (
        errors.HostError("ssh=load1", "it did not answer within 20s"),
        "ssh=load1: it did not answer within 20s",
    ),
    "a pool that boots nothing": (
        errors.PoolError("boot = 'up.sh'", "h-1: exited with code 1", status=1),
        "liveview_pool, boot = 'up.sh': h-1: exited with code 1",
    ),
    "server failed": (
        errors.ServerFailed("mix phx.server", "died", ["** (boom)"]),
        "liveview_server 'mix phx.server' died; its last lines:\n  ** (boom)",
    ),
    "server failed in silence": (
        errors.ServerFailed("mix phx.server", "died", []),
        (
            "liveview_server 'mix phx.server' died; its last lines:\n"
            "  (it printed nothing)"
        ),
    ),
    "too few files": (
        errors.TooFewFiles(500, 600, 256),
        (
            "500 users need about 600 open files and this process may have 256: "
            "raise the limit (ulimit -n 600) or run fewer users here"
        ),
    ),
    "element": (
        errors.ElementError("#inc", "was not found"),
        "#inc was not found",
    ),
    "element with candidates": (
        errors.ElementError(
            "#inc", "was not found", candidates=["<a id=dec>"], url="/counter"
        ),
        "#inc was not found on /counter\nnearest on the page:\n  <a id=dec>",
    ),
    "element with advice": (
        errors.ElementError("#go", "cannot be filled", advice="use click", url="/x"),
        "#go cannot be filled on /x: use click",
    ),
    "timeout": (
        errors.StepTimeout("click #inc", 2.5, "the reply to 'inc'"),
        (
            "click #inc was not done within 2.5s: still waiting for the reply to 'inc'. "
            "Every step takes timeout=…; --liveview-timeout sets the default."
        ),
    ),
    "together": (
        errors.SyncError("throttle('m')", "no user has said how many it lets in"),
        "throttle('m'): no user has said how many it lets in",
    ),
    "rendezvous": (
        errors.RendezvousTimeout("m", 5, present=[7], missing=1, absent=[*range(11)]),
        (
            "rendezvous 'm' was not whole within 5s: there was user 7, and 1 missing "
            "(elsewhere: users 0, 1, 2, 3, 4, 5, 6, 7, 8 … 10 (11)). Give a longer "
            "timeout=…, or late='go' to go on with those who are there."
        ),
    ),
    "run over": (
        errors.RunOver("rendezvous 'm'"),
        "the run ended while this user waited for rendezvous 'm'",
    ),
    "upload refused": (
        errors.UploadError("avatar", "too_large", name="me.png", ref="0"),
        "upload 'avatar' failed for 'me.png': too_large (allow_upload's max_file_size)",
    ),
    "upload of too many": (
        errors.UploadError("avatar", "too_many_files", ref="phx-1"),
        "upload 'avatar' failed: too_many_files (allow_upload's max_entries)",
    ),
    "upload broken": (
        errors.UploadError("avatar", "writer_error", name="me.png", ref="0"),
        "upload 'avatar' failed for 'me.png': writer_error",
    ),
    "crash": (
        errors.ViewCrashed("CrashLive", "click #boom", "phx_error"),
        (
            "CrashLive crashed on the server during click #boom (phx_error): "
            "the app's log has the exception"
        ),
    ),
    "join": (
        errors.JoinFailed("SecretLive", "unauthorized"),
        "the server refused to join SecretLive: unauthorized.",
    ),
    "join with advice": (
        errors.JoinFailed("SecretLive", "unauthorized", "Log in first."),
        "the server refused to join SecretLive: unauthorized. Log in first.",
    ),
    "page": (
        errors.PageError("GET", "http://a.test/x", 404, "no route"),
        "GET http://a.test/x answered HTTP 404: no route",
    ),
    "page without a body": (
        errors.PageError("GET", "http://a.test/x", 500),
        "GET http://a.test/x answered HTTP 500",
    ),
    "no live view": (
        errors.NotLiveView("/about", "click #inc"),
        (
            "click #inc needs a live view, and /about has none "
            "(no data-phx-main element): is it the right path, and is the user logged in?"
        ),
    ),
    "no connection": (
        errors.ConnectionFailed("http://a.test", "refused"),
        "cannot connect to http://a.test: refused",
    ),
    "connection lost": (
        errors.ConnectionLost("click #inc", "closed by the server (1001)"),
        "the connection was lost during click #inc: closed by the server (1001)",
    ),
    "protocol": (
        errors.ProtocolError("not JSON", "<html>"),
        "not JSON: <html>",
    ),
    "protocol, a long frame": (
        errors.ProtocolError("not JSON", LONG),
        f"not JSON: {LONG[:200]}… (201 characters)",
    ),
}


@pytest.mark.parametrize(("error", "message"), MESSAGES.values(), ids=MESSAGES)
def test_an_errors_text_quotes_what_was_given(
    error: errors.LiveViewLoadError, message: str
) -> None:
    assert message == str(error)


@pytest.mark.parametrize(("error", "message"), MESSAGES.values(), ids=MESSAGES)
def test_an_error_carries_its_arguments_as_fields(
    error: errors.LiveViewLoadError, message: str
) -> None:
    fields = vars(error)

    assert fields
    assert {str, int, float, tuple} >= {type(value) for value in fields.values()}
    given = set(inspect.signature(type(error)).parameters) - {"excerpt", "message"}
    assert given == set(fields)


def test_every_error_with_a_message_of_its_own_is_in_the_table() -> None:
    expected = {name for name, each in CLASSES.items() if "__init__" in vars(each)}
    assert expected == {type(error).__name__ for error, _ in MESSAGES.values()}


HIDDEN = {
    "a step": "visit('/reset?token=s3cret') was not done",
    "an address in a sentence": "on https://shop.test/reset?token=s3cret&x=1: say which one",
    "one in markup": '<a href="/reset?token=s3cret">x</a>',
    "in brackets": "(https://shop.test/?q[]=s3cret), and so on",
    "a colon within": "at /x?at=10:s3cret.",
    "at the end": "from /a to /b?s3cret=1",
}


@pytest.mark.parametrize("message", HIDDEN.values(), ids=HIDDEN)
def test_queries_are_left_out_of_what_a_step_says(message: str) -> None:
    shown = str(errors.StepError(message))

    assert "s3cret" not in shown
    assert "?…" in shown
    around = re.split(r"\?[^\s\"'<>]*", message)
    assert all(each.strip(":.,)") in shown for each in around)


@pytest.mark.parametrize(
    "message", ["is it there? Did you mean x = 3?", "a?b", "what=5 is not a text?"]
)
def test_other_question_marks_stay(message: str) -> None:
    assert message == str(errors.StepError(message))
