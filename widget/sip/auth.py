"""Digest authentication (RFC 8760 and RFC 3261 section 22): as client for a trunk, as server for the simulated carrier.

A client answers for one realm only, so that no proxy on the way can have our credentials hashed for another one.
"""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, field
from enum import Enum, auto

from widget.sip.compose import HeaderList, OutgoingRequest
from widget.sip.message import Message, Request, Response
from widget.sip.trunk import Trunk

MAX_ANSWERS_PER_REQUEST = 2
NONCE_SECONDS = 60
HASHES = {"md5": "md5", "sha-256": "sha256", "sha-512-256": "sha512_256"}
ALGORITHMS = {
    f"{name}{session}": hashed
    for name, hashed in HASHES.items()
    for session in ("", "-sess")
    if hashed in hashlib.algorithms_available
}
CHALLENGE_HEADERS = {401: ("WWW-Authenticate", "Authorization"), 407: ("Proxy-Authenticate", "Proxy-Authorization")}
AUTH_INT = "auth-int"
QOP = ("auth", AUTH_INT)
"""What we answer with, the usual one first: auth-int covers the body too, which a proxy may have reasons to change."""
SCHEME = re.compile(r"\s*Digest\s+(?P<parameters>.*)", re.I | re.S)
PARAMETER = re.compile(r'\s*([A-Za-z0-9_-]{1,32})\s*=\s*(?:"((?:[^"\\]|\\.)*+)"|([^\s",]+))\s*(?:,|$)')


@dataclass(frozen=True, slots=True)
class Challenge:
    """One Digest challenge. `qop`: the protection to answer with, auth or auth-int; "" as in RFC 2069."""

    realm: str
    nonce: str
    algorithm: str = "MD5"
    opaque: str = ""
    qop: str = ""
    stale: bool = False


@dataclass(slots=True)
class PinnedRealm:
    """The realm that a trunk's credentials are for; "" until the first challenge names it."""

    realm: str


@dataclass(slots=True)
class Answering:
    """A challenge that we answer under one header name: in one request so far, and with its nonce in all."""

    header: str
    challenge: Challenge
    answers: int
    uses: int = 0


@dataclass(slots=True)
class DigestClient:
    """The credentials of one call or registration. It keeps nonces, so that later requests carry them at once."""

    trunk: Trunk
    pinned: PinnedRealm
    _known: tuple[Answering, ...] = ()

    def begin(self) -> None:
        """A new request: the count of answered challenges starts again."""
        for answering in self._known:
            answering.answers = 0

    def takes(self, response: Response) -> bool:
        """Whether the challenge is for us and worth an answer; a stale or changed nonce is answered once more."""
        names = CHALLENGE_HEADERS.get(response.code)
        if names is None or not self.trunk.username:
            return False
        challenge = self._choose(read_challenges(response, names[0]))
        if challenge is None:
            return False
        known = next((each for each in self._known if each.header == names[1]), None)
        if known and known.challenge.nonce == challenge.nonce and not challenge.stale:
            return False
        answering = Answering(names[1], challenge, known.answers + 1 if known else 1)
        # Asked again although it was answered: what an earlier request was asked for under the other name may be in
        # the way, as servers that look at the first credentials alone take its old nonce for the answer.
        others = [each for each in self._known if each is not known and (answering.answers == 1 or each.answers)]
        self._known = (*others, answering)
        return answering.answers <= MAX_ANSWERS_PER_REQUEST

    def headers(self, method: str, uri: str, body: str = "") -> HeaderList:
        """The credentials for a request, none before the first challenge."""
        return tuple([(each.header, self._credentials(each, method, uri, body)) for each in self._known])

    def _choose(self, challenges: list[Challenge]) -> Challenge | None:
        """The first that we can compute (servers put the strongest first, RFC 8760 section 2.4), of the one realm."""
        for challenge in challenges:
            if self.pinned.realm not in {"", challenge.realm}:
                continue
            if challenge.algorithm.lower() in ALGORITHMS:
                self.pinned.realm = challenge.realm
                return challenge
        return None

    def _credentials(self, answering: Answering, method: str, uri: str, body: str) -> str:
        answering.uses += 1
        return credentials(
            answering.challenge,
            username=self.trunk.username,
            password=self.trunk.password,
            method=method,
            uri=uri,
            body=body,
            nonce_count=answering.uses,
            cnonce=secrets.token_hex(8),
        )


def same_credentials(request: OutgoingRequest) -> HeaderList:
    """The credentials of an INVITE, which its ACK repeats (RFC 3261 section 13.2.2.4)."""
    return tuple(pair for pair in request.headers if pair[0] in {"Authorization", "Proxy-Authorization"})


def read_challenges(response: Message, name: str) -> list[Challenge]:
    """The Digest challenges under a header name; others, and those without realm or nonce, are left out."""
    found = []
    for value in response.headers.getlist(name):
        fields = read_parameters(value)
        if "realm" in fields and fields.get("nonce"):
            found.append(challenge_of(fields))
    return found


def challenge_of(fields: dict[str, str]) -> Challenge:
    """A challenge from its parameters; no algorithm means MD5."""
    offered = [each.strip().lower() for each in fields.get("qop", "").split(",")]
    return Challenge(
        fields["realm"],
        fields["nonce"],
        fields.get("algorithm", "MD5"),
        fields.get("opaque", ""),
        next((known for known in QOP if known in offered), ""),
        fields.get("stale", "").lower() == "true",
    )


def read_parameters(value: str) -> dict[str, str]:
    """`Digest key=value, key="value"` with the names in lower case; {} for another scheme or bad syntax."""
    scheme = SCHEME.fullmatch(value)
    if scheme is None:
        return {}
    text, position, fields = scheme["parameters"], 0, {}
    while position < len(text):
        match = PARAMETER.match(text, position)
        if match is None or match[1].lower() in fields:
            return {}
        quoted = match[2]
        fields[match[1].lower()] = match[3] if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
        position = match.end()
    return fields


def credentials(
    challenge: Challenge,
    *,
    username: str,
    password: str,
    method: str,
    uri: str,
    nonce_count: int,
    cnonce: str,
    body: str = "",
) -> str:
    """The value of Authorization or Proxy-Authorization; `body` counts with auth-int only."""
    count, qop = f"{nonce_count:08x}", challenge.qop
    secret = account_hash(challenge.algorithm, username, challenge.realm, password, challenge.nonce, cnonce)
    parts = [
        f'Digest username="{quoted(username)}"',
        f'realm="{quoted(challenge.realm)}"',
        f'nonce="{quoted(challenge.nonce)}"',
        f'uri="{uri}"',
        f'response="{digest(challenge.algorithm, secret, challenge.nonce, count, cnonce, qop, method, uri, body)}"',
        f"algorithm={challenge.algorithm}",
    ]
    if qop:
        parts += [f'cnonce="{cnonce}"', f"qop={qop}", f"nc={count}"]
    if challenge.opaque:
        parts.append(f'opaque="{quoted(challenge.opaque)}"')
    return ", ".join(parts)


def account_hash(algorithm: str, username: str, realm: str, password: str, nonce: str, cnonce: str) -> str:
    """A1 of RFC 7616 section 3.4.2, hashed."""
    plain = hashed(algorithm, f"{username}:{realm}:{password}")
    return hashed(algorithm, f"{plain}:{nonce}:{cnonce}") if algorithm.lower().endswith("-sess") else plain


def digest(
    algorithm: str,
    secret: str,
    nonce: str,
    count: str,
    cnonce: str,
    qop: str,
    method: str,
    uri: str,
    body: str = "",
) -> str:
    """The response of RFC 7616 section 3.4.1; without qop that of RFC 2069, which old carriers still use."""
    protected = f"{method}:{uri}:{hashed(algorithm, body)}" if qop == AUTH_INT else f"{method}:{uri}"
    request = hashed(algorithm, protected)
    if not qop:
        return hashed(algorithm, f"{secret}:{nonce}:{request}")
    return hashed(algorithm, f"{secret}:{nonce}:{count}:{cnonce}:{qop}:{request}")


def hashed(algorithm: str, text: str) -> str:
    """MD5 is what carriers ask for; it protects nothing else here."""
    return hashlib.new(ALGORITHMS[algorithm.lower()], text.encode(), usedforsecurity=False).hexdigest()


def quoted(text: str) -> str:
    """The inside of a quoted string."""
    return text.replace("\\", "\\\\").replace('"', '\\"')


class Verdict(Enum):
    """What a server thinks of the credentials in a request."""

    ACCEPTED = auto()
    STALE = auto()
    REFUSED = auto()


@dataclass(frozen=True, slots=True)
class DigestServer:
    """Challenges and checks without state: a nonce is a time and its seal.

    It does not count nonces: within their 60 seconds credentials could be replayed, which the simulated carrier allows.
    """

    seal: bytes = field(default_factory=lambda: secrets.token_bytes(16), repr=False)

    def challenge(self, realm: str, algorithm: str, *, now: float, stale: bool = False) -> str:
        """The value of WWW-Authenticate or Proxy-Authenticate. `now`: seconds of any monotonic clock."""
        again = ", stale=true" if stale else ""
        return (
            f'Digest realm="{quoted(realm)}", nonce="{self._nonce(int(now))}", qop="auth", algorithm={algorithm}{again}'
        )

    def demand(
        self, request: Request, code: int, *, realm: str, username: str, password: str, algorithm: str, now: float
    ) -> HeaderList:
        """() when the request carries these credentials, else the header of the response `code` (401, 407)."""
        challenge_name, name = CHALLENGE_HEADERS[code]
        verdict = self.check(
            request, name, realm=realm, username=username, password=password, algorithm=algorithm, now=now
        )
        if verdict is Verdict.ACCEPTED:
            return ()
        return ((challenge_name, self.challenge(realm, algorithm, now=now, stale=verdict is Verdict.STALE)),)

    def check(
        self, request: Request, name: str, *, realm: str, username: str, password: str, algorithm: str, now: float
    ) -> Verdict:
        """Judge the credentials under a header name."""
        fields = read_parameters(request.header(name))
        if fields.get("realm") != realm or fields.get("username") != username or fields.get("uri") != request.uri:
            return Verdict.REFUSED
        nonce, cnonce = fields.get("nonce", ""), fields.get("cnonce", "")
        secret = account_hash(algorithm, username, realm, password, nonce, cnonce)
        expected = digest(
            algorithm, secret, nonce, fields.get("nc", ""), cnonce, fields.get("qop", ""), request.method, request.uri
        )
        if not hmac.compare_digest(expected.encode(), fields.get("response", "").encode()):
            return Verdict.REFUSED
        return Verdict.ACCEPTED if self._is_fresh(nonce, now) else Verdict.STALE

    def _nonce(self, second: int) -> str:
        sealed = hmac.new(self.seal, str(second).encode(), hashlib.sha256).hexdigest()[:24]
        return f"{second}.{sealed}"

    def _is_fresh(self, nonce: str, now: float) -> bool:
        second = nonce.partition(".")[0]
        if not (second.isascii() and second.isdigit() and len(second) < 16):
            return False
        return hmac.compare_digest(self._nonce(int(second)).encode(), nonce.encode()) and (
            now - int(second) <= NONCE_SECONDS
        )
