from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from widget.media import g711

Encode = Callable[[Sequence[int] | bytes], bytes]
Decode = Callable[[bytes], bytes]

LAWS = [(g711.encode_ulaw, g711.decode_ulaw), (g711.encode_alaw, g711.decode_alaw)]


@pytest.mark.parametrize(("encode", "decode"), LAWS)
def test_every_code_survives_decoding_and_encoding(encode: Encode, decode: Decode) -> None:
    codes = bytes(range(256))
    again = encode(decode(codes))
    # μ-law has a positive and a negative zero; both are the sample 0.
    assert [new for old, new in zip(codes, again, strict=True) if old != new] in ([], [0xFF])


@pytest.mark.parametrize(
    ("sample", "ulaw", "alaw"), [(0, 0xFF, 0xD5), (32767, 0x80, 0xAA), (-32768, 0x00, 0x2A), (-8, 0x7E, 0x55)]
)
def test_known_codes(sample: int, ulaw: int, alaw: int) -> None:
    assert g711.encode_ulaw([sample]) == bytes([ulaw])
    assert g711.encode_alaw([sample]) == bytes([alaw])


@pytest.mark.parametrize(("encode", "decode"), LAWS)
@given(sample=st.integers(-32000, 32000))
def test_the_error_is_at_most_half_a_step(encode: Encode, decode: Decode, sample: int) -> None:
    value = memoryview(decode(encode([sample]))).cast("h")[0]
    assert abs(value - sample) <= max(8, abs(sample) / 16)


def test_bytes_and_numbers_encode_alike() -> None:
    assert g711.encode_alaw(g711.decode_alaw(b"\x12\x80")) == b"\x12\x80"


def test_the_tables_are_those_of_the_recommendation() -> None:
    # Value numbers as printed in G.711: μ 1 ↔ A 1, μ 33 → A 25, μ 81 → A 81, μ 128 → A 128.
    def ulaw_to_number(index: int) -> int:
        return (g711.ULAW_TO_ALAW[0xFF ^ index] ^ 0xD5) + 1

    assert [ulaw_to_number(index) for index in (0, 32, 33, 47, 48, 79, 80, 127)] == [1, 25, 27, 44, 46, 79, 81, 128]
    assert [g711.ALAW_TO_ULAW[0xD5 ^ index] ^ 0xFF for index in (0, 25, 63, 79, 80, 127)] == [1, 32, 64, 79, 80, 127]


def test_translation_keeps_sign_and_level() -> None:
    for code in range(256):
        before = memoryview(g711.decode_ulaw(bytes([code]))).cast("h")[0]
        after = memoryview(g711.decode_alaw(bytes([code]).translate(g711.ULAW_TO_ALAW))).cast("h")[0]
        assert abs(before - after) <= max(8, abs(before) / 16)
