"""What a carrier that calls us sends: the INVITE, and requests in the call that we answered."""

from tests.sip.matrix.script import SDP, Step, expect_response, message

SENT_BY = "127.0.0.1:@PORT@"
CONTACT = f"Contact: <sip:200@{SENT_BY}@PARAM@>"
OURS = "sip:100@[remote_ip]:[remote_port]"


def send(
    method: str,
    cseq: int,
    *headers: str,
    body: str = "",
    kind: str = "application/sdp",
    branch: str = "",
    to: str = f"<{OURS}>",
    repeats: bool = True,
) -> Step:
    """A request of the carrier; `to` is without a tag before there is a dialog."""
    lines = (
        f"{method} {OURS} SIP/2.0",
        f"Via: SIP/2.0/@VIA@ {SENT_BY};branch={branch or f'z9hG4bK-{method}-{cseq}'}",
        'From: "O\'Brien, \\"Bob\\"" <sip:200@carrier.example>;tag=caller',
        f"To: {to}",
        "Call-ID: [call_id]",
        f"CSeq: {cseq} {method}",
        CONTACT,
        "Max-Forwards: 70",
    )
    return message((*lines, *headers), body, kind, repeats=repeats)


def call(*headers: str, body: str = SDP, kind: str = "application/sdp", cseq: int = 1, branch: str = "") -> Step:
    """The INVITE."""
    return send("INVITE", cseq, *headers, body=body, kind=kind, branch=branch)


def within(method: str, cseq: int, *headers: str, body: str = "", kind: str = "application/sdp") -> Step:
    """A request in the call."""
    return send(method, cseq, *headers, body=body, kind=kind, to=f"<{OURS}>[peer_tag_param]", repeats=method != "ACK")


def acknowledge(cseq: int = 1, *, refused: bool = False, body: str = "") -> Step:
    """The ACK; that of a refusal belongs to the INVITE's transaction."""
    branch = f"z9hG4bK-INVITE-{cseq}" if refused else ""
    return send("ACK", cseq, body=body, branch=branch, to=f"<{OURS}>[peer_tag_param]", repeats=False)


TRYING = expect_response(100, optional=True)
RINGING = expect_response(180, optional=True)
ANSWERED = (TRYING, RINGING, expect_response(200))
UP = (*ANSWERED, acknowledge())
HANGS_UP = (within("BYE", 90), expect_response(200))


def reply() -> Step:
    """200 to whatever we sent last."""
    lines = ("SIP/2.0 200 OK", "[last_Via:]", "[last_From:]", "[last_To:]", "[last_Call-ID:]", "[last_CSeq:]")
    return message(lines)
