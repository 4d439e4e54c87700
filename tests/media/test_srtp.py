"""The in-place binding against pylibsrtp's own Session; fails when pylibsrtp's private names change."""

import os

import pytest
from pylibsrtp import Policy, Session
from pylibsrtp._binding import ffi

from widget.media.relay import srtp
from widget.media.rtp import RtpHeader

PROFILES = {
    Policy.SRTP_PROFILE_AES128_CM_SHA1_80: 30,
    Policy.SRTP_PROFILE_AEAD_AES_128_GCM: 28,
    Policy.SRTP_PROFILE_AEAD_AES_256_GCM: 44,
}
PACKET = RtpHeader(payload_type=0, sequence=7, timestamp=8, ssrc=9).pack() + bytes(range(160))


def in_place(function: object, context: object, packet: bytes) -> tuple[int, bytes]:
    assert callable(function)
    memory = ffi.new("char[]", 2048)
    ffi.buffer(memory)[0 : len(packet)] = packet
    length = srtp.new_length()
    length[0] = len(packet)
    status = function(context, memory, length)
    return int(status), bytes(ffi.buffer(memory, length[0]))


@pytest.mark.parametrize(("profile", "size"), PROFILES.items())
def test_packets_are_those_of_the_library(profile: int, size: int) -> None:
    key = os.urandom(size)
    receiver = Session(Policy(key=key, ssrc_type=Policy.SSRC_ANY_INBOUND, srtp_profile=profile))
    status, protected = in_place(srtp.protect, srtp.sending(key, profile), PACKET)
    assert status == 0
    assert receiver.unprotect(protected) == PACKET


@pytest.mark.parametrize(("profile", "size"), PROFILES.items())
def test_packets_of_the_library_are_read_once(profile: int, size: int) -> None:
    key = os.urandom(size)
    sender = Session(Policy(key=key, ssrc_type=Policy.SSRC_ANY_OUTBOUND, srtp_profile=profile))
    protected, context = sender.protect(PACKET), srtp.receiving(key, profile)
    assert in_place(srtp.unprotect, context, protected) == (0, PACKET)
    assert in_place(srtp.unprotect, context, protected)[0] != 0, "a replay"
    assert in_place(srtp.unprotect, srtp.receiving(os.urandom(size), profile), protected)[0] != 0, "another key"


def test_a_bad_profile_is_refused() -> None:
    with pytest.raises(Exception, match=r"."):
        srtp.sending(bytes(30), 99)


def numbered(index: int) -> bytes:
    return RtpHeader(payload_type=0, sequence=index & 0xFFFF, timestamp=8, ssrc=9).pack() + bytes(160)


#: Around the roll-overs, where a wrong counter makes all that follows unreadable.
INDICES = [1, 0x3FFF, 0x7FFF, 0x8000, 0xFFFF, 0x10000, 0x17FFF, 0x40005, 720_000]


@pytest.mark.parametrize("index", INDICES)
def test_a_fresh_sender_goes_on_where_a_dead_one_stood(index: int) -> None:
    key, profile = os.urandom(30), Policy.SRTP_PROFILE_AES128_CM_SHA1_80
    receiver = srtp.receiving(key, profile)
    dead, fresh = srtp.sending(key, profile), srtp.sending(key, profile)
    for number in range(1, index + 1, 1000):
        assert in_place(srtp.unprotect, receiver, in_place(srtp.protect, dead, numbered(number))[1])[0] == 0
    srtp.advance_sender(fresh, 9, index + 8192)
    status, protected = in_place(srtp.protect, fresh, numbered(index + 8193))
    assert (status, in_place(srtp.unprotect, receiver, protected)[0]) == (0, 0)


@pytest.mark.parametrize("index", INDICES)
def test_a_fresh_receiver_goes_on_where_a_dead_one_stood(index: int) -> None:
    key, profile = os.urandom(30), Policy.SRTP_PROFILE_AES128_CM_SHA1_80
    sender, fresh = srtp.sending(key, profile), srtp.receiving(key, profile)
    for number in range(1, index + 1, 1000):
        in_place(srtp.protect, sender, numbered(number))
    heard = in_place(srtp.protect, sender, numbered(index))[1]
    srtp.advance_receiver(fresh, srtp.sending(key, profile), 9, index)
    assert in_place(srtp.unprotect, fresh, in_place(srtp.protect, sender, numbered(index + 50))[1])[0] == 0
    assert in_place(srtp.unprotect, fresh, heard)[0] != 0, "a replay"
