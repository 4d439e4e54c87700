"""What a test of a trunk found, in sentences. Whatever failed ends with the field to change and how."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from widget.switchboard.findings import Outcome, Step
from widget.visible_text import visible

STEPS: Mapping[str, Promise] = {
    Step.SETTINGS: _("Settings"),
    Step.DNS: _("Name"),
    Step.CONNECTION: _("Way"),
    Step.TLS: _("Encryption"),
    Step.OPTIONS: _("Carrier"),
    Step.CREDENTIALS: _("Credentials"),
    Step.CALL: _("Test call"),
}
OUTCOMES: Mapping[str, Promise] = {Outcome.OK: _("OK"), Outcome.NOTE: _("note"), Outcome.FAIL: _("failed")}

SETTINGS: Mapping[str, Promise] = {
    "complete": _("The settings are complete."),
    "no_user": _("The trunk registers but has no user name. Enter it under User name, or untick Registers."),
    "no_codec": _("No codec is chosen. Enter PCMU, PCMA under Codecs."),
    "no_password": _("There is a user name but no password. If the carrier asks for one, enter it under Password."),
    "plain_port": _("TLS with port 5060 is unusual. If the next steps fail, enter 5061 under Port, or nothing."),
    "tls_port": _("Port 5061 is usual for TLS only. If the next steps fail, enter 5060 under Port, or choose TLS."),
    "disabled": _("The trunk is disabled: it is tested but takes no calls. Tick Enabled when all is well."),
    "unused": _(
        "No call leaves through this trunk: every agent group lists other ones. List it under Trunks in the agent "
        "groups that shall use it."
    ),
    "secret": _("The stored password cannot be decrypted any more. Enter it again under Password."),
}
DNS: Mapping[str, Promise] = {
    "address": _("The host is an address: %(address)s."),
    "resolved": _("The name %(host)s leads to %(addresses)s."),
    "transports": _("The DNS of %(host)s names these transports, best first: %(transports)s."),
    "services": _("The name %(host)s has SRV records, %(services)s, which lead to %(addresses)s."),
    "unknown_host": _(
        "The name %(host)s leads to no address. Check its spelling under Host, or enter an address there."
    ),
}
CONNECTION: Mapping[str, Promise] = {
    "route": _("The way to %(address)s begins at our address %(local)s, which the carrier has to let in."),
    "no_route": _("No way leads to %(address)s. Check Host; if it is right, this server's network has to be mended."),
    "connected": _("%(address)s takes connections."),
    "refused": _(
        "%(address)s refuses the connection: nothing listens there. Check Port, or choose UDP under Transport."
    ),
    "timeout": _(
        "%(address)s lets a connection wait without an answer, as firewalls do. Check Host and Port, or choose UDP "
        "under Transport; if they are right, ask the carrier to let this server's address in."
    ),
    "unreachable": _("%(address)s cannot be reached from this server. Check Host and Port."),
}
TLS: Mapping[str, Promise] = {
    "secure": _("%(protocol)s stands; the certificate is for %(names)s and good until %(until)s."),
    "unverified": _(
        "%(protocol)s stands, but nobody checks whose certificate it is (it says %(names)s). Tick Verify the "
        "carrier's certificate before you use the trunk."
    ),
    "wrong_name": _(
        "The certificate is for %(names)s and not for %(expected)s. If that is your carrier, enter one of these names "
        "under Name in the carrier's certificate; else correct Host."
    ),
    "unknown_authority": _(
        "The certificate was signed by %(issuer)s, whom this server does not know. Get that authority's certificate "
        "from the carrier and paste it under The carrier's own authority."
    ),
    "self_signed": _(
        "The carrier signed its certificate itself (for %(names)s). Get it from the carrier and paste it under The "
        "carrier's own authority."
    ),
    "expired": _(
        "The certificate ended on %(until)s, and the carrier has to renew it. For a trial only, untick Verify the "
        "carrier's certificate."
    ),
    "not_yet_valid": _(
        "The certificate is not valid yet. Check this server's clock; if it is right, the carrier has to mend that. "
        "For a trial only, untick Verify the carrier's certificate."
    ),
    "not_tls": _("%(address)s does not speak TLS. Check Port, usually 5061, or choose another Transport."),
    "wants_our_certificate": _(
        "The carrier wants a certificate of ours, or does not take the one that it gets. Paste the one that it gave "
        "you under Our certificate, with its key under Our private key."
    ),
    "our_settings": _(
        "Our own certificates cannot be used: %(detail)s. Paste them again under The carrier's own authority, Our "
        "certificate and Our private key."
    ),
    "timeout": _("%(address)s begins no TLS. Check Port, usually 5061, or choose another Transport."),
    "other": _("TLS failed: %(detail)s. Check Port and Transport, and show this sentence to the carrier."),
}
OPTIONS: Mapping[str, Promise] = {
    "alive": _("The carrier answers OPTIONS with “%(answer)s” after %(ms)s ms."),
    "silent": _(
        "Nothing came back from %(address)s within 5 seconds. Check Host, Port and Transport, and that the carrier "
        "lets this server's address in. A few carriers never answer OPTIONS: a test call tells."
    ),
    "mute": _(
        "%(address)s takes connections but did not answer OPTIONS within 5 seconds. Check Port and Transport. A few "
        "carriers never answer it: a test call tells."
    ),
    "unreachable": _(
        "Nothing listens at %(address)s, neither for UDP nor for TCP. Check Port; if it is right, check Host."
    ),
    "host_unreachable": _(
        "%(address)s cannot be reached from this server. Check Host; if it is right, ask the carrier whether its "
        "server is up, and see whether this server's network lets UDP out."
    ),
    "tls_instead": _(
        "%(address)s does not answer in plain SIP, but speaks TLS. Choose TLS under Transport, or correct Host and "
        "Port."
    ),
    "tcp_instead": _(
        "%(address)s does not answer over UDP, but takes TCP connections. Choose TCP under Transport, or TLS if the "
        "carrier says so; else check Port."
    ),
    "hangs_up": _(
        "%(address)s takes connections and ends them as soon as we speak. Check Port and Transport; if they are "
        "right, ask the carrier to let this server's address in."
    ),
    "calls_only": _(
        "The carrier does not answer OPTIONS well, but carries calls. The trunk's state will be “down” all the same: "
        "it is then tried after the group's other trunks. Ask the carrier to answer OPTIONS, or leave it so."
    ),
    "overloaded": _(
        "The carrier says that it cannot work now: “%(answer)s”. If it lasts, ask the carrier, or enter another of "
        "its servers under Host."
    ),
}
CREDENTIALS: Mapping[str, Promise] = {
    "accepted": _("The carrier accepted user name and password (realm “%(realm)s”)."),
    "by_address": _("The carrier asked for no credentials: it knows us by our address, or asks only during calls."),
    "wants_account": _("The carrier asks for credentials. Enter those that it gave you under User name and Password."),
    "wants_password": _(
        "The carrier asks for a password, and none is stored. Enter the one that it gave you under Password."
    ),
    "only_calls_allowed": _("The carrier refuses what is not a call, and takes calls."),
    "unknown_address": _(
        "The carrier does not let our address in. Ask it to, or enter the account that it gave you under User name "
        "and Password."
    ),
    "only_in_calls": _(
        "The carrier asks for no credentials outside of calls. Enter a number for a test call to have them checked."
    ),
    "refused": _("The carrier refused user name or password: “%(answer)s”. Check User name, and enter Password again."),
    "other_challenge": _(
        "The carrier asked for credentials in a way that we cannot answer: “%(answer)s”. Check User name and "
        "Password, and ask the carrier for Digest with MD5 or SHA-256."
    ),
    "forbidden": _(
        "The carrier forbids the account: “%(answer)s”. Check User name and Password; if they are right, ask the "
        "carrier whether the account is blocked or tied to another address."
    ),
    "silent_after": _(
        "The carrier asked for credentials and then fell silent, as some do after a wrong password. Check User name, "
        "and enter Password again."
    ),
    "registrar_silent": _(
        "The carrier did not answer REGISTER. Check Host and Port; if it wants no registration, untick Registers."
    ),
    "not_asked": _("The carrier took the registration without asking for a password."),
    "no_registrar": _("The carrier takes no registrations: “%(answer)s”. Untick Registers."),
    "unknown_account": _("The carrier does not know the account: “%(answer)s”. Check User name and Host."),
    "interval": _("The carrier wants longer registrations (“%(answer)s”): we follow by ourselves when we register."),
    "registrar_failed": _(
        "The carrier failed at our registration: “%(answer)s”. Try again; if it lasts, ask the carrier."
    ),
    "registrar_error": _(
        "The carrier answered REGISTER with “%(answer)s”. Check User name and Host; if it wants no registration, "
        "untick Registers."
    ),
}
CALL: Mapping[str, Promise] = {
    "rings": _("It rang after %(seconds)s seconds, and the call was taken back."),
    "progresses": _("The call went on after %(seconds)s seconds, with the carrier's own tones, and was taken back."),
    "answered": _("It was answered after %(seconds)s seconds with %(codec)s, and hung up at once."),
    "reached": _("The carrier carried the call; the other end said “%(answer)s”."),
    "number": _("“%(number)s” is not a number that can be dialled. Use digits with an optional + in front."),
    "number_unknown": _(
        "The carrier does not know %(number)s: “%(answer)s”. Try another number; if all fail, add a number rule that "
        "writes numbers as the carrier wants them, for example with 00 or without +."
    ),
    "codec": _(
        "The carrier refuses our audio (%(codecs)s): “%(answer)s”. It took no other codec or encryption of ours "
        "either. Ask it which codecs it takes, enter them under Codecs, and check Encrypted audio (SRTP)."
    ),
    "wants_codec": _(
        "The carrier takes none of our codecs (%(codecs)s), but took %(codec)s. Enter %(codec)s under Codecs."
    ),
    "wants_srtp": _(
        "The carrier takes encrypted audio only. Choose “always” under Encrypted audio (SRTP), and TLS under Transport "
        "so that nobody reads the keys."
    ),
    "wants_no_srtp": _("The carrier takes no encrypted audio. Choose “off” under Encrypted audio (SRTP)."),
    "bad_answer": _(
        "The carrier answered the call without saying how it sends audio (SDP). Show it this sentence: there is "
        "nothing to change here."
    ),
    "extension": _(
        "The carrier cannot do without, or not with, an extension: “%(answer)s”. Under Signalling in detail change "
        "Acknowledge ringing (100rel), then Session timer."
    ),
    "session_timer": _(
        "The carrier wants another session timer: “%(answer)s”. Enter a longer one, for example 3600, or 0 under "
        "Session timer."
    ),
    "too_large": _(
        "Our messages are too large for the carrier: “%(answer)s”. Choose TCP or TLS under Transport, and remove "
        "Headers of your own and codecs that are not needed."
    ),
    "redirected": _(
        "The carrier sends calls to another server: “%(answer)s”. Ask it for that server's name, and enter it under "
        "Host."
    ),
    "refused": _("The carrier refused user name or password for the call. Check User name, and enter Password again."),
    "call_wants_account": _(
        "The carrier asks for user name and password when it is called. Enter those that it gave you under User name "
        "and Password."
    ),
    "call_forbidden": _(
        "The carrier forbids the call from %(caller)s: “%(answer)s”. Enter a number of your account under Caller id; "
        "if it is one, ask about balance, permitted destinations and this server's address."
    ),
    "carrier_error": _(
        "The carrier failed: “%(answer)s”. Try again; if it lasts, ask the carrier, or enter another of its servers "
        "under Host."
    ),
    "rejected": _(
        "The carrier refused the call: “%(answer)s”. Check Caller id and the number rules, and show the answer to "
        "the carrier."
    ),
    "call_silent": _(
        "The carrier did not answer the call at all. Check Host, Port and Transport, and that it lets this server's "
        "address in."
    ),
    "call_ignored": _(
        "The carrier answers OPTIONS but said nothing to the call. It may not take calls from this server's address or "
        "from this Caller id: ask it. If it gets no large messages, choose TCP under Transport."
    ),
    "call_lost": _("The connection to the carrier broke during the call. Try again; if it lasts, ask the carrier."),
    "call_unreachable": _("The carrier could not be reached for the call. Check Host, Port and Transport."),
    "no_outcome": _("Nothing came of the call within %(seconds)s seconds. Try another number, then ask the carrier."),
    "no_audio": _(
        "This server has no port for the audio: %(detail)s. Check the setting CARRIER_PORTS; the trunk is not to blame."
    ),
}
SENTENCES: Mapping[str, Mapping[str, Promise]] = {
    Step.SETTINGS: SETTINGS,
    Step.DNS: DNS,
    Step.CONNECTION: CONNECTION,
    Step.TLS: TLS,
    Step.OPTIONS: OPTIONS,
    Step.CREDENTIALS: CREDENTIALS,
    Step.CALL: CALL,
}


def sentence(finding: Mapping[str, Any]) -> str:
    """A finding as the switchboard sends it, in the language that is active. Facts are hostile texts."""
    told = {name: _fact(fact) for name, fact in finding["facts"].items() if fact != ""}
    facts: defaultdict[str, object] = defaultdict(lambda: "?", told)
    text = SENTENCES.get(finding["step"], {}).get(finding["reason"])
    return str(text) % facts if text else str(finding["reason"]).replace("_", " ")


def _fact(fact: Any) -> Any:
    return visible(fact) if isinstance(fact, str) else fact
