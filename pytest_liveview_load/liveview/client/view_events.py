"""What a view tells its tab, and what follows: joined, changed, refused, lost, sent elsewhere.

All of it is called while a frame is being delivered, so nothing here waits; what takes time
becomes a pending navigation.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urljoin

from pytest_liveview_load.errors import (
    ConnectionLost,
    JoinFailed,
    StepError,
    ViewCrashed,
)
from pytest_liveview_load.liveview.client.history import HistoryKind, PatchLink
from pytest_liveview_load.liveview.client.lifecycle import (
    run_connection_binding,
    run_mounted_and_removed,
)
from pytest_liveview_load.liveview.client.navigation import (
    begin_load,
    full_load,
    navigate,
    patched,
    path_of,
    reload_with_jitter,
    show_address,
    submit_over_http,
)
from pytest_liveview_load.liveview.client.page import Page
from pytest_liveview_load.liveview.client.perform import push_event
from pytest_liveview_load.liveview.client.push import Push
from pytest_liveview_load.liveview.client.tab import PendingNavigation, Tab
from pytest_liveview_load.liveview.client.view import View
from pytest_liveview_load.liveview.page import js_commands
from pytest_liveview_load.liveview.page.actions import PushEvent
from pytest_liveview_load.liveview.page.clicks import triggered_submit
from pytest_liveview_load.liveview.page.document import Document
from pytest_liveview_load.liveview.page.fields import BUTTONS, Field
from pytest_liveview_load.liveview.page.form_state import VisiblePage
from pytest_liveview_load.liveview.page.html import (
    PHX_CHANGE,
    PHX_CONNECTED,
    PHX_DISCONNECTED,
    Element,
)
from pytest_liveview_load.liveview.page.push import Cause
from pytest_liveview_load.liveview.protocol.channel import LiveReply, Redirect
from pytest_liveview_load.liveview.protocol.wire import LIVE_PATCH, LIVE_REDIRECT

PHX_AUTO_RECOVER = "phx-auto-recover"
IGNORE = "ignore"
FORMS = f"form[id][{PHX_CHANGE}]"


def recover(page: Page, view: View) -> list[Push]:
    """Send a view that has come back the forms that the page remembers of it."""
    if page.remembered is None:
        return []
    after = page.composed(returned=True)
    return [
        push_event(view, action)
        for action in recovered(page.remembered, after, view.id, page.recovering)
    ]


def recovered(
    before: VisiblePage, after: Document, view_id: str, tried: set[str]
) -> list[PushEvent]:
    """Return what the rejoined view of `after` is told of the forms of `before`.

    Not again of those that were `tried`, which crash it or take too long (view.ts
    pendingForms).
    """
    old = before.document
    if before.dialect.recovers_fieldsets_twice:
        before = before._replace(forms=before.forms.cloned())
    again = {
        after.attr(form, "id"): form
        for form in after.all(FORMS)
        if after.owner(form) == view_id
    }
    pushes: list[PushEvent] = []
    for form in old.all(FORMS):
        form_id = old.attr(form, "id") or ""
        new = None if form_id in tried else again.get(form_id)
        event = None if new is None else event_of(old, form, after, new)
        field = first_field(before, form)
        if event and field is not None:
            cause = Cause("change", field.element, field=field)
            actions = js_commands.run_commands(before, event, cause)
            pushes += [each for each in actions if isinstance(each, PushEvent)]
            tried.add(form_id)
    return pushes


def event_of(old: Document, form: Element, after: Document, new: Element) -> str | None:
    """Return the event that recovers a form; None when it is another form now."""
    change = after.attr(new, PHX_CHANGE)
    same = change == old.attr(form, PHX_CHANGE)
    if not same or old.attr(form, PHX_AUTO_RECOVER) == IGNORE:
        return None
    return after.attr(new, PHX_AUTO_RECOVER) or change


def first_field(before: VisiblePage, form: Element) -> Field | None:
    """Return the field that stands for the change: the first that a person sees."""
    named = [
        field
        for field in before.document.fields.of(form)
        if field.name
        and field.type not in BUTTONS
        and PHX_CHANGE not in field.element.attrib
    ]
    return min(named, key=lambda each: each.type == "hidden", default=None)


_LOST = ConnectionLost, ViewCrashed  # of what is sent in vain
REPLACE = "replace"  # the other kind of a redirect is "push"

# As view.ts onJoinError: the join's reasons that a fresh page may cure at once.
CURED_BY_LOADING = frozenset({"unauthorized", "stale", "reload"})
# As constants.ts; a view that is not the main one then gives up.
MAX_JOIN_ATTEMPTS = 3
ADVICE = {
    "unauthorized": (
        "Its live_session does not let this user in: log in first, or check on_mount."
    ),
    "stale": (
        "The session token on the page is not the server's: is more than one app behind "
        "this url, or its secret_key_base different on each node?"
    ),
    "join crashed": "Its mount raised: the app's log has the exception.",
}


@dataclass(slots=True, eq=False, repr=False)
class ViewEvents:
    """Told by the views of one tab what happens to them (`view.ViewListener`)."""

    tab: Tab

    def page_of(self, view: View) -> Page | None:
        """Return the tab's page if the view is still on it."""
        page = self.tab.page
        return page if page is not None and page.views.get(view.id) is view else None

    def view_changed(self, at: float) -> None:
        """Show what is new when somebody looks; submit a form that now asks for it."""
        tab, page = self.tab, self.tab.page
        tab.changed(at)
        if page is None or page.views.main is None or page.views.stuck:
            return
        self.run_markup(page)
        triggered_in = page.views.main.content
        if page.views.nested:
            page.follow_title()
            asking = (
                each.content for each in page.views.all() if each.content.triggered
            )
            triggered_in = next(asking, triggered_in)
        if triggered_in.triggered:
            triggered_in.triggered = False
            # As dom_patch.ts: leave the view and submit the form over HTTP.
            action = triggered_submit(page.without_loading_states())
            if action is not None:
                submit_over_http(tab, action)

    def run_markup(self, page: Page) -> None:
        """Let hooks, uploads and the page's own markup see what has come and gone."""
        tab = self.tab
        if tab.hooks is not None:
            tab.hooks.changed(page)
        if tab.uploads is not None:
            tab.uploads.page_changed(page)
        views, main = page.views, page.views.main
        if views.nested or (
            main is not None and (main.content.has_mounted or main.content.has_remove)
        ):
            run_mounted_and_removed(tab, page)

    def view_crashed(self, view: View, error: StepError) -> None:
        """Tell the next step, unless it is a mount that may still come to a good end.

        A browser waits for the rejoin, and the person sees nothing of it.
        """
        tab, page = self.tab, self.page_of(view)
        if page is not None and page.views.is_mounting(view):
            view.crashes += 1
            if view.crashes < MAX_JOIN_ATTEMPTS:
                if tab.navigation is not None:
                    awaited = f"{view.called} to join again, as it crashed"
                    tab.navigation.waiting_for = awaited
                return
        tab.fail(error)

    def view_failed(self, error: StepError) -> None:
        """Tell the next step."""
        self.tab.fail(error)

    def view_patched(self, view: View) -> None:
        """Join and leave the nested views that a diff brought and took away."""
        page = self.page_of(view)
        if page is not None:
            page.views.patched(view)

    def view_lost(self, view: View, error: Callable[[str], StepError]) -> bool:
        """Leave what is nested in a view that is gone: it comes with the rejoin again."""
        page = self.page_of(view)
        if page is None or not page.views.parents:
            return False
        nested = page.views.children(view)
        if nested and view.id not in page.views.parents:
            try:
                page.remember()  # as long as the forms of nested views are there
            except StepError as unreadable:
                self.tab.fail(unreadable)
        told = [page.views.leave(each, error) for each in nested]
        return any(told)

    def link_lost(self, view: View) -> None:
        """Load what a link was to lead to, if the main view is gone (view.ts onClose)."""
        page = self.page_of(view)
        if page is not None and view is page.views.main and page.link.href is not None:
            reload_with_jitter(self.tab, page)

    def view_stays_away(self, view: View) -> None:
        """Let the page say so."""
        tab, page = self.tab, self.page_of(view)
        if page is None:
            return
        try:
            run_connection_binding(tab, page, view, PHX_DISCONNECTED)
        except StepError as unreadable:
            tab.fail(unreadable)
        else:
            tab.changed(tab.network.clock())

    def view_returns(self, view: View) -> None:
        """Remember what the person had entered."""
        page = self.page_of(view)
        if page is None or page.remembered is not None:
            return
        if view.id not in page.views.parents:
            page.remember()

    def view_joined(self, view: View, reply: LiveReply, at: float) -> None:
        """Finish the navigation that the join belonged to; a rejoin just goes on."""
        tab, page = self.tab, self.page_of(view)
        if page is None:
            return
        if view is page.views.main:
            if view.dialect.marks_history:
                tab.history.joined(view.id)
            page.views.stuck = False
            if reply.container is not None:
                page.container = reply.container
            page.views.outgoing = page.clicked = None
            if view.joins == 1:
                page.views.mounting = reply
        tab.changed(at)
        if page.views.nested:
            page.follow_title()
        pushes = recover(page, view)
        if pushes:
            answered = asyncio.gather(*(push.answered for push in pushes))
            answered.add_done_callback(
                lambda _: self.forms_recovered(page, view, reply, pushes)
            )
        else:
            self.let_in(page, view, reply, at)

    def forms_recovered(
        self, page: Page, view: View, reply: LiveReply, pushes: list[Push]
    ) -> None:
        """Let a rejoin in once the server has answered what its forms recover with.

        Until then the page stays as it was, so that they do not flicker
        (view.ts maybeRecoverForms).
        """
        lost = any(isinstance(push.error, _LOST) for push in pushes)
        if lost or view.left or self.page_of(view) is not page:
            return  # the next join lets in what it brings
        page.recovering.clear()
        self.let_in(page, view, reply, self.tab.network.clock())

    def let_in(self, page: Page, view: View, reply: LiveReply, at: float) -> None:
        """Show what a join brought, and go on from there."""
        tab = self.tab
        view.let_in()
        tab.changed(at)
        page.views.joined(view)
        whole = page.views.main is not None and page.views.all_joined(page.views.main)
        if page.views.mounting is not None:
            self.continue_mount(page, at, whole=whole)
        elif view is page.views.main:
            self.finish_mount(page, reply)
        if whole:
            page.remembered = None
        self.record_rejoins(page, view, at)
        self.record_recoveries(page, at)
        tab.changed(at)
        if page.views.stuck:
            return
        self.run_markup(page)
        if page.views.get(view.id) is view and view.joined:
            run_connection_binding(tab, page, view, PHX_CONNECTED)

    def continue_mount(self, page: Page, at: float, *, whole: bool) -> None:
        """End the mount once the main view and all that is nested in it have joined."""
        tab, main, reply = self.tab, page.views.main, page.views.mounting
        if whole and main is not None and reply is not None:
            page.views.mounting = None
            self.record_mount(page, main, at)
            page.views.mounted()
            self.finish_mount(page, reply)
            return
        late = page.views.not_joined()
        if tab.navigation is not None and late is not None:
            tab.navigation.waiting_for = f"{late.called} of {page.url} to join"

    def record_rejoins(self, page: Page, view: View, at: float) -> None:
        """Record the rejoin of each view that was lost and is all there again."""
        each: View | None = view
        observer = self.tab.observer
        while each is not None:
            if each.lost_at and page.views.all_joined(each):
                name, since = each.name, each.lost_at
                observer.timing("rejoin", since, at, name=name, view=name)
                each.lost_at = 0.0
            parent = page.views.parents.get(each.id)
            each = None if parent is None else page.views.get(parent)

    def record_recoveries(self, page: Page, at: float) -> None:
        """Count the views whose mount crashed, and is there now without anybody's help."""
        if page.views.mounting is not None:
            return
        for each in page.views.all():
            if each.crashes and each.joined:
                each.crashes = 0
                self.tab.observer.count("reconnects", at)
                self.tab.observer.count("recovered_mounts", at)

    def finish_mount(self, page: Page, reply: LiveReply) -> None:
        """Go on where the join's reply points, and end the navigation."""
        tab = self.tab
        if reply.live_patch is not None:
            href = urljoin(page.url, reply.live_patch.to)
            patched(tab, page, href, replace=reply.live_patch.kind == REPLACE)
        if tab.navigation is not None:
            tab.end_navigation(tab.navigation)

    def record_mount(self, page: Page, view: View, at: float) -> None:
        """Record the connected mount, and put it into the address bar."""
        tab, observer = self.tab, self.tab.observer
        path, name, navigation = path_of(view.href), view.name, tab.navigation
        observer.timing("mount", view.join_sent, at, name=path, view=name)
        observer.count("mounts", view.join_sent)
        metric = "" if navigation is None else navigation.metric
        if metric == "visit" or not view.redirected:
            observer.timing("visit", page.started, at, name=path, view=name)
        if navigation is not None and metric == "navigate":
            since = navigation.since or view.join_sent
            observer.timing("navigate", since, at, name=path, view=name)
        if navigation is not None and navigation.lost_at:
            view.lost_at = navigation.lost_at  # back by a load: as if it had rejoined
        if navigation is not None:
            view.crashes += navigation.crashes
        if view.redirected:
            page.link.commit(page.link.number)
            replace = False if navigation is None else navigation.replace
            kind = HistoryKind.REDIRECT if navigation is None else navigation.kind
            show_address(tab, page, kind, view.href, replace=replace)

    def view_refused(self, view: View, reply: LiveReply) -> None:
        """Go where the refusal points: elsewhere, or to the page by a full load."""
        tab, page = self.tab, self.page_of(view)
        if page is None:
            return
        to = reply.redirect or reply.live_redirect
        reason = reply.reason or "no reason given"
        hopeless = to is None and reason not in CURED_BY_LOADING
        if hopeless and view is not page.views.main:
            self.retry_join(page, view, reason)
            return
        navigation = tab.navigation or tab.start_navigation("navigate", view.join_sent)
        navigation.brings_back(view.lost_at)
        try:
            if to is None:
                self.reload_refused(page, view, navigation, reason)
                return
            # As onJoinError: once for the join, and again with the view that goes.
            view.socket.send(view.channel.leave().data)
            navigation.count_redirect(view.name, to.to)
            href = urljoin(page.url, to.to)
            if to is reply.redirect:
                full_load(tab, navigation, href, to.flash)
            else:
                replace = to.kind == REPLACE
                navigate(tab, navigation, href, to.flash, replace=replace)
        except JoinFailed as error:
            tab.end_navigation(navigation, error)

    def retry_join(self, page: Page, view: View, reason: str) -> None:
        """Try a nested or sticky view again, but not for ever (view.ts onJoinError)."""
        tab = self.tab
        if view.attempts < MAX_JOIN_ATTEMPTS:
            view.crashes += 1
            view.show_error()
            view.rejoin_later()
            tab.changed(tab.network.clock())
            return
        root, is_news = page.views.root(view), view.id not in page.views.given_up
        page.views.give_up(view)
        if not root.left:
            root.show_error()
        if not is_news:
            return
        why = f"{reason!r} after {view.attempts} attempts"
        error = JoinFailed(view.called, why, advice_on(reason))
        if page.views.stuck and tab.navigation is not None:
            # The page stays, and so do those of its views that have joined.
            tab.keep_failure(error)
            tab.end_navigation(tab.navigation)
        else:
            tab.fail(error)

    def reload_refused(
        self, page: Page, view: View, navigation: PendingNavigation, reason: str
    ) -> None:
        """Load the page anew: at once when that may help, else after the real pause."""
        tab = self.tab
        advice = advice_on(reason)
        href = page.url if page.views.main is None else page.views.main.href
        if reason == "stale" and (why := tab.http.cookies.why_refused(href)):
            raise JoinFailed(
                view.name, repr(reason), f"Its session is missing, for {why}."
            )
        navigation.count_refusal(view.name, reason, advice)
        if reason in CURED_BY_LOADING:
            flash = view.flash if isinstance(view.flash, str) else None
            full_load(tab, navigation, href, flash)
            return
        navigation.crashes += 1
        # As live_socket.ts reloadWithJitter: disconnect, wait, load the page again.
        pause = tab.rng.uniform(*tab.network.settings.delays.reload)
        if asyncio.get_running_loop().time() + pause >= navigation.deadline:
            raise JoinFailed(view.name, repr(reason), advice)
        page.close()
        begin_load(tab, navigation, href, unload=False, delay=pause)

    def view_sent_away(
        self, view: View, event: str, to: Redirect, since: float
    ) -> None:
        """Follow what the server pushed or replied."""
        tab, page = self.tab, self.page_of(view)
        if page is None or page.views.main is None:
            return
        href = urljoin(page.url, to.to)
        replace = to.kind == REPLACE
        if event == LIVE_PATCH:
            view.href = href
            patched(tab, page, href, replace=replace)
        elif event == LIVE_REDIRECT:
            navigation = tab.navigation or tab.start_navigation("navigate", since)
            navigate(tab, navigation, href, to.flash, replace=replace)
        else:
            navigation = tab.navigation or tab.start_navigation("visit", since)
            full_load(tab, navigation, href, to.flash)

    def patch_answered(
        self, view: View, push: Push, link: PatchLink, reply: LiveReply
    ) -> None:
        """Be where a patch's link leads, as pushLinkPatch; another view is navigated to."""
        tab, page = self.tab, self.page_of(view)
        href, replace, number = link
        if page is None or reply.redirect is not None:
            return
        if reply.link_redirect:
            navigation = tab.navigation or tab.start_navigation("navigate", push.sent)
            kind = HistoryKind.PATCH
            navigate(tab, navigation, href, replace=replace, kind=kind, null_flash=True)
        elif page.link.commit(number):
            view.href = href
            show_address(tab, page, HistoryKind.PATCH, href, replace=replace)


def advice_on(reason: str) -> str:
    """Return what a person can do about a join that was refused for `reason`."""
    return ADVICE.get(reason, "The app's log may tell more.")
