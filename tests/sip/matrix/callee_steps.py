"""What a carrier that we call sends: answers to our INVITE, and requests of its own in the call."""

from tests.sip.matrix.script import SDP, Step, message

SENT_BY = "127.0.0.1:@PORT@"
CONTACT = f"Contact: <sip:callee@{SENT_BY}@PARAM@>"


def answer(
    code: int,
    *headers: str,
    tag: str = "callee",
    body: str = "",
    kind: str = "application/sdp",
    contact: str = CONTACT,
) -> Step:
    """A response to the INVITE that was expected last."""
    to = f"To:[$to];tag={tag}" if code > 100 else "To:[$to]"
    own = (contact,) if code < 300 else ()
    return message(
        (
            f"SIP/2.0 {code} From The Carrier",
            "Via:[$via]",
            "From:[$from]",
            to,
            "Call-ID: [call_id]",
            "CSeq:[$cseq]",
            *own,
            *headers,
        ),
        body,
        kind,
        repeats=200 <= code < 300,
    )


def accept(*headers: str, tag: str = "callee", contact: str = CONTACT) -> Step:
    """200 with audio."""
    return answer(200, *headers, tag=tag, body=SDP, contact=contact)


def answer_again(code: int, *headers: str, body: str = "") -> Step:
    """A response to the re-INVITE that was kept as "re"."""
    lines = ("Via:[$revia]", "From:[$refrom]", "To:[$reto]", "Call-ID: [call_id]", "CSeq:[$recseq]", CONTACT)
    return message((f"SIP/2.0 {code} From The Carrier", *lines, *headers), body, repeats=200 <= code < 300)


def reply(code: int, *headers: str, body: str = "", contact: bool = False) -> Step:
    """A response to whatever came last."""
    own = (CONTACT,) if contact else ()
    lines = (
        f"SIP/2.0 {code} From The Carrier",
        "[last_Via:]",
        "[last_From:]",
        "[last_To:]",
        "[last_Call-ID:]",
        "[last_CSeq:]",
    )
    return message((*lines, *own, *headers), body)


def ask(
    method: str,
    cseq: int,
    *headers: str,
    body: str = "",
    kind: str = "application/sdp",
    branch: str = "",
    repeats: bool = True,
) -> Step:
    """A request of the carrier in the call."""
    return message(
        (
            f"{method} [$target] SIP/2.0",
            f"Via: SIP/2.0/@VIA@ {SENT_BY};branch={branch or f'z9hG4bK-{method}-{cseq}'}",
            "From:[$to];tag=callee",
            "To:[$from]",
            "Call-ID: [call_id]",
            f"CSeq: {cseq} {method}",
            CONTACT,
            "Max-Forwards: 70",
            *headers,
        ),
        body,
        kind,
        repeats=repeats,
    )


def acknowledge(cseq: int, *, refused: bool = False, body: str = "") -> Step:
    """The ACK of our answer to the carrier's re-INVITE; that of a refusal belongs to the INVITE's transaction."""
    return ask("ACK", cseq, branch=f"z9hG4bK-INVITE-{cseq}" if refused else "", body=body, repeats=False)
