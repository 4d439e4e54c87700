"""What is kept of a message holds no secret, whatever the message looks like."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from widget.sip.compose import encode
from widget.sip.redaction import CUT, HIDDEN, redacted

SECRET = "s3cr3tS3cr3tS3cr3tS3cr3t"


def message(*headers: tuple[str, str], body: str = "", start: str = "INVITE sip:100@192.0.2.1 SIP/2.0") -> bytes:
    return encode(start, (("Call-ID", "1"), *headers), body)


@pytest.mark.parametrize(
    "header",
    [
        ("Authorization", f'Digest username="a", realm="r", nonce="n", uri="sip:x", response="{SECRET}"'),
        ("Proxy-Authorization", f'Digest username="a", cnonce="{SECRET}", response={SECRET}, nc=00000001'),
        ("proxy-authorization", f'dIgEsT response = "{SECRET}'),
        ("Authorization", f"Basic {SECRET}"),
        ("Authorization", f"Bearer {SECRET}"),
        ("Authorization", SECRET),
        ("Authentication-Info", f'nextnonce="n", rspauth="{SECRET}", cnonce="{SECRET}"'),
        ("X-Auth-Token", SECRET),
        ("X-Api-Key", "1"),
        ("X-Whatever", f"abc {SECRET}"),
        ("Cookie", f"sessionid={SECRET}"),
        ("From", f"<sip:ann:{SECRET}@192.0.2.1>;tag=1"),
        ("Contact", f"<sip:ann@192.0.2.1;token={SECRET};x=1>"),
    ],
)
def test_headers(header: tuple[str, str]) -> None:
    text = redacted(message(header))
    assert SECRET not in text
    assert f"{header[0]}: " in text
    assert HIDDEN in text or "X-Api-Key: 1" not in text


def test_the_request_uri() -> None:
    text = redacted(message(start=f"INVITE sip:ann:{SECRET}@192.0.2.1;password={SECRET} SIP/2.0"))
    assert text.startswith(f"INVITE sip:ann:{HIDDEN}@192.0.2.1;password={HIDDEN} SIP/2.0\n")


def test_a_folded_header_is_one_header() -> None:
    raw = f'INVITE sip:1@h SIP/2.0\r\nAuthorization: Digest username="a",\r\n\t response="{SECRET}"\r\n\r\n'
    assert SECRET not in redacted(raw.encode())


@pytest.mark.parametrize(
    "line",
    [
        f"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{SECRET}|2^20|1:32",
        f"a=CRYPTO:2 AEAD_AES_256_GCM inline:{SECRET}",
        f"k=clear:{SECRET}",
        f"a=ice-pwd:{SECRET}",
        f"a=key-mgmt:mikey {SECRET}",
    ],
)
def test_keys_in_a_session_description(line: str) -> None:
    text = redacted(message(("Content-Type", "application/sdp"), body=f"v=0\r\n{line}\r\nm=audio 4000 RTP/AVP 0\r\n"))
    assert SECRET not in text
    assert "m=audio 4000 RTP/AVP 0" in text


@pytest.mark.parametrize("body", ["Signal=5\r\nDuration=160\r\n", "Signal = 5", "5"])
def test_pressed_keys(body: str) -> None:
    text = redacted(message(("Content-Type", "application/dtmf-relay"), body=body))
    assert "5" not in text.partition("\n\n")[2]


def test_what_is_no_secret_stays() -> None:
    challenge = ("WWW-Authenticate", 'Digest realm="carrier", nonce="n0nce", qop="auth"')
    used = ("Authorization", 'Digest username="acme", realm="carrier", nonce="n0nce", response="1", nc=00000001')
    text = redacted(message(challenge, used, ("X-Info", "order 42")))
    for part in ('nonce="n0nce"', 'username="acme"', 'realm="carrier"', "X-Info: order 42", f'response="{HIDDEN}"'):
        assert part in text


def test_is_cut_after_the_secrets_are_gone() -> None:
    data = message(("Subject", "x" * 60), ("Authorization", f'Digest response="{SECRET}"'))
    text = redacted(data, limit=120)
    assert text.endswith(CUT)
    assert SECRET[:4] not in text


def test_line_ends_and_control_characters() -> None:
    text = redacted(b"SIP/2.0 200 OK\r\nReason: a\x07b\x9b\r\n\r\n")
    assert text == "SIP/2.0 200 OK\nReason: a\ufffdb\ufffd\n\n"


@given(st.binary(max_size=400), st.integers(min_value=0, max_value=400))
def test_any_bytes_become_a_text_of_bounded_size(data: bytes, limit: int) -> None:
    assert len(redacted(data, limit=limit)) <= limit + len(CUT) + 1
