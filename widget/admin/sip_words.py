"""SIP in words: what a message, a status code or a cause of the telephone network means to an operator."""

from __future__ import annotations

import re
from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from widget.admin.sip_text import SipText

REQUESTS: Mapping[str, Promise] = {
    "INVITE": _("asks for a call"),
    "ACK": _("confirms the final answer"),
    "BYE": _("hangs up"),
    "CANCEL": _("takes the call back"),
    "PRACK": _("confirms the ringing"),
    "UPDATE": _("keeps the call fresh or changes it"),
    "OPTIONS": _("asks whether the other side is there"),
    "REFER": _("asks to transfer the call"),
    "NOTIFY": _("tells how the transfer goes"),
    "INFO": _("sends a pressed key or other information"),
}
SIGNED = _("asks again, with credentials")
HOLDS = _("puts the call on hold")
CHANGES = _("offers the audio anew, to resume or to move it")

CODES: Mapping[int, Promise] = {
    100: _("has it and works on it"),
    180: _("it rings"),
    181: _("the call is being forwarded"),
    182: _("the call waits in a queue"),
    183: _("the call goes on, the carrier may play its own tones"),
    199: _("one of several branches has ended"),
    200: _("answered"),
    202: _("accepted"),
    300: _("the number has several destinations"),
    301: _("the number has moved for good"),
    302: _("the number has moved for now"),
    305: _("another proxy has to be used"),
    380: _("another service has to be used"),
    400: _("did not understand our message"),
    401: _("asks for credentials"),
    402: _("wants to be paid first"),
    403: _("forbids it: account, caller id, balance or destination"),
    404: _("does not know the number"),
    405: _("does not take this kind of message"),
    406: _("cannot answer in a form that we take"),
    407: _("asks for credentials"),
    408: _("the destination did not respond in time"),
    410: _("the number exists no more"),
    413: _("our message is too large for it"),
    414: _("our address line is too long for it"),
    415: _("does not take this kind of content"),
    416: _("does not take this kind of address"),
    420: _("does not know an extension that we require"),
    421: _("requires an extension that we do not offer"),
    422: _("wants a longer session timer"),
    423: _("wants a longer registration"),
    428: _("wants a signed identity of the caller"),
    433: _("does not take anonymous calls"),
    480: _("the destination is not available now"),
    481: _("does not know this call any more"),
    482: _("met the call twice: a loop"),
    483: _("the call went through too many servers: a loop"),
    484: _("the number is incomplete"),
    485: _("the number is ambiguous"),
    486: _("the destination is busy"),
    487: _("the call was taken back before the answer"),
    488: _("no codec or encryption in common"),
    491: _("both sides changed the call at the same time"),
    493: _("cannot read an encrypted message"),
    494: _("wants a security agreement first"),
    500: _("has an error of its own"),
    501: _("does not know this kind of message"),
    502: _("got a wrong answer from behind it"),
    503: _("is overloaded, in maintenance or without a free line"),
    504: _("got no answer from behind it in time"),
    505: _("does not take this version of SIP"),
    513: _("our message is too large for it"),
    580: _("cannot reserve what the call needs"),
    600: _("the destination is busy everywhere"),
    603: _("the destination declined"),
    604: _("the destination exists nowhere"),
    606: _("no codec, encryption or bandwidth in common"),
    607: _("the destination does not want such calls"),
    608: _("a filter on the way rejected the call"),
}
CLASSES: Mapping[int, Promise] = {
    1: _("works on it"),
    2: _("agreed"),
    3: _("points to another destination"),
    4: _("refused"),
    5: _("failed"),
    6: _("refused everywhere"),
}

Q850: Mapping[int, Promise] = {
    1: _("the number is not allocated"),
    2: _("no route to the transit network"),
    3: _("no route to the destination"),
    16: _("normal end of the call"),
    17: _("the user is busy"),
    18: _("the user does not respond"),
    19: _("the user does not answer"),
    20: _("the mobile phone is off or out of reach"),
    21: _("the call was rejected"),
    22: _("the number has changed"),
    27: _("the destination is out of order"),
    28: _("the number has a wrong format"),
    29: _("a facility was refused"),
    31: _("normal, no more is known"),
    34: _("no line is free"),
    38: _("the network is out of order"),
    41: _("a temporary failure of the network"),
    42: _("the network's equipment is congested"),
    44: _("the wanted line is not available"),
    47: _("the network lacks resources"),
    50: _("a facility is not subscribed"),
    55: _("incoming calls are barred"),
    57: _("this kind of call is not allowed"),
    58: _("this kind of call is not available now"),
    63: _("the service is not available"),
    65: _("this kind of call does not exist there"),
    69: _("a facility does not exist there"),
    79: _("the service does not exist there"),
    88: _("the destination is of another kind"),
    102: _("a timer of the network ran out"),
    111: _("an error of the protocol"),
    127: _("an error between networks, no more is known"),
}
REASON = re.compile(r"\s*Q\.850\s*;[^,]*?\bcause\s*=\s*([0-9]{1,3})\b", re.I)


def meaning(code: int) -> Promise:
    """What a status code means; for an unknown one what its class means (RFC 3261 section 8.1.3.2)."""
    return CODES.get(code) or CLASSES.get(code // 100) or CLASSES[4]


def message_in_words(message: SipText) -> Promise | str:
    """What a message does, for somebody who has not read the RFCs; "" for a method that we do not know."""
    if message.code is None:
        return _request_in_words(message)
    if message.code < 300 and message.cseq_method not in {"INVITE", ""}:
        return CLASSES[message.code // 100]
    return meaning(message.code)


def _request_in_words(message: SipText) -> Promise | str:
    if message.method == "INVITE" and message.to_tag:
        return HOLDS if message.direction in {"sendonly", "inactive"} else CHANGES
    if message.method == "INVITE" and (message.header("Authorization") or message.header("Proxy-Authorization")):
        return SIGNED
    return REQUESTS.get(message.method, "")


def network_cause(reason: str) -> int | None:
    """The Q.850 cause of a Reason header (RFC 3326), if it names one that has words."""
    match = REASON.search(reason)
    return int(match[1]) if match and int(match[1]) in Q850 else None
