"""What the demo prints once everything answers."""

from __future__ import annotations

from collections.abc import Iterable

from ccsite.demo import values
from ccsite.demo.services import Places

TEMPLATE = """
  The demo runs. Everything is on this machine; stop it with Ctrl-C.

    The customer's page     {customer}/
    The playground          {customer}/playground   every option, method and event of the widget
    Our server              {server}/
    Its admin               {server}/admin/   user {user}, password {password}
    The simulated carrier   sip:{host}:{carrier_port} (UDP), trunk user demo, password demo

    API key {key}   secret {secret}   agents {first} to {last}

  Try this: open the customer's page, sign in, allow the microphone, click a contact.
  Each contact's number makes the carrier do something else: answer and echo, be busy,
  ring for ever, ask for a password, stay silent. The log on the page shows every event.
"""


def text(places: Places, accounts: Iterable[str]) -> str:
    """Return the addresses, the fixed values and what to try."""
    first, *_, last = accounts
    return TEMPLATE.format(
        customer=places.customer_url,
        server=places.server_url,
        host=values.LOOPBACK,
        carrier_port=places.carrier_port,
        user=values.ADMIN_USER,
        password=values.ADMIN_PASSWORD,
        key=values.API_KEY,
        secret=values.API_SECRET,
        first=first,
        last=last,
    )
