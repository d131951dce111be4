"""One live view's channel: join and rejoin, pushes in flight, and diffs as they come.

Law: a frame is stamped, filed and answered here; it is merged only when somebody
looks. What a view cannot decide alone (where to go next) it tells its `Host`.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Protocol, TypeAlias

from msgspec import UNSET, UnsetType

from pytest_liveview_load.errors import (
    ConnectionLost,
    ProtocolError,
    StepError,
    ViewCrashed,
)
from pytest_liveview_load.liveview.client import push as round_trip
from pytest_liveview_load.liveview.client.push import InFlight, Push
from pytest_liveview_load.liveview.client.settings import Delays
from pytest_liveview_load.liveview.client.view_content import Content, sweep, swept
from pytest_liveview_load.liveview.page.dead_render import DeadRender, ViewElement
from pytest_liveview_load.liveview.page.loading import (
    CLIENT_ERROR,
    CONNECTED,
    LOADING,
    SERVER_ERROR,
)
from pytest_liveview_load.liveview.page.template import NestedView
from pytest_liveview_load.liveview.protocol.channel import (
    Channel,
    Closed,
    Errored,
    Joined,
    JoinRefused,
    LiveReply,
    Pushed,
    Replied,
    parse_redirect,
    parse_reply,
)
from pytest_liveview_load.liveview.protocol.wire import (
    DIFF,
    EVENT,
    LIVE_PATCH,
    LIVE_REDIRECT,
    REDIRECT,
    STATUS_OK,
    TOPIC_LIVEVIEW,
    Frame,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pytest_liveview_load.liveview.client.socket import Socket
    from pytest_liveview_load.liveview.protocol.channel import Redirect
    from pytest_liveview_load.liveview.protocol.versions import Dialect


# How one view stands with its server, and what follows while it is gone.


_Timer: TypeAlias = asyncio.TimerHandle | None


class Outage:
    """Whether one view is gone, and what then follows. Owned by it."""

    __slots__ = ("classes", "telling", "tries", "trying")

    def __init__(self) -> None:
        self.classes = ""  # of the view's element
        self.tries = 0
        self.telling: _Timer = None
        self.trying: _Timer = None

    def await_join(self) -> None:
        """Show that the view is still to join, as view.ts join."""
        self.classes = LOADING

    def begin(
        self, *, connected: bool, after: float, tell: Callable[[], object]
    ) -> None:
        """Show whose error it is, and call `tell` once it has lasted `after` seconds."""
        self.stop_telling()
        self.classes = SERVER_ERROR if connected else CLIENT_ERROR
        self.telling = asyncio.get_running_loop().call_later(after, tell)

    def try_later(self, delays: tuple[float, ...], join: Callable[[], object]) -> None:
        """Call `join` after the delay that is this try's."""
        self.tries += 1
        delay = Delays.nth(delays, self.tries)
        self.trying = asyncio.get_running_loop().call_later(delay, join)

    def end(self) -> None:
        """Show that the view has joined."""
        self.stop_telling()
        self.tries = 0
        self.classes = CONNECTED

    def stop_telling(self) -> None:
        """Tell nobody any more."""
        if self.telling is not None:
            self.telling.cancel()
            self.telling = None

    def stop_trying(self) -> None:
        """Try no more."""
        if self.trying is not None:
            self.trying.cancel()
            self.trying = None


# What a view tells the tab that it is shown in, as a seam.


class Host(Protocol):
    """The page that a view is part of; `page.Page` is one."""

    def view_changed(self, at: float) -> None:
        """Learn that there is something new to look at."""
        ...

    def view_patched(self, view: View) -> None:
        """Learn that a diff may have brought or taken away nested views."""
        ...

    def view_lost(self, view: View, error: Callable[[str], StepError]) -> bool:
        """Learn that the view is gone for now, and its nested views with it.

        `error` is what a step that waits for one of those is told; return whether one was.
        """
        ...

    def view_stays_away(self, view: View) -> None:
        """Learn that the view has been gone for so long that the page may say so."""
        ...

    def view_returns(self, view: View) -> None:
        """Learn that a rejoin is about to replace what the view shows."""
        ...

    def view_joined(self, view: View, reply: LiveReply, at: float) -> None:
        """Learn that the server took the join."""
        ...

    def view_refused(self, view: View, reply: LiveReply) -> None:
        """Learn that the server refused the join, and decide where to go."""
        ...

    def view_sent_away(
        self, view: View, event: str, to: Redirect, since: float
    ) -> None:
        """Follow a live_patch, live_redirect or redirect, caused at `since`."""
        ...

    def view_failed(self, error: StepError) -> None:
        """Keep an error that no step in flight could be told."""
        ...


# Where a view is on its page: in the dead render, or in another's HTML.
Place: TypeAlias = ViewElement | NestedView

CHANNEL_CLOSED = "the server closed the view (phx_close)"


class View:
    """One view of one page. Owns its channel, its state and its pushes in flight."""

    __slots__ = (
        "attempts",
        "channel",
        "closed",
        "content",
        "dead",
        "dialect",
        "flash",
        "host",
        "href",
        "id",
        "in_flight",
        "join_sent",
        "joined",
        "joins",
        "left",
        "live_referer",
        "lost_at",
        "name",
        "outage",
        "redirected",
        "session",
        "socket",
        "static",
        "sticky",
    )

    def __init__(
        self,
        host: Host,
        socket: Socket,
        place: Place,
        dead: DeadRender,
        *,
        href: str,
        dialect: Dialect,
        redirected: bool = False,
        flash: str | UnsetType | None = UNSET,
        live_referer: str | None = None,
    ) -> None:
        self.host = host
        self.socket = socket
        self.id = place.id
        self.channel = Channel(f"{TOPIC_LIVEVIEW}{place.id}", socket.refs)
        socket.topics[self.channel.topic] = self
        self.name = place.name
        self.session = place.session
        self.static = place.static
        self.sticky = place.sticky
        self.href = href  # where the view is, absolute; "" of a nested one
        self.dialect = dialect
        self.dead = dead  # the page that the view came with
        self.redirected = redirected  # joined by live navigation, not by the page
        self.flash = flash
        self.live_referer = live_referer
        self.joins = 0  # the wire's _mounts
        self.attempts = 0  # the wire's _mount_attempts
        self.joined = False
        self.left = False
        self.closed = False  # the server ended the channel and meant it
        self.join_sent = 0.0
        self.lost_at = 0.0  # when the view went away, to be rejoined
        self.outage = Outage()
        self.content = Content(fresh=redirected)
        self.in_flight = InFlight()

    @property
    def called(self) -> str:
        """What errors call the view: its module's name, else its id."""
        return self.name or self.id

    # Saying

    def join(self) -> float:
        """Join, or join again; return when. As view.ts join and channel.js rejoin."""
        self.outage.stop_trying()
        params = self.dialect.connect_params(
            csrf_token=self.dead.csrf_token,
            track_static=self.dead.track_static,
            mounts=self.joins,
            mount_attempts=self.attempts,
            live_referer=self.live_referer,
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
        metric: str = EVENT,
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
        self.outage.stop_trying()
        self.outage.stop_telling()
        self.in_flight.abandon()

    # Hearing

    def frame_received(self, frame: Frame, size: int, arrived: float) -> None:
        """Take a frame of this view's topic."""
        meaning = self.channel.receive(frame)
        if isinstance(meaning, Replied):
            self.replied(meaning, size, arrived)
        elif isinstance(meaning, Pushed):
            self.pushed(meaning, size, arrived)
        elif isinstance(meaning, Joined):
            self.accepted(parse_reply(meaning.response), size, arrived)
        elif isinstance(meaning, JoinRefused):
            self.host.view_refused(self, parse_reply(meaning.response))
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
            round_trip.record(self, push, diff, size, arrived)
        if replied.status != STATUS_OK:
            if push is not None:
                push.refuse(bytes(replied.response))
            return
        try:
            self.follow(reply, diff, push, sent)
        except StepError as error:
            if push is None or not push.answer(None, error):
                raise
        if push is not None:
            push.answer(replied.response)
        self.host.view_changed(arrived)

    def follow(
        self, reply: LiveReply, diff: bytes | None, push: Push | None, sent: float
    ) -> None:
        """Do what a reply says: show its diff, and go where it sends."""
        if diff is not None:
            self.content.keep(diff)
            sweep(self)
        if push is not None and push.cids:
            swept(self, push, reply)
        if reply.redirect is not None:
            self.host.view_sent_away(self, REDIRECT, reply.redirect, sent)
        elif reply.live_patch is not None:
            self.host.view_sent_away(self, LIVE_PATCH, reply.live_patch, sent)
        elif reply.live_redirect is not None:
            self.host.view_sent_away(self, LIVE_REDIRECT, reply.live_redirect, sent)

    def pushed(self, pushed: Pushed, size: int, arrived: float) -> None:
        """Take what the server sent unasked."""
        event = pushed.event
        round_trip.record_unasked(self, pushed, size, arrived)
        if event == DIFF:
            self.content.keep(bytes(pushed.payload))
            sweep(self)
            self.host.view_changed(arrived)
        elif event in {LIVE_PATCH, LIVE_REDIRECT, REDIRECT}:
            since = self.in_flight.oldest(arrived)
            to = parse_redirect(pushed.payload)
            self.host.view_sent_away(self, event, to, since)

    def accepted(self, reply: LiveReply, size: int, arrived: float) -> None:
        """Take the join's reply: from now on the view is live."""
        rendered = reply.rendered
        if rendered is None:
            raise ProtocolError("a join's reply without a rendered tree", self.name)
        network = self.socket.network
        if reply.liveview_version is not None:
            self.dialect = network.learn_dialect(
                self.socket.origin, reply.liveview_version
            )
        round_trip.record_join(self, rendered, size, arrived)
        if self.joins:
            self.host.view_returns(self)
        self.content.begin(network.intern(rendered), self.dialect)
        self.in_flight.log.clear()
        self.joined = True
        self.outage.end()
        self.joins += 1
        self.attempts = 0
        self.flash = None
        self.host.view_joined(self, reply, arrived)

    # Trouble

    def crashed(self, reason: str, at: float) -> None:
        """Tell the steps in flight, and rejoin after the real client's delay."""

        def crash(step: str) -> StepError:
            return ViewCrashed(self.name, step, reason)

        told = self.in_flight.tell(crash)
        if not (self.host.view_lost(self, crash) or told):
            during = "no step of ours" if self.joined else "its mount"
            self.host.view_failed(ViewCrashed(self.name, during, reason))
            if self.left:
                return  # it ended the navigation that waited for the mount
        self.joined = False
        self.lost_at = self.lost_at or at
        self.show_outage()
        self.join_later()
        self.host.view_changed(at)

    def show_outage(self) -> None:
        """Show that the view is gone; the page tells of it after the real pause."""
        delays = self.socket.network.settings.delays
        self.outage.begin(
            connected=self.socket.is_open,
            after=delays.disconnected,
            tell=partial(self.host.view_stays_away, self),
        )

    def join_later(self) -> None:
        """Join again after the real client's delay."""
        delays = self.socket.network.settings.delays
        self.outage.try_later(delays.rejoin, self.connection_back)

    def ended(self, at: float) -> None:
        """Learn that the server closed the channel for good (`{:stop, …}`)."""
        self.joined = False
        self.closed = True

        def closed(step: str) -> StepError:
            return ConnectionLost(step, CHANNEL_CLOSED)

        self.in_flight.tell(closed)
        self.host.view_lost(self, closed)
        self.host.view_changed(at)

    def connection_lost(self, reason: str, at: float) -> None:
        """Tell the steps in flight; the socket comes back on its own."""
        self.joined = False
        self.lost_at = self.lost_at or at
        self.show_outage()
        self.outage.stop_trying()

        def lost(step: str) -> StepError:
            return ConnectionLost(step, reason)

        self.in_flight.tell(lost)
        self.host.view_lost(self, lost)
        self.host.view_changed(at)

    def connection_back(self) -> None:
        """Join again, if there is a connection to do it on."""
        if self.socket.is_open and not self.left and not self.closed:
            self.join()

    def broken(self, error: StepError) -> None:
        """Tell that the server sent what nobody can read."""
        if not self.in_flight.tell(lambda _: error):
            self.host.view_failed(error)
