"""Who calls, as the carrier says it."""

import pytest

from tests.sip.test_torture import request
from widget.sip.identity import Identity, read_identity_headers
from widget.sip.message import parse_message


@pytest.mark.parametrize(
    ("lines", "identity"),
    [
        ((), Identity()),
        (
            ('P-Asserted-Identity: "Alice, A." <sip:+12025550100@carrier.example>, <tel:+12025550101>',),
            Identity(asserted="+12025550100", name="Alice, A."),
        ),
        (("P-Asserted-Identity: <tel:+12025550101;phone-context=x>",), Identity(asserted="+12025550101")),
        (("Privacy: id;critical",), Identity(is_private=True)),
        (("Privacy: none",), Identity()),
        (
            ("Diversion: <sip:100@a.example>;reason=no-answer", "Diversion: <sip:200@b.example>"),
            Identity(diverted_from="100"),
        ),
        (('P-Asserted-Identity: "open <sip:a@b>', "Diversion: ,"), Identity()),
    ],
)
def test_identity(lines: tuple[str, ...], identity: Identity) -> None:
    assert read_identity_headers(parse_message(request("OPTIONS sip:a@b SIP/2.0", *lines))) == identity
