"""The link within one process: its hub's end, and the lead's, which is like a channel."""

from pytest_liveview_load.distribution.link import LinkClosed, LocalChannel


def test_what_is_said_at_one_end_is_heard_at_the_other() -> None:
    channel = LocalChannel("lead")
    here: list[bytes | LinkClosed] = []
    there: list[bytes] = []
    channel.send(b"to nobody yet")
    channel.link.listen(lambda data, _: here.append(data))
    channel.setcallback(there.append, None)

    channel.send(b"begin")
    channel.link.send(b"began")

    assert ("lead", [b"begin"], [b"began"]) == (channel.link.name, here, there)


def test_a_link_that_is_ended_says_so_once_and_is_silent() -> None:
    channel = LocalChannel("lead")
    here: list[bytes | LinkClosed] = []
    there: list[bytes] = []
    channel.link.listen(lambda data, _: here.append(data))
    channel.setcallback(there.append, None)

    channel.link.kill("its words cannot be read")
    channel.link.kill("again")
    channel.send(b"late")
    channel.link.send(b"late")

    assert [LinkClosed("its words cannot be read")] == here
    assert [] == there
