"""A REGISTER that comes in (RFC 3261 section 10.3), for whoever plays the registrar: the simulated carrier.

It keeps no bindings: the owner decides, and remembers what it wants to.
"""

from widget.sip.address import InvalidAddressError, parse_name_addr, split_parameters, split_values, user_of
from widget.sip.auth import DigestServer
from widget.sip.message import Request
from widget.sip.running_transaction import ServerTransaction
from widget.sip.transaction import State

DEFAULT_EXPIRES = 3600
MAX_DIGITS = 9


class IncomingRegistration:
    """One REGISTER. All texts are hostile. Do one of accept, reject, challenge before `on_register` returns.

    `seconds` is the lifetime asked for, 0 withdraws the binding; `contact` is the first Contact's URI, or "" or "*".
    """

    def __init__(self, transaction: ServerTransaction, digest: DigestServer, now: float) -> None:
        request = transaction.request
        self.account = user_of(parse_name_addr(request.header("To")))
        self.source = transaction.target
        self.contact, self.seconds = read_binding(request)
        self._transaction = transaction
        self._digest = digest
        self._now = now

    @property
    def is_decided(self) -> bool:
        """Whether it was answered."""
        return self._transaction.state is not State.TRYING

    def accept(self, seconds: int) -> None:
        """200 with the binding and the lifetime that it really gets."""
        granted = (("Contact", f"<{self.contact}>;expires={seconds}"),) if seconds and self.contact else ()
        self._transaction.respond(200, headers=(*granted, ("Expires", str(seconds))))

    def reject(self, code: int) -> None:
        """A final response 300 to 699."""
        self._transaction.respond(code)

    def challenge(self, realm: str, username: str, password: str, algorithm: str = "MD5") -> bool:
        """Whether the REGISTER carries these credentials. If not, 401 is sent."""
        headers = self._digest.demand(
            self._transaction.request,
            401,
            realm=realm,
            username=username,
            password=password,
            algorithm=algorithm,
            now=self._now,
        )
        if headers:
            self._transaction.respond(401, headers=headers)
        return not headers


def read_binding(request: Request) -> tuple[str, int]:
    """The first Contact and its lifetime: its own parameter, else Expires, else an hour (section 10.2.1.1)."""
    asked = request.number("Expires")
    fallback = DEFAULT_EXPIRES if asked is None else asked
    try:
        values = split_values(request.headers.getlist("Contact"))
        if not values or values[0] == "*":
            return values[0] if values else "", fallback
        address = parse_name_addr(values[0])
        own = dict(split_parameters(address.parameters)).get("expires", "")
    except InvalidAddressError:
        return "", fallback
    is_number = own.isascii() and own.isdigit() and len(own) <= MAX_DIGITS
    return address.uri, int(own) if is_number else fallback
