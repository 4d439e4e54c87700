"""Kept SIP messages for the tests of the ladder."""

from __future__ import annotations

from datetime import timedelta

from tests.web.factories import make_agent, make_application, make_ended_call
from widget.models import Call, CallEvent, CallMessage

SDP = (
    "v=0\no=- 1 1 IN IP4 192.0.2.9\ns=-\nc=IN IP4 192.0.2.9\nt=0 0\nm=audio 16384 RTP/AVP 0 8 101\n"
    "a=rtpmap:0 PCMU/8000\na=rtpmap:8 PCMA/8000\na=rtpmap:101 telephone-event/8000\na=sendrecv\n"
)


def add_message(
    call: Call, seconds: float, start_line: str, *, sent: bool, remote: str = "203.0.113.5:5060",
    cseq: str = "1 INVITE", headers: str = "", body: str = "", repeats: int = 0,
) -> CallMessage:  # fmt: skip
    at = call.started_at + timedelta(seconds=seconds)
    head = f"{start_line}\nFrom: <sip:1@h>;tag=a\nTo: <sip:2@h>\nCall-ID: {call.pk}\nCSeq: {cseq}\n{headers}"
    return CallMessage.objects.create(
        call=call, at=at, is_sent=sent, remote=remote, transport="UDP", start_line=start_line, repeats=repeats,
        last_at=at + timedelta(seconds=3.5) if repeats else None, text=f"{head}\n{body}",
    )  # fmt: skip


def busy_call() -> Call:
    """The first trunk is silent, the second wants credentials, the number is busy."""
    call = make_ended_call(make_agent(make_application()), sip_code=486)
    call.ended_at = call.started_at + timedelta(seconds=4.1)
    call.save()
    invite = "INVITE sip:+12025550100@carrier.example SIP/2.0"
    other = "198.51.100.7:5060"
    add_message(call, 0.002, invite, sent=True, body=SDP, repeats=3)
    add_message(call, 3.502, invite, sent=True, remote=other, body=SDP)
    challenge = 'Proxy-Authenticate: Digest realm="carrier", nonce="n"\n'
    add_message(call, 3.53, "SIP/2.0 407 Proxy Authentication Required", sent=False, remote=other, headers=challenge)
    add_message(call, 3.531, "ACK sip:+12025550100@carrier.example SIP/2.0", sent=True, remote=other, cseq="1 ACK")
    signed = 'Proxy-Authorization: Digest username="acme", response="•••"\n'
    add_message(call, 3.532, invite, sent=True, remote=other, cseq="2 INVITE", headers=signed, body=SDP)
    add_message(call, 3.56, "SIP/2.0 100 Trying", sent=False, remote=other, cseq="2 INVITE")
    add_message(call, 3.7, "SIP/2.0 183 Session Progress", sent=False, remote=other, cseq="2 INVITE", body=SDP)
    reason = 'Reason: Q.850;cause=17;text="User busy"\n'
    add_message(call, 4.1, "SIP/2.0 486 Busy Here", sent=False, remote=other, cseq="2 INVITE", headers=reason)
    add_message(call, 4.101, "ACK sip:+12025550100@carrier.example SIP/2.0", sent=True, remote=other, cseq="2 ACK")
    for seq, (name, seconds) in enumerate([("calling", 0), ("ringing", 3.7), ("ended", 4.1)], start=1):
        CallEvent.objects.create(call=call, seq=seq, name=name, at=call.started_at + timedelta(seconds=seconds))
    return call
