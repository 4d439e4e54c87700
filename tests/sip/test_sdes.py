"""SRTP keys in session descriptions (RFC 4568): what is offered, taken, refused, and never shown."""

import base64
from dataclasses import replace

import pytest

from widget.sip.offer_answer import OfferAnswerError, RemoteAudio, answer_offer, make_offer, read_answer
from widget.sip.sdes import CryptoLine, SrtpPolicy, Suite, new_keys, parse_crypto

CODECS = ["PCMU"]
CM, GCM = Suite.AES_CM_128_HMAC_SHA1_80, Suite.AEAD_AES_256_GCM
THEIRS = {suite: bytes([7]) * suite.key_size for suite in Suite}
KEY = base64.b64encode(THEIRS[CM]).decode()
LINE = f"1 AES_CM_128_HMAC_SHA1_80 inline:{KEY}"


def sdp(protocol: str, *attributes: str) -> str:
    lines = ["v=0", "o=- 1 1 IN IP4 192.0.2.9", "s=-", "c=IN IP4 192.0.2.9", "t=0 0", f"m=audio 6000 {protocol} 0"]
    return "\r\n".join([*lines, *attributes, ""])


def answer(offer: str, policy: SrtpPolicy, keys: dict[Suite, bytes] | None = None) -> tuple[str, RemoteAudio]:
    return answer_offer(
        offer, host="192.0.2.1", port=4000, codecs=CODECS, session_id=1, version=1, srtp=policy, keys=keys or new_keys()
    )


def offer(policy: SrtpPolicy, keys: dict[Suite, bytes]) -> str:
    return make_offer(host="192.0.2.1", port=4000, codecs=CODECS, session_id=1, srtp=policy, keys=keys)


@pytest.mark.parametrize("policy", [SrtpPolicy.OPTIONAL, SrtpPolicy.REQUIRED])
def test_two_of_us_agree_on_keys_for_both_directions(policy: SrtpPolicy) -> None:
    ours, theirs = new_keys(), new_keys()
    text, caller = answer(offer(policy, ours), policy, theirs)
    callee = read_answer(text, codecs=CODECS, srtp=policy, keys=ours)
    assert caller.security is not None
    assert callee.security is not None
    assert (callee.security.suite, callee.security.tag) == (GCM, 1)
    assert callee.security.send_key == caller.security.receive_key == ours[GCM]
    assert callee.security.receive_key == caller.security.send_key == theirs[GCM]


@pytest.mark.parametrize(
    ("policy", "protocol", "lines"),
    [(SrtpPolicy.OFF, "RTP/AVP", 0), (SrtpPolicy.OPTIONAL, "RTP/AVP", 2), (SrtpPolicy.REQUIRED, "RTP/SAVP", 2)],
)
def test_what_each_policy_offers(policy: SrtpPolicy, protocol: str, lines: int) -> None:
    text = offer(policy, new_keys())
    assert f"m=audio 4000 {protocol} 0 101\r\n" in text
    assert text.count("a=crypto:") == lines


def test_the_answer_repeats_protocol_and_tag() -> None:
    text, _ = answer(sdp("RTP/SAVP", f"a=crypto:9 AES_CM_128_HMAC_SHA1_80 inline:{KEY}|2^31"), SrtpPolicy.OPTIONAL)
    assert "m=audio 4000 RTP/SAVP 0\r\n" in text
    assert "a=crypto:9 AES_CM_128_HMAC_SHA1_80 inline:" in text
    assert KEY not in text


@pytest.mark.parametrize("protocol", ["RTP/AVP", "RTP/SAVP", "RTP/SAVPF"])
def test_a_later_offer_keeps_the_protocol_and_the_keys(protocol: str) -> None:
    keys = new_keys()
    text, remote = answer(sdp(protocol, f"a=crypto:{LINE}"), SrtpPolicy.OPTIONAL, keys)
    later = make_offer(
        host="192.0.2.1", port=4000, codecs=CODECS, session_id=1, srtp=SrtpPolicy.OPTIONAL, keys=keys, remote=remote
    )
    assert f"m=audio 4000 {protocol} 0 101\r\n" in later
    (agreed,) = [line.split()[2] for line in text.splitlines() if line.startswith("a=crypto:")]
    assert agreed in later


def test_the_far_ends_first_line_that_we_know_is_taken() -> None:
    unknown = f"a=crypto:1 F8_128_HMAC_SHA1_80 inline:{KEY}"
    _, remote = answer(sdp("RTP/SAVP", unknown, f"a=crypto:2 {LINE[2:]}"), SrtpPolicy.REQUIRED)
    assert remote.security is not None
    assert (remote.security.suite, remote.security.tag) == (CM, 2)


@pytest.mark.parametrize(
    ("policy", "media"),
    [
        (SrtpPolicy.OFF, sdp("RTP/SAVP", f"a=crypto:{LINE}")),
        (SrtpPolicy.OPTIONAL, sdp("RTP/SAVP")),
        (SrtpPolicy.OPTIONAL, sdp("UDP/TLS/RTP/SAVP", f"a=crypto:{LINE}")),
        (SrtpPolicy.REQUIRED, sdp("RTP/AVP")),
        (SrtpPolicy.REQUIRED, sdp("RTP/AVP", "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:short")),
    ],
)
def test_a_lack_of_encryption_that_one_side_demands_is_refused(policy: SrtpPolicy, media: str) -> None:
    with pytest.raises(OfferAnswerError):
        answer(media, policy)
    with pytest.raises(OfferAnswerError):
        read_answer(media, codecs=CODECS, srtp=policy, keys=new_keys())


@pytest.mark.parametrize("policy", [SrtpPolicy.OFF, SrtpPolicy.OPTIONAL])
def test_plain_rtp_stays_plain(policy: SrtpPolicy) -> None:
    text, remote = answer(sdp("RTP/AVP"), policy)
    assert remote.security is None
    assert "crypto" not in text


def test_keys_on_a_plain_line_are_ignored_by_a_trunk_without_srtp() -> None:
    text, remote = answer(sdp("RTP/AVP", f"a=crypto:{LINE}"), SrtpPolicy.OFF)
    assert remote.security is None
    assert "crypto" not in text


def test_of_two_audio_blocks_the_encrypted_one_is_taken_and_the_other_refused() -> None:
    both = sdp("RTP/AVP") + f"m=audio 6002 RTP/SAVP 0\r\na=crypto:{LINE}\r\n"
    text, remote = answer(both, SrtpPolicy.OPTIONAL)
    assert (remote.port, remote.security is not None) == (6002, True)
    assert "m=audio 0 RTP/AVP 0\r\n" in text
    _, plain = answer(both, SrtpPolicy.OFF)
    assert (plain.port, plain.security) == (6000, None)


@pytest.mark.parametrize("changed", [{"tag": 2}, {"suite": CM, "key": THEIRS[CM]}])
def test_an_answer_must_repeat_a_line_of_ours(changed: dict[str, object]) -> None:
    line = replace(CryptoLine(1, GCM, THEIRS[GCM]), **changed)  # type: ignore[arg-type] # the parameters say which
    with pytest.raises(OfferAnswerError):
        read_answer(sdp("RTP/SAVP", str(line).strip()), codecs=CODECS, srtp=SrtpPolicy.REQUIRED, keys={GCM: bytes(44)})


@pytest.mark.parametrize("ending", ["", "|2^20", "|1048576", " WSH=64", " -EXTRA"])
def test_a_line_that_we_take(ending: str) -> None:
    assert parse_crypto(LINE + ending) == CryptoLine(1, CM, THEIRS[CM])


@pytest.mark.parametrize(
    "line",
    [
        "",
        "1",
        "1 AES_CM_128_HMAC_SHA1_80",
        f"x AES_CM_128_HMAC_SHA1_80 inline:{KEY}",
        f"1 AES_CM_128_HMAC_SHA1_32 inline:{KEY}",
        f"1 AEAD_AES_256_GCM inline:{KEY}",
        f"1 AES_CM_128_HMAC_SHA1_80 uri:{KEY}",
        f"1 AES_CM_128_HMAC_SHA1_80 inline:{KEY[:-4]}",
        f"1 AES_CM_128_HMAC_SHA1_80 inline:é{KEY}",
        f"1 AES_CM_128_HMAC_SHA1_80 inline:{KEY}|2^20|1:4",
        f"1 AES_CM_128_HMAC_SHA1_80 inline:{KEY}|1:4",
        f"1 AES_CM_128_HMAC_SHA1_80 inline:{KEY};inline:{KEY}",
        f"{LINE} UNENCRYPTED_SRTP",
        f"{LINE} KDR=1",
    ],
)
def test_a_line_that_we_do_not_take(line: str) -> None:
    assert parse_crypto(line) is None


def test_padding_may_be_missing() -> None:
    line = str(CryptoLine(1, GCM, THEIRS[GCM])).strip().removeprefix("a=crypto:")
    assert line.endswith("=")
    assert parse_crypto(line.rstrip("=")) == CryptoLine(1, GCM, THEIRS[GCM])


def test_keys_are_never_shown() -> None:
    line = CryptoLine(1, CM, THEIRS[CM])
    _, remote = answer(sdp("RTP/SAVP", str(line).strip()), SrtpPolicy.REQUIRED)
    assert remote.security is not None
    for shown in (repr(line), repr(remote)):
        assert KEY not in shown
        assert repr(THEIRS[CM])[2:-1] not in shown


def test_each_call_has_keys_of_its_own() -> None:
    first, second = new_keys(), new_keys()
    assert not set(first.values()) & set(second.values())
    assert [len(key) for key in first.values()] == [44, 30]
