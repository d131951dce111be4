"""What the back button comes to, entry by entry."""

from pytest_liveview_load.liveview.client.history import History, HistoryKind


def test_an_entry_that_back_has_loaded_keeps_its_old_mark() -> None:
    history = History()
    history.loaded("http://a/1")
    history.joined("old")
    history.loaded("http://a/2")
    assert history.move(-1, "") == (HistoryKind.LOAD, "http://a/1")
    history.loaded("http://a/1")
    history.joined("new")
    history.went(HistoryKind.PATCH, "http://a/1?p=2", "new", replace=False)

    # As recorded from Chromium: the id in history.state is the old view's, so no patch.
    assert history.move(-1, "new") == (HistoryKind.REDIRECT, "http://a/1")


def test_back_within_one_path_and_query_does_nothing() -> None:
    history = History()
    history.loaded("http://a/1")
    history.joined("view")
    history.went(HistoryKind.PATCH, "http://a/1#part", "view", replace=False)

    assert history.move(-1, "view") is None


def test_a_page_that_is_loaded_anew_stays_in_its_document() -> None:
    # As recorded from Chromium, for back to a page as for its own address once more.
    history = History()
    history.loaded("http://a/1")
    history.joined("old")
    history.went(HistoryKind.PATCH, "http://a/1?p=2", "old", replace=False)
    history.loaded("http://a/1?p=2")
    history.joined("new")

    assert history.move(-1, "new") == (HistoryKind.REDIRECT, "http://a/1")


def test_forward_goes_as_the_entry_came_to_be_and_back_as_it_was_left() -> None:
    history = History()
    history.loaded("http://a/1")
    history.joined("view")
    history.went(HistoryKind.PATCH, "http://a/1?p=2", "view", replace=False)
    history.went(HistoryKind.REDIRECT, "http://a/3", "view", replace=False)
    history.loaded("http://a/4")

    back = [history.move(-1, "view") for _ in range(4)]
    forward = [history.move(1, "view") for _ in range(4)]

    assert back == [
        (HistoryKind.LOAD, "http://a/3"),
        (HistoryKind.REDIRECT, "http://a/1?p=2"),
        (HistoryKind.PATCH, "http://a/1"),
        None,
    ]
    assert forward == [
        (HistoryKind.PATCH, "http://a/1?p=2"),
        (HistoryKind.REDIRECT, "http://a/3"),
        (HistoryKind.LOAD, "http://a/4"),
        None,
    ]


def test_a_part_of_the_page_is_an_entry_that_no_view_has_marked() -> None:
    history = History()
    history.loaded("http://a/1")
    history.joined("view")
    history.moved_within("http://a/1#part")
    history.moved_within("http://a/1#part")
    history.went(HistoryKind.PATCH, "http://a/1?p=2", "view", replace=False)

    assert history.move(-1, "view") == (HistoryKind.REDIRECT, "http://a/1#part")
    assert history.move(-1, "view") is None
    assert history.current.href == "http://a/1"
    assert history.move(1, "view") is None
    assert history.move(1, "view") == (HistoryKind.PATCH, "http://a/1?p=2")


def test_going_on_after_back_forgets_what_lay_ahead() -> None:
    history = History()
    for path in ("1", "2", "3"):
        history.loaded(f"http://a/{path}")
    history.move(-1, "")
    history.loaded("http://a/2")
    history.went(HistoryKind.PATCH, "http://a/2?x", "view", replace=False)

    assert [entry.href for entry in history.entries] == [
        *("http://a/1", "http://a/2", "http://a/2?x"),
    ]
