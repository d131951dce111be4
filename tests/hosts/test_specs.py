"""What a person may write for hosts, and what is said of what they may not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_liveview_load.errors import HostError
from pytest_liveview_load.hosts.specs import parse_specs

DOCKER = "popen//python=docker run -i --rm --mount type=bind,src=/a,dst=/b img python3"
SPECS = {
    "nothing": ([""], []),
    "one": (["popen"], [("popen", "popen")]),
    "several in a line": (
        ["ssh=load1//python=python3.12, ssh=me@load2,popen"],
        [
            ("load1", "ssh=load1//python=python3.12"),
            ("me@load2", "ssh=me@load2"),
            ("popen", "popen"),
        ],
    ),
    "a line each": (["popen\nssh=b\n"], [("popen", "popen"), ("b", "ssh=b")]),
    "given repeatedly": (["popen", "ssh=b"], [("popen", "popen"), ("b", "ssh=b")]),
    "several alike": (
        ["3*popen"],
        [("popen#1", "popen"), ("popen#2", "popen"), ("popen#3", "popen")],
    ),
    "alike in two places": (
        ["popen, 2 * popen//nice=5"],
        [
            ("popen#1", "popen"),
            ("popen#2", "popen//nice=5"),
            ("popen#3", "popen//nice=5"),
        ],
    ),
    "a command with commas": (
        [f"{DOCKER}, ssh=b"],
        [("popen", DOCKER), ("b", "ssh=b")],
    ),
    "a name of its own": (
        ["popen//id=h1//python=ip netns exec h1 python3"],
        [("h1", "popen//id=h1//python=ip netns exec h1 python3")],
    ),
    "options of ssh": (["ssh=-p 2222 a.b"], [("a.b", "ssh=-p 2222 a.b")]),
    "a name that workers have": (
        ["ssh=gw0, ssh=b"],
        [("gw0#1", "ssh=gw0"), ("b", "ssh=b")],
    ),
    "the environment": (
        ["popen//env:A=1//chdir=/x"],
        [("popen", "popen//env:A=1//chdir=/x")],
    ),
}


@pytest.mark.parametrize(("texts", "expected"), SPECS.values(), ids=list(SPECS))
def test_specs(texts: list[str], expected: list[tuple[str, str]]) -> None:
    assert expected == [tuple(each) for each in parse_specs(texts)]


REFUSED = {
    "another way": (
        "socket=h:1",
        "socket=h:1: 'socket' is no key of a host: write hosts",
    ),
    "a slip": (
        "popen//pyton=x",
        "'pyton' is no key of a host (Did you mean 'python'?): ",
    ),
    "a slip in the second": ("popen, shs=b", "popen, shs=b: 'popen, shs' is no key "),
    "a slip after a host": (
        "ssh=a, popn//python=x",
        "'popn' after the comma is no host: ",
    ),
    "no way": ("python=x", "how is it reached? It says neither popen nor ssh=…: "),
    "two ways": ("popen//ssh=b", "how is it reached? It says popen and ssh: "),
    "twice": ("ssh=a//python=x//python=y", "python is given twice"),
    "nothing between": ("ssh=a////python=x", "'' is no key of a host"),
    "no host": ("ssh=", "ssh has nothing: "),
    "no value": ("popen//python", "python has no value: "),
    "an odd name": ("popen//id=a b", "id=a b is no name: letters, digits"),
    "a name that is taken": (
        "popen//id=gw0",
        "gw0 is what another process is called: ",
    ),
    "no number": ("popen//nice=very", "nice=very is no whole number"),
    "none of it": ("0*popen", "0*popen: 0 hosts is not between 1 and 1000"),
    "one name for two": (
        "2*popen//id=a",
        "2 hosts are named 'a': give each its own id",
    ),
    "a variable without a name": ("popen//env:=1", "'env:' is no key of a host"),
}


@pytest.mark.parametrize(("text", "expected"), REFUSED.values(), ids=list(REFUSED))
def test_what_no_spec_is(text: str, expected: str) -> None:
    with pytest.raises(HostError) as caught:
        parse_specs([text])

    assert expected in str(caught.value)


WORDS = st.sampled_from(
    [
        "popen",
        "ssh=a",
        "//",
        "python=x y",
        ",",
        ", ",
        "2*",
        "id=b",
        "env:A=1",
        "=",
        "\n",
        "",
    ]
)


@given(st.lists(WORDS | st.text(max_size=3), max_size=12).map("".join))
def test_any_text_is_hosts_with_a_name_each_or_one_error(text: str) -> None:
    try:
        hosts = parse_specs([text])
    except HostError:
        return
    assert len(hosts) == len({each.name for each in hosts})
    assert all(each.text in text for each in hosts)
