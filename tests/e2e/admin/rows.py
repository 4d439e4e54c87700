"""An installation with something of everything in it, whose foreign texts the test chooses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.contrib.auth.models import Group, User
from django.utils import timezone

from tests.web.factories import make_agent, make_application, make_ended_call, make_group, make_language
from tests.web.sip_messages import SDP, add_message
from widget import roles
from widget.models import (
    Agent,
    AgentGroup,
    AgentStatus,
    Application,
    Call,
    CallEvent,
    CallQuality,
    InboundNumber,
    Language,
    Mode,
    NumberRule,
    TextOverride,
    Trunk,
    TrunkCount,
    TrunkHealth,
    TrunkRoute,
)

Say = Callable[[str, int], str]
"""What to write where ``text`` would stand and at most so many characters fit."""

WORDED = "Ready"
"""A text of the widget that has an own wording."""


@dataclass(frozen=True, slots=True)
class Rows:
    """One row of each kind: the one that the pages are opened for."""

    application: Application
    group: AgentGroup
    agent: Agent
    trunk: Trunk
    mode: Mode
    language: Language
    override: TextOverride
    call: Call
    refused: Call
    live: Call
    supervisor: User


def plainly(text: str, limit: int) -> str:
    """The texts as people write them."""
    return text[:limit]


def fill(say: Say = plainly) -> Rows:
    """Rows as the switchboard and an admin would have written them; validation is left out, as in an old database."""
    mode = Mode.objects.create(name=say("Sales floor", 64), labels=[say("Order", 32), say("Complaint", 32)])
    language = make_language("es", native_name=say("Español", 64))
    application = make_application(
        say("Larkfield CRM", 64), default_mode=mode, allowed_origins=["https://crm.example.com"]
    )
    group = make_group(application, say("Night shift", 32))
    trunk = _trunk(application, group, say)
    agent = make_agent(
        application, "ann", group=group, name=say("Ann Example", 64), mode=mode,
        status=AgentStatus.IDLE, leg_connected=True,
    )  # fmt: skip
    busy = make_agent(application, "ben", group=group, name=say("Ben Example", 64), status=AgentStatus.BUSY)
    for name, status in (("cleo", AgentStatus.POST_CALL), ("dev", AgentStatus.SHORT_BREAK)):
        make_agent(application, name, group=group, name=say(name.title(), 64), status=status)
    override = TextOverride.objects.create(language=Language.objects.get(code="en"), source=WORDED, text=say("Go", 500))
    call = _ended_call(agent, busy, trunk, say)
    refused = make_ended_call(
        agent, trunk=trunk, sip_code=403, termination="rejected", detail=say("Q.850;cause=21", 500)
    )
    add_message(refused, 0.1, f"SIP/2.0 403 {say('Forbidden', 100)}", sent=False)
    live = Call.objects.create(
        application=application, agent=busy, trunk=trunk, direction="inbound", called="+12025550199",
        caller=say("+442079460958", 64), state="talking", answered_at=timezone.now() - timedelta(seconds=95),
    )  # fmt: skip
    supervisor = User.objects.create_user("sue", first_name=say("Sue", 150), is_staff=True)
    supervisor.groups.add(Group.objects.get(name=roles.SUPERVISORS))
    group.supervisors.add(supervisor)
    return Rows(application, group, agent, trunk, mode, language, override, call, refused, live, supervisor)


def _trunk(application: Application, group: AgentGroup, say: Say) -> Trunk:
    now = timezone.now()
    trunk = Trunk.objects.create(
        application=application, name=say("Main carrier", 64), host=say("sip.example.com", 253),
        username=say("acme", 128), password="correct horse battery", caller_id="+12025550000", registers=True,
        from_domain=say("acme.example", 253),
        extra_headers=[f"X-Site: {say('4', 190)}"],
    )  # fmt: skip
    TrunkRoute.objects.create(group=group, trunk=trunk)
    NumberRule.objects.create(trunk=trunk, prefix="+", replacement="00")
    InboundNumber.objects.create(trunk=trunk, number="+12025550199", group=group)
    TrunkHealth.objects.create(
        trunk=trunk, state="degraded", reason="overloaded", detail=say("503 Service Unavailable", 120), checked_at=now,
        registration="refused", registration_since=now,
    )  # fmt: skip
    for code, count in ((200, 40), (486, 7), (0, 1)):
        TrunkCount.objects.create(
            trunk=trunk, day=now.date(), sip_code=code, attempts=count, delays=count, delay_ms=900 * count
        )
    return trunk


def _ended_call(agent: Agent, colleague: Agent, trunk: Trunk, say: Say) -> Call:
    started = timezone.now() - timedelta(hours=1)
    call = make_ended_call(
        agent, called=say("+12025550100", 64), caller=say("+12025550000", 64),
        info=say("Ms Lovelace, order 1843", 1000), remark=say("Wants an offer.", 4000), labels=[say("Order", 32)],
        detail=say('Q.850;cause=16;text="Normal"', 500), trunk=trunk, colleague=colleague, transfer_kind="blind",
        transfer_to=say("+12025550102", 64), transfer_state="failed", transfer_code=486, termination="customer_hung_up",
        started_at=started, ringing_at=started + timedelta(seconds=1), answered_at=started + timedelta(seconds=4),
        ended_at=started + timedelta(seconds=131), duration_seconds=127,
    )  # fmt: skip
    _events(call, say)
    _messages(call, say)
    CallQuality.objects.create(
        call=call, mos_lowest=3.1, mos_mean=4.0, verdict="carrier", worst_loss=0.04, worst_jitter_ms=31,
        worst_round_trip_ms=80, agent_codec=say("opus", 16), carrier_codec=say("PCMU", 16), is_transcoded=True,
        samples=[[at, 4.1 - at / 60, *([0.01, 1.0, 3, 40, 4.2] * 2)] for at in (10, 20, 30, 40, 50, 60)],
        silences=[["carrier_silent", 20, 4]],
    )  # fmt: skip
    return call


def _events(call: Call, say: Say) -> None:
    for seq, (name, seconds) in enumerate((("calling", 0), ("ringing", 1), ("talking", 4), ("ended", 131)), start=1):
        CallEvent.objects.create(
            call=call, seq=seq, name=name, at=call.started_at + timedelta(seconds=seconds),
            data={"callStatus": seq, "reason": say("none", 200)},
        )  # fmt: skip


def _messages(call: Call, say: Say) -> None:
    """A ladder with each kind of arrow; what the other side wrote is foreign."""
    invite = "INVITE sip:+12025550100@carrier.example SIP/2.0"
    challenge = f'WWW-Authenticate: Digest realm="{say("carrier", 60)}", nonce="n"\n'
    server = f"Server: {say('Example PBX', 100)}\n"
    reason = f'Reason: Q.850;cause=16;text="{say("Normal call clearing", 100)}"\n'
    add_message(call, 0.002, invite, sent=True, body=SDP, repeats=3)
    add_message(call, 3.5, invite, sent=True, remote="198.51.100.7:5060", body=SDP)
    add_message(call, 3.53, f"SIP/2.0 401 {say('Unauthorized', 100)}", sent=False, headers=challenge)
    add_message(call, 3.6, f"SIP/2.0 183 {say('Session Progress', 100)}", sent=False, headers=server, body=SDP)
    add_message(call, 4.0, "SIP/2.0 200 OK", sent=False, headers=server, body=SDP)
    add_message(call, 60, "SIP/2.0 486 Busy Here", sent=False, cseq="2 REFER")
    add_message(call, 131, f"BYE sip:{say('us', 60)}@192.0.2.1 SIP/2.0", sent=False, cseq="9 BYE", headers=reason)
