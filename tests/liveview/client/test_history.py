"""What the back button comes to, entry by entry."""

from pytest_liveview_load.liveview.client.history import History, HistoryKind


def test_an_entry_that_back_has_loaded_keeps_its_old_mark() -> None:
    history = History()
    history.loaded("http://a/1")
    history.joined("old")
    history.loaded("http://a/2")
    assert history.back("") == (HistoryKind.LOAD, "http://a/1")
    history.loaded("http://a/1")
    history.joined("new")
    history.went(HistoryKind.PATCH, "http://a/1?p=2", "new", replace=False)

    # As recorded from Chromium: the id in history.state is the old view's, so no patch.
    assert history.back("new") == (HistoryKind.REDIRECT, "http://a/1")


def test_back_within_one_path_and_query_does_nothing() -> None:
    history = History()
    history.loaded("http://a/1")
    history.joined("view")
    history.went(HistoryKind.PATCH, "http://a/1#part", "view", replace=False)

    assert history.back("view") is None


def test_going_on_after_back_forgets_what_lay_ahead() -> None:
    history = History()
    for path in ("1", "2", "3"):
        history.loaded(f"http://a/{path}")
    history.back("")
    history.loaded("http://a/2")
    history.went(HistoryKind.PATCH, "http://a/2?x", "view", replace=False)

    assert [entry.href for entry in history.entries] == [
        *("http://a/1", "http://a/2", "http://a/2?x"),
    ]
