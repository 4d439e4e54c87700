"""Scenarios of sipp, written as steps: short enough that a carrier's whole behaviour is seen at once.

A step is sipp's XML; `Wire` fills in what differs between UDP, TCP and TLS.
"""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from widget.sip.trunk import Transport

AUDIO = """v=0
o=- 7 1 IN IP4 127.0.0.1
s=-
c=IN IP4 127.0.0.1
t=0 0
m=audio 6000 RTP/AVP 0 101
a=rtpmap:101 telephone-event/8000
a={direction}
"""
SDP = AUDIO.format(direction="sendrecv")
HELD = AUDIO.format(direction="sendonly")
INVITE_PARTS = {
    "via": "Via:",
    "from": "From:",
    "to": "To:",
    "cseq": "CSeq:",
}
_names = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Step:
    """`variables` have to be named again at the end of the scenario, or sipp takes them for mistakes."""

    xml: str
    variables: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Wire:
    """What the messages of sipp name: its own transport, and the port where we reach it."""

    transport: Transport
    port: str = "[local_port]"

    def fill(self, xml: str) -> str:
        """TLS ends in front of sipp, which itself speaks TCP then."""
        parameter = "" if self.transport is Transport.UDP else f";transport={self.transport.value.lower()}"
        return xml.replace("@VIA@", self.transport.value).replace("@PORT@", self.port).replace("@PARAM@", parameter)


@dataclass(frozen=True, slots=True)
class Script:
    """One scenario; `proves` is what a reader of the test's report wants to know."""

    proves: str
    steps: tuple[Step, ...] = field(repr=False)

    def write(self, folder: Path, wire: Wire) -> Path:
        names = ",".join(name for step in self.steps for name in step.variables)
        reference = f'<Reference variables="{names}"/>' if names else ""
        body = wire.fill("\n".join(step.xml for step in self.steps))
        path = folder / "scenario.xml"
        path.write_text(
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            f"<scenario name={quoteattr(self.proves)}>\n{body}\n{reference}\n</scenario>\n"
        )
        return path


def message(lines: tuple[str, ...], body: str = "", kind: str = "application/sdp", *, repeats: bool = False) -> Step:
    """A message that sipp sends; `repeats` until it is answered, where the transport needs that."""
    typed = (*lines, f"Content-Type: {kind}") if body else lines
    text = "\n".join((*typed, "Content-Length: [len]", "", body))
    again = ' retrans="500"' if repeats else ""
    return Step(f"<send{again}><![CDATA[\n{text}\n]]></send>")


def checked(where: str, expression: str) -> tuple[str, str]:
    """One look at what came: `where` is a header with its colon, or "msg". The name of the variable, and the XML.

    RSeq is kept, as PRACK has to repeat it.
    """
    name = "rseq" if where == "RSeq:" else f"seen{next(_names)}"
    place = 'search_in="msg"' if where == "msg" else f'search_in="hdr" header="{where}"'
    return name, f'<ereg regexp="{escape(expression)}" {place} check_it="true" assign_to="{name}"/>'


def expect(method: str, checks: Mapping[str, str] | None = None, *, keep: str = "") -> Step:
    """A request of ours; the parts of an INVITE are kept for answers to it, those of a re-INVITE under `keep`."""
    looks = [checked(where, expression) for where, expression in (checks or {}).items()]
    xml = "".join(look for _, look in looks)
    names = tuple(name for name, _ in looks)
    if method == "INVITE":
        xml += "".join(
            f'<ereg regexp=".*" search_in="hdr" header="{header}" check_it="true" assign_to="{keep}{name}"/>'
            for name, header in INVITE_PARTS.items()
        )
        xml += '<ereg regexp="sip:[^&gt;]*" search_in="hdr" header="Contact:" check_it="true"'
        xml += f' assign_to="{keep}target"/>'
        names += tuple(f"{keep}{name}" for name in (*INVITE_PARTS, "target"))
    action = f"<action>{xml}</action>" if xml else ""
    return Step(f'<recv request="{method}">{action}</recv>', names)


def expect_response(code: int, checks: Mapping[str, str] | None = None, *, optional: bool = False) -> Step:
    """A response of ours."""
    looks = [checked(where, expression) for where, expression in (checks or {}).items()]
    action = "<action>" + "".join(look for _, look in looks) + "</action>" if looks else ""
    may = ' optional="true"' if optional else ""
    return Step(f'<recv response="{code}"{may}>{action}</recv>', tuple(name for name, _ in looks))


def pause(milliseconds: int) -> Step:
    """The only way to let something of ours happen first."""
    return Step(f'<pause milliseconds="{milliseconds}"/>')
