"""The digests that the RFCs print, and which challenges are answered."""

import hashlib

import pytest

from widget.sip.auth import (
    Challenge,
    DigestClient,
    DigestServer,
    PinnedRealm,
    Verdict,
    account_hash,
    credentials,
    digest,
    read_challenges,
    read_parameters,
)
from widget.sip.message import Request, Response, parse_message
from widget.sip.trunk import Trunk

TRUNK = Trunk(id=1, host="192.0.2.2", username="joe", password="s3cret")
HEAD = (
    "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\nFrom: <sip:a@b.example>;tag=1\r\nTo: <sip:c@d.example>\r\n"
    "Call-ID: x\r\nCSeq: 1 INVITE\r\n"
)


def challenged(*challenges: str, code: int = 407) -> Response:
    name = "WWW-Authenticate" if code == 401 else "Proxy-Authenticate"
    lines = "".join(f"{name}: {challenge}\r\n" for challenge in challenges)
    message = parse_message(f"SIP/2.0 {code} No\r\n{HEAD}{lines}\r\n".encode())
    assert isinstance(message, Response)
    return message


def request(headers: str = "") -> Request:
    message = parse_message(f"INVITE sip:c@d.example SIP/2.0\r\n{HEAD}{headers}\r\n".encode())
    assert isinstance(message, Request)
    return message


def client(realm: str = "r") -> DigestClient:
    return DigestClient(TRUNK, PinnedRealm(realm))


@pytest.mark.parametrize(
    ("algorithm", "expected"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_rfc_7616_examples(algorithm: str, expected: str) -> None:
    nonce = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"
    cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
    secret = account_hash(algorithm, "Mufasa", "http-auth@example.org", "Circle of Life", nonce, cnonce)
    assert digest(algorithm, secret, nonce, "00000001", cnonce, "auth", "GET", "/dir/index.html") == expected


def test_rfc_2617_example() -> None:
    nonce = "dcd98b7102dd2f0e8b11d0f600bfb0c093"
    secret = account_hash("MD5", "Mufasa", "testrealm@host.com", "Circle Of Life", nonce, "0a4f113b")
    given = digest("MD5", secret, nonce, "00000001", "0a4f113b", "auth", "GET", "/dir/index.html")
    assert given == "6629fae49393a05397450978507c4ef1"


def test_without_qop_the_digest_of_rfc_2069() -> None:
    text = credentials(
        Challenge("r", "n"), username="u", password="p", method="BYE", uri="sip:x", nonce_count=1, cnonce="c"
    )
    fields = read_parameters(text)
    assert fields["response"] == digest(
        "MD5", account_hash("MD5", "u", "r", "p", "n", "c"), "n", "", "", "", "BYE", "sip:x"
    )
    assert "qop" not in fields
    assert "cnonce" not in fields


def test_a_server_that_wants_the_body_protected_gets_that() -> None:
    """RFC 7616 section 3.4.3: A2 is method, URI and the hash of the body."""
    digests = client()
    assert digests.takes(challenged('Digest realm="r", nonce="n", qop="auth-int"'))
    ((_, value),) = digests.headers("INVITE", "sip:x", "v=0")
    fields = read_parameters(value)
    assert fields["qop"] == "auth-int"
    secret = md5(f"{TRUNK.username}:r:{TRUNK.password}")
    protected = md5(f"INVITE:sip:x:{md5('v=0')}")
    assert fields["response"] == md5(f"{secret}:n:00000001:{fields['cnonce']}:auth-int:{protected}")


def md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def test_commas_and_quotes_inside_quoted_values() -> None:
    response = challenged(r'Digest realm="a \"b\", c", nonce="n,1", qop="auth-int, auth", opaque="o", stale=TRUE')
    assert read_challenges(response, "Proxy-Authenticate") == [
        Challenge('a "b", c', "n,1", "MD5", "o", "auth", stale=True)
    ]


@pytest.mark.parametrize(
    "value",
    [
        "Basic realm=x",
        "Digest",
        "Digest realm",
        'Digest realm="r"',
        'Digest realm="r", nonce=""',
        'Digest realm="r" x',
        'Digest realm="r", realm="q", nonce="n"',
    ],
)
def test_challenges_that_are_none(value: str) -> None:
    assert not read_challenges(challenged(value), "Proxy-Authenticate")


def test_nonce_count_rises_and_later_requests_carry_credentials_at_once() -> None:
    digest_client = client()
    assert digest_client.headers("INVITE", "sip:x") == ()
    assert digest_client.takes(challenged('Digest realm="r", nonce="n", qop="auth"'))
    counts = [read_parameters(digest_client.headers("INVITE", "sip:x")[0][1])["nc"] for _ in range(3)]
    assert counts == ["00000001", "00000002", "00000003"]


def test_401_and_407_are_answered_under_their_own_names() -> None:
    digest_client = client()
    assert digest_client.takes(challenged('Digest realm="r", nonce="a"', code=407))
    assert digest_client.takes(challenged('Digest realm="r", nonce="b"', code=401))
    assert [name for name, _ in digest_client.headers("INVITE", "sip:x")] == ["Proxy-Authorization", "Authorization"]


def test_foreign_realm_is_not_answered() -> None:
    assert not client().takes(challenged('Digest realm="other", nonce="n"'))


def test_first_realm_is_pinned_for_every_later_call() -> None:
    pinned = PinnedRealm("")
    assert DigestClient(TRUNK, pinned).takes(challenged('Digest realm="first", nonce="n"'))
    assert not DigestClient(TRUNK, pinned).takes(challenged('Digest realm="second", nonce="n"'))


def test_same_nonce_again_means_refused() -> None:
    digest_client = client()
    assert digest_client.takes(challenged('Digest realm="r", nonce="n"'))
    assert not digest_client.takes(challenged('Digest realm="r", nonce="n"'))


def test_stale_or_changed_nonce_is_answered_once_more_and_never_for_ever() -> None:
    digest_client = client()
    assert digest_client.takes(challenged('Digest realm="r", nonce="n1"'))
    assert digest_client.takes(challenged('Digest realm="r", nonce="n2", stale=true'))
    assert not digest_client.takes(challenged('Digest realm="r", nonce="n3", stale=true'))
    digest_client.begin()
    assert digest_client.takes(challenged('Digest realm="r", nonce="n4"'))


def test_credentials_of_an_earlier_request_give_way_when_the_same_is_asked_again_under_another_name() -> None:
    digest_client = client()
    assert digest_client.takes(challenged('Digest realm="r", nonce="early"', code=407))
    digest_client.begin()
    assert digest_client.takes(challenged('Digest realm="r", nonce="n1"', code=401))
    assert [name for name, _ in digest_client.headers("INVITE", "sip:x")] == ["Proxy-Authorization", "Authorization"]
    assert digest_client.takes(challenged('Digest realm="r", nonce="n2"', code=401))
    assert [name for name, _ in digest_client.headers("INVITE", "sip:x")] == ["Authorization"]


def test_a_proxy_and_the_server_behind_it_both_keep_their_answers() -> None:
    digest_client = client()
    for code, nonce in ((407, "p1"), (401, "s1"), (401, "s2")):
        assert digest_client.takes(challenged(f'Digest realm="r", nonce="{nonce}"', code=code))
    assert [name for name, _ in digest_client.headers("INVITE", "sip:x")] == ["Proxy-Authorization", "Authorization"]


def test_first_algorithm_that_we_know_is_taken() -> None:
    digest_client = client()
    assert digest_client.takes(
        challenged(
            'Digest realm="r", nonce="a", algorithm=AKAv1-MD5',
            'Digest realm="r", nonce="b", algorithm=SHA-256',
            'Digest realm="r", nonce="c", algorithm=MD5',
        )
    )
    assert read_parameters(digest_client.headers("INVITE", "sip:x")[0][1])["algorithm"] == "SHA-256"


def test_no_credentials_no_answer() -> None:
    anonymous = DigestClient(Trunk(id=1, host="h"), PinnedRealm(""))
    assert not anonymous.takes(challenged('Digest realm="r", nonce="n"'))
    assert not client().takes(challenged('Digest realm="r", nonce="n"', code=403))


def test_password_shows_nowhere() -> None:
    assert "s3cret" not in repr(TRUNK)
    assert "s3cret" not in repr(client())


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256", "SHA-512-256", "MD5-sess", "SHA-256-sess"])
def test_our_server_accepts_our_client(algorithm: str) -> None:
    server = DigestServer()
    digest_client = client()
    assert digest_client.takes(challenged(server.challenge("r", algorithm, now=100.0)))
    name, value = digest_client.headers("INVITE", "sip:c@d.example")[0]
    asked = request(f"{name}: {value}\r\n")

    def verdict(password: str = TRUNK.password, now: float = 100.0) -> Verdict:
        return server.check(asked, name, realm="r", username="joe", password=password, algorithm=algorithm, now=now)

    assert verdict() is Verdict.ACCEPTED
    assert verdict(password="wrong") is Verdict.REFUSED
    assert verdict(now=161.0) is Verdict.STALE


def test_forged_nonce_is_stale() -> None:
    text = credentials(
        Challenge("r", "100.forged", qop="auth"),
        username="joe",
        password="s3cret",
        method="INVITE",
        uri="sip:c@d.example",
        nonce_count=1,
        cnonce="c",
    )
    asked = request(f"Authorization: {text}\r\n")
    verdict = DigestServer().check(
        asked, "Authorization", realm="r", username="joe", password="s3cret", algorithm="MD5", now=100.0
    )
    assert verdict is Verdict.STALE
