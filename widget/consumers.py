"""One socket of one widget: intents out to the switchboard, snapshots back as HTML fragments.

It only translates. It never waits for a call, and it may die at any time: the switchboard owns calls, the database
knows them.
"""

import logging
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from channels.db import database_sync_to_async
from channels.exceptions import StopConsumer
from channels.generic.websocket import AsyncWebsocketConsumer
from django.utils import translation

from widget import conf, credentials, open_pages, snapshots, wire
from widget.calls.agent import AgentStatus
from widget.calls.call import CallState
from widget.errors import ALL_ERRORS, CcError, InternalError, InvalidOptionsError, NotSignedInError, SignInFailure
from widget.intents import command_of
from widget.page_view import PageView
from widget.page_wishes import PageWishes
from widget.rate_limit import TokenBucket
from widget.reminders import Reminders
from widget.rendering import AgentView
from widget.session import PageSession, open_session, refreshed
from widget.snapshots import PageEvent
from widget.switchboard import messages
from widget.switchboard.messages import CHANNEL, agent_group
from widget.watching import GATHER_SECONDS, ColleagueWatch

logger = logging.getLogger(__name__)

SIGNED_OUT, REFUSED, ELSEWHERE, TOO_MUCH, BROKEN, RESTARTING = 1000, 4401, 4408, 4429, 4500, 4503
"""Why we close a socket. Daphne raises for any but 1000 and 3000 to 4999; 4000 on are free (RFC 6455 section 7.4.2)."""
SIGN_IN_SECONDS = 10
TOKEN_NOTICE_SECONDS = 60
"""How long before a credential ends its page is told; a short-lived one is announced at half of its time."""
FRAMES_PER_SECOND, FRAMES_AT_ONCE = 20, 60

_ERRORS: Mapping[str, type[CcError]] = MappingProxyType({error.reason: error for error in ALL_ERRORS})


class AgentConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]  # channels has no types
    """The frame's end of the wire protocol (``widget.wire``)."""

    session: PageSession | None = None
    last_event = 0
    is_signed_out = False
    is_outdated = False

    async def connect(self) -> None:
        self.view = PageView(self.send, self._send_http)
        self.watch = ColleagueWatch(self)
        self.wishes = PageWishes(self)
        self.reminders = Reminders(self._send_to_self)
        self.bucket = TokenBucket.full(rate=FRAMES_PER_SECOND, burst=FRAMES_AT_ONCE, now=time.monotonic())
        open_pages.add(self)
        await self.accept()
        self.reminders.set("sign_in", SIGN_IN_SECONDS, {"type": "sign.in.late"})

    async def dispatch(self, message: dict[str, Any]) -> None:
        """Channels never calls ``disconnect`` after a handler raised; without it the desk would count on this page."""
        try:
            await super().dispatch(message)
        except StopConsumer:
            raise
        except Exception:
            await self.disconnect(BROKEN)
            raise

    async def disconnect(self, code: int) -> None:
        open_pages.discard(self)
        self.reminders.forget_all()
        await self.watch.end()
        if self.session is not None:
            await self.channel_layer.group_discard(agent_group(self.session.agent_id), self.channel_name)
            await self._tell_switchboard(
                messages.PageLeft(agent=self.session.agent_id, channel=self.channel_name, signed_out=self.is_signed_out)
            )

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if not self.bucket.take(time.monotonic()) or text_data is None or len(text_data) > wire.MAX_FRAME:
            await self.close(TOO_MUCH)
            return
        try:
            await self._obey(wire.parse(text_data))
        except wire.InvalidFrameError as error:
            logger.warning("a frame was refused: %s", error)
            await self._send_http(InvalidOptionsError)
        except NotSignedInError as error:
            await self._refuse(error)

    # What the page asks for

    async def _obey(self, intent: wire.Intent) -> None:
        if isinstance(intent, wire.Authenticate):
            try:
                await self._sign_in(intent)
            except NotSignedInError as error:
                await self._refuse_renewal(error)
        elif isinstance(intent, wire.Ping):
            await self.send(wire.frame("pong", id=intent.id))
        elif self.session is None:
            raise NotSignedInError(SignInFailure.MISSING)
        else:
            if isinstance(intent, wire.SignOut):
                await self._sign_out(intent)
                return
            if await self.wishes.grant(intent, self.session):
                return
            if isinstance(intent, wire.Dial | wire.OfferAudio):
                await self._require_credential()
            await self._tell_switchboard(command_of(intent, agent=self.session.agent_id, channel=self.channel_name))

    async def _sign_in(self, intent: wire.Authenticate) -> None:
        renews = self.session is not None
        session = await database_sync_to_async(open_session)(intent.token, intent.options)
        if self.session is not None and session.agent_id != self.session.agent_id:
            await self.disconnect(REFUSED)
            renews = False
        self.session = session
        self.reminders.forget("sign_in", "grace")
        self.reminders.set("expiry", session.seconds_left, {"type": "credential.check"})
        notice = min(TOKEN_NOTICE_SECONDS, session.seconds_left / 2)
        self.reminders.set("token", session.seconds_left - notice, {"type": "credential.ends"})
        await self.channel_layer.group_add(agent_group(session.agent_id), self.channel_name)
        await self._tell_switchboard(
            messages.PageJoined(
                agent=session.agent_id, channel=self.channel_name, resumes=renews or intent.since is not None
            )
        )
        await self._begin_page(intent, session, renews=renews)

    async def _begin_page(self, intent: wire.Authenticate, session: PageSession, *, renews: bool) -> None:
        """Say who is signed in, then show everything anew; a fresh page hears the state of a live call."""
        latest, events = await database_sync_to_async(snapshots.present_events)(session.agent_id)
        is_fresh = intent.since is None and not renews
        if intent.since is not None:
            self.last_event = intent.since
        elif is_fresh:
            self.last_event = latest
        if not renews:
            self.view.begin(is_fresh=is_fresh)
        self.view.forget_fragments()
        now, call = datetime.now(UTC).isoformat(), next((event.value for event in events), None)
        await self.send(
            wire.frame("ready", id=intent.id, since=self.last_event, now=now, call=call, **session.for_page())
        )
        for event in events if is_fresh else ():
            await self._send_events([event])
            await self.send(wire.frame("reattached", value=event.value))

    async def _sign_out(self, intent: wire.SignOut) -> None:
        """The agent goes; a live call waits for their return like any call whose page is gone."""
        self.is_signed_out = True
        await self.send(wire.frame("result", id=intent.id, ok=True))
        await self.close(SIGNED_OUT)

    async def presence_changed(self, message: dict[str, Any]) -> None:
        """Somebody of the group came, went or changed their status; a busy group's news are gathered."""
        if "presence" not in self.reminders:
            self.reminders.set("presence", GATHER_SECONDS, {"type": "presence.show"})

    async def presence_show(self, message: dict[str, Any]) -> None:
        self.reminders.forget("presence")
        if self.session is not None:
            await self.watch.show(self.session.agent_id, self.session.options.language)

    async def _require_credential(self) -> None:
        assert self.session is not None  # noqa: S101  (narrows the type; callers checked)
        if not await database_sync_to_async(credentials.is_current)(self.session.serial):
            raise NotSignedInError(SignInFailure.REPLACED)

    # What the switchboard says

    async def agent_changed(self, message: dict[str, Any]) -> None:
        """Show what is new. The message carries no state: the database does."""
        if self.session is None:
            return
        try:
            view, events = await database_sync_to_async(snapshots.news)(self.session.agent_id, self.last_event)
        except NotSignedInError as error:
            await self._refuse(error)
            return
        await self.view.show_leg(view)
        await self._send_events(events)
        await self.view.show_state(view)
        await self._settle_again(view)
        await self.view.show_fragments(view, self.session.options)

    async def call_quality(self, message: dict[str, Any]) -> None:
        """How what the agent hears sounds; the switchboard says so to the page in use alone."""
        if self.session is not None:
            await self.send(wire.frame("quality", value=message["value"], beside=message["beside"]))

    async def settings_changed(self, message: dict[str, Any]) -> None:
        """An admin changed what this agent sees: a mode, a language, a text."""
        self.is_outdated = True
        await self.agent_changed(message)

    async def command_done(self, message: dict[str, Any]) -> None:
        """A command was carried out or refused."""
        if self.session is None:
            return
        if not message["ok"]:
            error = _ERRORS.get(message["reason"], InternalError)
            await self._send_error("result", error, id=message["command"], ok=False)
        elif "sdp" in message["result"]:
            await self.send(wire.frame("answer", id=message["command"], sdp=message["result"]["sdp"]))
        else:
            await self.send(wire.frame("result", id=message["command"], ok=True, **message["result"]))

    async def audio_spoken(self, message: dict[str, Any]) -> None:
        """The carrier chose a codec: the browser is to send that one. It may take no keys in the audio."""
        codec, ptime, keys = message["codec"], message["packet_ms"], message["signals_keys"]
        await self.send(wire.frame("codec", name=codec, ptime=ptime, signalsKeys=keys))

    async def audio_renew(self, message: dict[str, Any]) -> None:
        """There is a better place for the browser's audio: it shall offer anew, and keep what it has meanwhile."""
        await self.send(wire.frame("renew"))

    async def page_displaced(self, message: dict[str, Any]) -> None:
        """The agent signed in on another page: this one must not go on pretending."""
        await self._send_http(NotSignedInError(SignInFailure.REPLACED))
        await self.close(ELSEWHERE)

    async def server_stopping(self, message: dict[str, Any]) -> None:
        """Everything that there was to say has been said."""
        await self.send_back()

    async def send_back(self) -> None:
        """Close; the page comes back by itself."""
        await self.close(RESTARTING)

    async def credential_replaced(self, message: dict[str, Any]) -> None:
        """A new credential was issued. The page that asked for it gets a moment to bring it."""
        if self.session is not None and message["serial"] != self.session.serial:
            self.reminders.set("grace", conf.current().credential_grace_seconds, {"type": "credential.check"})

    async def credential_check(self, message: dict[str, Any]) -> None:
        """Sign the page out if its credential is no longer good; a live call is let go on first."""
        if self.session is None or await database_sync_to_async(credentials.is_current)(self.session.serial):
            return
        if await database_sync_to_async(snapshots.has_live_call)(self.session.agent_id):
            self.reminders.set("grace", conf.current().credential_grace_seconds, {"type": "credential.check"})
            return
        is_expired = self.session.seconds_left <= 0
        await self._refuse(NotSignedInError(SignInFailure.EXPIRED if is_expired else SignInFailure.REPLACED))

    async def credential_ends(self, message: dict[str, Any]) -> None:
        """The page shall fetch a new credential in time."""
        if self.session is not None:
            await self.send(wire.frame("token", seconds=max(round(self.session.seconds_left), 0)))

    async def sign_in_late(self, message: dict[str, Any]) -> None:
        if self.session is None:
            await self._refuse(NotSignedInError(SignInFailure.MISSING))

    # What the page sees

    async def _send_events(self, events: list[PageEvent]) -> None:
        for event in events:
            self.last_event = event.id
            await self.send(wire.frame("call", id=event.id, value=event.value))

    async def _settle_again(self, view: AgentView) -> None:
        """Follow the admin's changes, but not during a call: what a new mode removes stays until it is over."""
        is_live = view.call is not None and view.call.state != CallState.ENDED
        if self.session is None or is_live or not self.is_outdated:
            return
        self.is_outdated = False
        self.session = await database_sync_to_async(refreshed)(self.session)
        # The switchboard reads the agent's times anew when a page joins.
        await self._tell_switchboard(
            messages.PageJoined(agent=self.session.agent_id, channel=self.channel_name, resumes=True)
        )
        await self.send(wire.frame("options", **self.session.for_page()))

    async def _refuse_renewal(self, error: NotSignedInError) -> None:
        """A live call is not cut for a credential that a page brought by mistake: its socket stays as it was."""
        session = self.session
        if session is None or not await database_sync_to_async(snapshots.has_live_call)(session.agent_id):
            raise error
        await self._send_error("refused", error, stays=True)

    async def _refuse(self, error: NotSignedInError) -> None:
        """Not signed in: say why and close; the frame does not come back by itself."""
        self.is_signed_out = True
        if self.view.status not in (None, AgentStatus.OFFLINE):
            await self.send(wire.frame("status", value=AgentStatus.OFFLINE))
        await self._send_error("refused", error)
        await self.close(REFUSED)

    async def _send_http(self, error: CcError | type[CcError]) -> None:
        await self._send_error("http", error)

    async def _send_error(self, kind: str, error: CcError | type[CcError], **fields: Any) -> None:
        with translation.override(self.session.options.language if self.session else "en"):
            shown = wire.error_fields(error)
        await self.send(wire.frame(kind, **fields, **shown))

    async def _tell_switchboard(self, message: messages.Message) -> None:
        await self.channel_layer.send(CHANNEL, messages.pack(message))

    async def _send_to_self(self, message: Mapping[str, Any]) -> None:
        await self.channel_layer.send(self.channel_name, message)
