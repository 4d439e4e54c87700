import pytest
from aioice.stun import Class, Message, Method
from hypothesis import given
from hypothesis import strategies as st

from widget.media.relay.stun import is_request, is_stun, local_ufrag


def binding(message_class: Class = Class.REQUEST, **attributes: object) -> bytes:
    message = Message(message_method=Method.BINDING, message_class=message_class)
    message.attributes.update(attributes)
    message.add_message_integrity(b"secret")
    return bytes(message)


@pytest.mark.parametrize("name", ["abcd:efgh", "abcde:x", "a:"])
def test_the_receivers_half_of_the_username(name: str) -> None:
    datagram = binding(PRIORITY=1, USERNAME=name)
    assert is_stun(datagram)
    assert is_request(datagram)
    assert local_ufrag(datagram) == name.split(":")[0]


def test_requests_without_a_username_and_responses() -> None:
    assert local_ufrag(binding(PRIORITY=1)) is None
    assert not is_request(binding(Class.RESPONSE))


@given(datagram=st.binary(max_size=80))
def test_no_datagram_breaks_the_demultiplexer(datagram: bytes) -> None:
    if is_stun(datagram):
        local_ufrag(datagram)


@given(tail=st.binary(max_size=80))
def test_no_attribute_list_breaks_the_demultiplexer(tail: bytes) -> None:
    local_ufrag(bytes.fromhex("00010000 2112a442") + bytes(12) + tail)
