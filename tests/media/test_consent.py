"""Requests made by hand are what the ICE library itself would send and accept."""

import pytest
from aioice.stun import Class, Message, Method, parse_message

from widget.media.consent import ConsentRequests

KEY = b"p" * 24
TRANSACTION = bytes(range(12))


def attributes(name: str) -> bytes:
    message = Message(Method.BINDING, Class.REQUEST)
    message.attributes = {"USERNAME": name, "PRIORITY": 7, "ICE-CONTROLLED": 9}
    return bytes(message)[20:]


@pytest.mark.parametrize("name", ["ab:cd", "ab:cde", "abc:def", "a:" + "b" * 250])
def test_a_request_is_byte_for_byte_that_of_the_library(name: str) -> None:
    made = ConsentRequests(attributes(name), KEY).build(TRANSACTION)
    expected = Message(Method.BINDING, Class.REQUEST, TRANSACTION)
    expected.attributes = {"USERNAME": name, "PRIORITY": 7, "ICE-CONTROLLED": 9}
    expected.add_message_integrity(KEY)
    assert made == bytes(expected)


def test_its_fingerprint_and_integrity_hold_and_another_key_does_not() -> None:
    heard = parse_message(ConsentRequests(attributes("ab:cd"), KEY).build(TRANSACTION))
    assert heard.transaction_id == TRANSACTION
    assert heard.check_message_integrity(KEY)
    assert not heard.check_message_integrity(b"other")
