"""A SIP message as text that may be kept and shown: without secrets, cut to a size.

What counts as a secret: what credentials are proven with (RFC 7616, RFC 6750), keys of media (RFC 4568), passwords in
URIs and headers, and the keys that a caller presses (RFC 6086), which may be the digits of a card.
Nonces of challenges stay, as they prove nothing and help to understand a refusal.
"""

import re

HIDDEN = "•••"
CUT = "[…]"
MAX_TEXT = 8_192
MAX_READ = 65_536

FOLD = re.compile(r"\n[ \t]+")
HEADER = re.compile(r"(?P<name>[^\s:]{1,64})(?P<colon>[ \t]*:[ \t]*)(?P<value>.*)", re.S)
CREDENTIALS = frozenset({"authorization", "proxy-authorization"})
SCHEMES = frozenset({"basic", "bearer"})
OPAQUE = frozenset({"cookie", "set-cookie"})
PROOFS = re.compile(r'(?P<name>\b(?:c?nonce|response|rspauth|opaque))(?P<equals>\s*=\s*)(?:"[^"]*"?|[^",\s]+)', re.I)
SECRET_NAME = re.compile(r"token|secret|passw|pwd|api-?key|auth|session|cookie|credential|signature", re.I)
LONG_WORD = re.compile(r"[A-Za-z0-9+/=_.~-]{20,}")
URI_PASSWORD = re.compile(r"(?P<user>\bsips?:[^\s@:;<>\"]{0,256}:)[^\s@<>\"]{1,256}@", re.I)
SECRET_PARAMETER = re.compile(
    r"(?P<name>[;?&](?:(?:access_)?token|password|passwd|pwd|secret|api_key)=)[^;&>\s\"]+", re.I
)
SDP_KEYS = re.compile(r"^(?P<name>a=crypto:[^\r\n]*?inline:|k=|a=key-mgmt:|a=ice-pwd:)[^\r\n]+", re.M | re.I)
PRESSED = re.compile(r"^(?P<name>[ \t]*(?:Signal|Digits?)[ \t]*=[ \t]*)[^\r\n]+", re.M | re.I)
UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


def redacted(data: bytes, *, limit: int = MAX_TEXT) -> str:
    """The message with `\\n` at the ends of its lines, at most `limit` characters and the mark of the cut."""
    text = data[:MAX_READ].decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")
    head, separator, body = text.partition("\n\n")
    lines = FOLD.sub(" ", head).split("\n")
    kept = [in_uris(lines[0]), *(header_line(line) for line in lines[1:])]
    whole = UNPRINTABLE.sub("\ufffd", "\n".join(kept) + separator + without_keys(body, lines))
    return whole if len(whole) <= limit else f"{whole[:limit]}\n{CUT}"


def header_line(line: str) -> str:
    """One unfolded header line; what is no header has no secret that we could name, and may be one."""
    match = HEADER.fullmatch(line)
    if match is None:
        return HIDDEN if line.strip() else line
    return f"{match['name']}{match['colon']}{header_value(match['name'].lower(), match['value'])}"


def header_value(name: str, value: str) -> str:
    """A header's value without what is secret in it."""
    if name in CREDENTIALS:
        return credentials(value)
    if name in OPAQUE:
        return HIDDEN
    if name == "authentication-info":
        return PROOFS.sub(hide_proof, value)
    if name.startswith(("x-", "p-x-")) and (SECRET_NAME.search(name) or is_token_like(value)):
        return HIDDEN
    return in_uris(value)


def is_token_like(value: str) -> bool:
    """Whether a word in it looks drawn by chance: long, with letters and digits."""
    words = (match[0] for match in LONG_WORD.finditer(value))
    return any(any(map(str.isdigit, word)) and any(map(str.isalpha, word)) for word in words)


def credentials(value: str) -> str:
    """Digest keeps who signs in where, and with which nonce; of any other scheme only its name stays."""
    scheme, _, rest = value.partition(" ")
    if scheme.lower() != "digest":
        return f"{scheme} {HIDDEN}" if scheme.lower() in SCHEMES else HIDDEN
    return f"{scheme} {PROOFS.sub(hide_proof, rest)}"


def hide_proof(match: re.Match[str]) -> str:
    """The server's nonce is no secret."""
    if match["name"].lower() == "nonce":
        return match[0]
    return f'{match["name"]}{match["equals"]}"{HIDDEN}"'


def in_uris(text: str) -> str:
    """Passwords in the user part of URIs, and in their parameters."""
    text = URI_PASSWORD.sub(rf"\g<user>{HIDDEN}@", text)
    return SECRET_PARAMETER.sub(rf"\g<name>{HIDDEN}", text)


def without_keys(body: str, head: list[str]) -> str:
    """A body without keys: those of SRTP, and those pressed on a telephone."""
    if any(line.lower().startswith(("content-type:", "c:")) and "dtmf" in line.lower() for line in head):
        return PRESSED.sub(rf"\g<name>{HIDDEN}", body) if "=" in body else HIDDEN
    return SDP_KEYS.sub(rf"\g<name>{HIDDEN}", body)
