"""Who we say that calls: From, P-Asserted-Identity, P-Preferred-Identity and Privacy (RFC 3323, RFC 3325)."""

from widget.sip.compose import HeaderList
from widget.sip.trunk import Identity, Trunk
from widget.sip.uri import user_uri

ANONYMOUS = '"Anonymous" <sip:anonymous@anonymous.invalid>'
HEADERS = {
    Identity.FROM: "P-Preferred-Identity",
    Identity.ASSERTED: "P-Asserted-Identity",
    Identity.PREFERRED: "P-Preferred-Identity",
}


def from_address(trunk: Trunk, caller: str, host: str) -> str:
    """The value of From, without tag. `host` is our address, for a trunk that prescribes no domain."""
    if trunk.privacy:
        return ANONYMOUS
    names_account = trunk.identity is not Identity.FROM and trunk.from_account
    return address(trunk, (trunk.username if names_account else "") or trunk.caller(caller), host)


def identity_headers(trunk: Trunk, caller: str, host: str) -> HeaderList:
    """What the carrier learns beside From.

    A caller who is hidden in From is named where only the carrier reads it: without that nobody could be charged.
    """
    if trunk.identity is Identity.FROM and not trunk.privacy:
        return ()
    named = ((HEADERS[trunk.identity], address(trunk, trunk.caller(caller), host)),)
    return (*named, ("Privacy", "id")) if trunk.privacy else named


def address(trunk: Trunk, user: str, host: str) -> str:
    """A URI of ours in angle brackets."""
    return f"<{user_uri(user, trunk.domain or host)}>"
