"""One live view's channel: join and rejoin, pushes in flight, and diffs as they come.

A reply is recorded and answered as soon as its frame is here; its diff is merged only
when somebody looks (`view_content`). What a view cannot decide alone, such as where to go
next, it tells its `ViewListener`.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import InitVar, dataclass, field
from typing import Protocol

from msgspec import UNSET, UnsetType

from pytest_liveview_load.errors import (
    ConnectionLost,
    ProtocolError,
    StepError,
    ViewCrashed,
)
from pytest_liveview_load.liveview.client.history import PatchLink
from pytest_liveview_load.liveview.client.push import InFlight, Push
from pytest_liveview_load.liveview.client.settings import Delays
from pytest_liveview_load.liveview.client.socket import Socket
from pytest_liveview_load.liveview.client.view_content import ViewContent
from pytest_liveview_load.liveview.page.dead_render import DeadRender
from pytest_liveview_load.liveview.page.loading import (
    CLIENT_ERROR,
    CONNECTED,
    LOADING,
    SERVER_ERROR,
)
from pytest_liveview_load.liveview.page.view_elements import ViewElement
from pytest_liveview_load.liveview.protocol import wire
from pytest_liveview_load.liveview.protocol.channel import (
    Channel,
    Closed,
    Errored,
    Joined,
    JoinRefused,
    LiveReply,
    Pushed,
    Redirect,
    Replied,
    parse_redirect,
    parse_reply,
)
from pytest_liveview_load.liveview.protocol.versions import Dialect

PATCH = "patch"  # the metric of a live_patch
UNSOLICITED = "*push"  # the label of diffs that no event asked for
UNNAMED = ""  # of diffs that are compared with their page, but not recorded
CHANNEL_CLOSED = "the server closed the view (phx_close)"


class ViewListener(Protocol):
    """Who is told what happens to a view; `view_events.ViewEvents` is one."""

    def view_changed(self, at: float) -> None:
        """Learn that there is something new to look at."""

    def view_patched(self, view: "View") -> None:
        """Learn that a diff may have brought or taken away nested views."""

    def view_lost(self, view: "View", error: Callable[[str], StepError]) -> bool:
        """Learn that the view is gone for now, and its nested views with it.

        `error` is what a step that waits for one of those is told; return whether one was.
        """

    def link_lost(self, view: "View") -> None:
        """Load what a link was to lead to, if the view that was asked is gone."""

    def view_stays_away(self, view: "View") -> None:
        """Learn that the view has been gone for so long that the page may say so."""

    def view_returns(self, view: "View") -> None:
        """Learn that a rejoin is about to replace what the view shows."""

    def view_joined(self, view: "View", reply: LiveReply, at: float) -> None:
        """Learn that the server took the join."""

    def view_refused(self, view: "View", reply: LiveReply) -> None:
        """Learn that the server refused the join, and decide where to go."""

    def view_sent_away(
        self, view: "View", event: str, to: Redirect, since: float
    ) -> None:
        """Follow a live_patch, live_redirect or redirect, caused at `since`."""

    def patch_answered(
        self, view: "View", push: Push, link: PatchLink, reply: LiveReply
    ) -> None:
        """Be where the link of a patch leads, or go there by navigation."""

    def view_crashed(self, view: "View", error: StepError) -> None:
        """Learn of a crash that no step in flight could be told."""

    def view_failed(self, error: StepError) -> None:
        """Keep an error that no step in flight could be told."""


@dataclass(slots=True, eq=False)
class View:
    """One view of one page. Owns its channel, its content and its pushes in flight."""

    listener: ViewListener
    socket: Socket
    container: InitVar[ViewElement]
    dead: DeadRender  # the page that the view came with
    dialect: Dialect
    href: str = ""  # where the view is, absolute; "" of a nested one
    redirected: bool = False  # joined by live navigation, not by the page
    flash: str | UnsetType | None = UNSET
    live_referer: str | None = None
    id: str = field(init=False)
    name: str = field(init=False)
    session: str = field(init=False)
    static: str = field(init=False)
    sticky: bool = field(init=False)
    channel: Channel = field(init=False)
    content: ViewContent = field(init=False)
    in_flight: InFlight = field(default_factory=InFlight)
    connection_classes: str = field(init=False)  # of its element
    joins: int = 0  # the wire's _mounts
    attempts: int = 0  # the wire's _mount_attempts
    joined: bool = False
    left: bool = False
    closed: bool = False  # the server ended the channel and meant it
    join_sent: float = 0.0
    lost_at: float = 0.0  # when the view went away, to be rejoined
    rejoins: int = 0  # tries since then
    crashes: int = 0  # in the mount that it is part of
    rejoining: asyncio.TimerHandle | None = None
    staying_away: asyncio.TimerHandle | None = None  # until the page may say so

    def __post_init__(self, container: ViewElement) -> None:
        """Take from its element who the view is, and listen to its topic."""
        self.id = container.id
        self.name = container.name
        self.session = container.session
        self.static = container.static
        self.sticky = container.sticky
        # As view.ts join; live navigation joins out of sight.
        self.connection_classes = "" if self.redirected else LOADING
        self.content = ViewContent(fresh=self.redirected)
        self.channel = Channel(f"{wire.TOPIC_LIVEVIEW}{self.id}", self.socket.refs)
        self.socket.topics[self.channel.topic] = self

    @property
    def called(self) -> str:
        """What errors call the view: its module's name, else its id."""
        return self.name or self.id

    @property
    def delays(self) -> Delays:
        """How long the real client waits before it tries again."""
        return self.socket.network.settings.delays

    # Sending

    def join(self) -> float:
        """Join, or join again; return when. As view.ts join and channel.js rejoin."""
        cancel(self.rejoining)
        params = self.socket.params.for_join(
            self.dialect.connect_params(
                track_static=self.dead.track_static,
                mounts=self.joins,
                mount_attempts=self.attempts,
                live_referer=self.live_referer,
            )
        )
        self.attempts += 1
        payload = self.dialect.join_payload(
            session=self.session,
            static=self.static,
            params=params,
            url=None if self.redirected else self.href or None,
            redirect=self.href if self.redirected else None,
            flash=self.flash,
            sticky=self.sticky,
        )
        self.join_sent = self.socket.send(self.channel.join(payload).data)
        return self.join_sent

    def push(
        self,
        event: str,
        payload: object,
        *,
        metric: str = wire.EVENT,
        name: str = "",
        kind: str = "",
        component: str = "",
        cids: Sequence[int] = (),
    ) -> Push:
        """Push `event` and await its reply; several may be under way."""
        push = Push(metric, name, kind, component, cids)
        message = self.channel.push(event, payload)
        self.in_flight[message.ref] = push
        push.sent = self.socket.send(message.data)
        return push

    def leave(self) -> None:
        """Leave the channel; replies still awaited are superfluous."""
        self.socket.send(self.channel.leave().data)
        self.forget()

    def forget(self) -> None:
        """End without a word, as a page that is closed."""
        self.left = True
        self.joined = False
        self.socket.topics.pop(self.channel.topic, None)
        cancel(self.rejoining)
        cancel(self.staying_away)
        self.in_flight.abandon()

    # Receiving

    def frame_received(self, frame: wire.Frame, size: int, arrived: float) -> None:
        """Take a frame of this view's topic."""
        meaning = self.channel.receive(frame)
        if isinstance(meaning, Replied):
            self.replied(meaning, size, arrived)
        elif isinstance(meaning, Pushed):
            self.pushed(meaning, size, arrived)
        elif isinstance(meaning, Joined):
            self.accepted(parse_reply(meaning.response), size, arrived)
        elif isinstance(meaning, JoinRefused):
            self.listener.view_refused(self, parse_reply(meaning.response))
        elif isinstance(meaning, Errored):
            self.crashed(meaning.reason, arrived)
        elif isinstance(meaning, Closed):
            self.ended(arrived)

    def replied(self, replied: Replied, size: int, arrived: float) -> None:
        """File the reply to a push, and answer who awaits it."""
        reply = parse_reply(replied.response)
        diff = reply.diff
        push = self.in_flight.answered(replied.ref, replied.status)
        sent = arrived if push is None else push.sent
        if push is not None:
            self.record_reply(push, diff, size, arrived)
        if replied.status != wire.STATUS_OK:
            if push is not None:
                push.refuse(bytes(replied.response))
            return
        try:
            self.apply_reply(reply, diff, push, sent)
        except StepError as error:
            if push is None or not push.answer(None, error):
                raise
        if push is not None:
            push.answer(replied.response)
        self.listener.view_changed(arrived)

    def apply_reply(
        self, reply: LiveReply, diff: bytes | None, push: Push | None, sent: float
    ) -> None:
        """Do what a reply says: show its diff, and go where it sends."""
        if diff is not None:
            event = push if push is not None and push.metric == wire.EVENT else None
            self.keep_diff(diff, UNNAMED if event is None else event.name)
        if push is not None and push.cids:
            self.components_announced(push, reply)
        if reply.redirect is not None:
            self.listener.view_sent_away(self, wire.REDIRECT, reply.redirect, sent)
        elif reply.live_patch is not None:
            self.listener.view_sent_away(self, wire.LIVE_PATCH, reply.live_patch, sent)
        elif reply.live_redirect is not None:
            self.listener.view_sent_away(
                self, wire.LIVE_REDIRECT, reply.live_redirect, sent
            )
        if push is not None and push.link is not None:
            self.listener.patch_answered(self, push, push.link, reply)

    def pushed(self, pushed: Pushed, size: int, arrived: float) -> None:
        """Take what the server sent unasked."""
        event, observer, name = pushed.event, self.socket.observer, self.name
        observer.count("pushes", arrived)
        if event == wire.DIFF:
            diff = bytes(pushed.payload)
            observer.size("diff_bytes", size, arrived, name=UNSOLICITED, view=name)
            part_sampler = self.socket.network.part_sampler
            part_sampler.record(observer, name, UNSOLICITED, diff, size, arrived)
            self.keep_diff(diff, UNSOLICITED)
            self.listener.view_changed(arrived)
        elif event in {wire.LIVE_PATCH, wire.LIVE_REDIRECT, wire.REDIRECT}:
            since = self.in_flight.oldest(arrived)
            to = parse_redirect(pushed.payload)
            self.listener.view_sent_away(self, event, to, since)

    def accepted(self, reply: LiveReply, size: int, arrived: float) -> None:
        """Take the join's reply: from now on the view is live."""
        rendered = reply.rendered
        if rendered is None:
            raise ProtocolError("a join's reply without a rendered tree", self.name)
        socket, name, sent = self.socket, self.name, self.join_sent
        network, version = socket.network, reply.liveview_version
        if version is not None:
            self.dialect = network.learn_dialect(socket.origin, version)
        socket.observer.timing("join", sent, arrived, name=name, view=name)
        socket.observer.size("join_bytes", size, sent, name=name, view=name)
        shared = network.intern(rendered)
        self.content.sampled_page = network.resent_sampler.joined(name, shared)
        if self.joins:
            self.listener.view_returns(self)
        self.content.begin(shared, self.dialect)
        self.in_flight.log.clear()
        cancel(self.staying_away)
        self.joins += 1
        self.attempts = self.rejoins = 0
        self.flash = None
        self.listener.view_joined(self, reply, arrived)

    def let_in(self) -> None:
        """Show what the join brought: the view can be used (view.ts applyJoinPatch)."""
        self.joined = True
        self.connection_classes = CONNECTED
        self.content.held = None

    # Components that have left the page

    def keep_diff(self, diff: bytes, name: str) -> None:
        """Keep a diff until somebody looks, but for what the server must hear of it.

        `name` is what its sizes are recorded as. A diff that may have changed which views
        and components are on the page is merged at once: new views join, and components
        that have left it are announced.
        """
        content = self.content
        moves = content.keep(diff, unsolicited=name == UNSOLICITED)
        if content.sampled_page is not None:
            content.record_resent(self.socket.observer, name)
        if not moves:
            return
        if content.has_views:
            self.listener.view_patched(self)
        else:
            self.announce_destroyed_components()

    def announce_destroyed_components(self) -> None:
        """Announce the components that a diff took away."""
        gone = self.content.destroyed_components()
        if gone:
            self.push_cids(wire.CIDS_WILL_DESTROY, gone)

    def components_announced(self, push: Push, reply: LiveReply) -> None:
        """Go on once the server has answered one of our announcements."""
        content = self.content
        if push.metric == wire.CIDS_WILL_DESTROY:
            gone = [cid for cid in push.cids if cid not in content.cids]
            if gone:
                self.push_cids(wire.CIDS_DESTROYED, gone)
        elif reply.cids:
            content.forget_components(tuple(reply.cids))

    def push_cids(self, event: str, cids: list[int]) -> None:
        """Push what became of these components; no step awaits the reply."""
        self.push(event, {"cids": cids}, metric=event, cids=cids)

    # Recording

    def record_reply(
        self, push: Push, diff: bytes | None, size: int, arrived: float
    ) -> None:
        """Record one round trip; its reply is `size` bytes."""
        socket, metric, sent = self.socket, push.metric, push.sent
        observer, view, name = socket.observer, self.name, push.name
        if metric == wire.EVENT:
            observer.timing(
                metric,
                sent,
                arrived,
                name=name,
                view=view,
                kind=push.kind,
                component=push.component,
            )
            observer.size("diff_bytes", size, sent, name=name, view=view)
            socket.network.part_sampler.record(observer, view, name, diff, size, sent)
        elif metric == PATCH:
            observer.timing(metric, sent, arrived, name=name, view=view)

    # Crashes and lost connections

    def crashed(self, reason: str, at: float) -> None:
        """Tell the steps in flight, and rejoin after the real client's delay."""

        def crash(step: str) -> StepError:
            return ViewCrashed(self.called, step, reason)

        self.lost_at = self.lost_at or at
        told = self.in_flight.fail_all(crash)
        if not (self.listener.view_lost(self, crash) or told):
            during = "no step of ours" if self.joined else "its mount"
            self.listener.view_crashed(self, ViewCrashed(self.called, during, reason))
        self.listener.link_lost(self)
        if self.left:
            return  # with its page, or with the navigation that waited for the mount
        self.joined = False
        self.show_error()
        self.rejoin_later()
        self.listener.view_changed(at)

    def show_error(self) -> None:
        """Show that the view is gone; the page tells of it after the real pause."""
        cancel(self.staying_away)
        self.connection_classes = SERVER_ERROR if self.socket.is_open else CLIENT_ERROR
        self.staying_away = asyncio.get_running_loop().call_later(
            self.delays.disconnected, self.listener.view_stays_away, self
        )

    def rejoin_later(self) -> None:
        """Join again after the real client's delay."""
        self.rejoins += 1
        delay = Delays.nth(self.delays.rejoin, self.rejoins)
        loop = asyncio.get_running_loop()
        self.rejoining = loop.call_later(delay, self.connection_back)

    def ended(self, at: float) -> None:
        """Learn that the server closed the channel for good (`{:stop, …}`)."""
        self.closed = True
        self.gone(CHANNEL_CLOSED, at)

    def connection_lost(self, reason: str, at: float) -> None:
        """Tell the steps in flight; the socket comes back on its own."""
        self.show_error()
        cancel(self.rejoining)
        self.gone(reason, at)

    def gone(self, reason: str, at: float) -> None:
        """Tell the steps in flight that nothing more will come."""

        def lost(step: str) -> StepError:
            return ConnectionLost(step, reason)

        self.joined = False
        self.lost_at = self.lost_at or at
        self.in_flight.fail_all(lost)
        self.listener.view_lost(self, lost)
        self.listener.link_lost(self)
        self.listener.view_changed(at)

    def connection_back(self) -> None:
        """Join again, if there is a connection to do it on."""
        if self.socket.is_open and not self.left and not self.closed:
            self.join()

    def broken(self, error: StepError) -> None:
        """Tell that the server sent what nobody can read."""
        if not self.in_flight.fail_all(lambda _: error):
            self.listener.view_failed(error)


def cancel(timer: asyncio.TimerHandle | None) -> None:
    """Cancel a timer, if there is one; it may be over."""
    if timer is not None:
        timer.cancel()
