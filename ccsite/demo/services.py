"""The demo's three services: the simulated carrier, our server, and the customer's site on an origin of its own."""

from __future__ import annotations

import errno
import os
import random
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from ccsite.demo import probes
from ccsite.demo.service import PROJECT, Service
from ccsite.demo.values import API_KEY, API_SECRET, LOOPBACK

MANAGE = str(PROJECT / "manage.py")
PYTHON = sys.executable
CARRIER_PORTS = range(15_000, 20_000)
PORT_ATTEMPTS = 50


class PortInUseError(Exception):
    """Somebody else listens on a port that the demo wants."""

    def __init__(self, port: int) -> None:
        super().__init__(f"Port {port} is in use. Choose another one, for example: make demo PORT={port + 100}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where everything is: two listening sockets that the services inherit, and the carrier's UDP port."""

    server: socket.socket
    customer: socket.socket
    carrier_port: int

    @property
    def server_port(self) -> int:
        return int(self.server.getsockname()[1])

    @property
    def customer_port(self) -> int:
        return int(self.customer.getsockname()[1])

    @property
    def server_url(self) -> str:
        """By name, and the customer's by number: two origins on one machine."""
        return f"http://localhost:{self.server_port}"

    @property
    def customer_url(self) -> str:
        return f"http://{LOOPBACK}:{self.customer_port}"

    @property
    def customer_origins(self) -> list[str]:
        return [self.customer_url, f"http://localhost:{self.customer_port}"]

    def close(self) -> None:
        self.server.close()
        self.customer.close()


def find_places(port: int) -> Places:
    """Listen on ``port`` and the next one (0: any two free ones). Raises PortInUseError."""
    server = _listen(port)
    try:
        customer = _listen(port + 1 if port else 0)
    except PortInUseError:
        server.close()
        raise
    return Places(server=server, customer=customer, carrier_port=_free_sip_port())


def _listen(port: int) -> socket.socket:
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((LOOPBACK, port))
        listening.listen(128)
    except OSError as fault:
        listening.close()
        if fault.errno == errno.EADDRINUSE:
            raise PortInUseError(port) from None
        raise
    return listening


def _free_sip_port() -> int:
    """Return a port free for UDP and TCP alike, below those that the system hands out by itself.

    The carrier takes it only later; one of the system's own could be anybody's by then.
    """
    for port in random.sample(CARRIER_PORTS, PORT_ATTEMPTS):
        if all(_is_free(kind, port) for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM)):
            return port
    raise PortInUseError(CARRIER_PORTS.start)


def _is_free(kind: socket.SocketKind, port: int) -> bool:
    with socket.socket(socket.AF_INET, kind) as probe:
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def _environment(**extra: str) -> Mapping[str, str]:
    inherited = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    return {**inherited, "PYTHONUNBUFFERED": "1", **extra}


def on_demo_settings() -> Mapping[str, str]:
    """The environment of a service of ours."""
    return _environment(DJANGO_SETTINGS_MODULE="ccsite.demo.settings")


def preparation(places: Places, *arguments: str) -> Service:
    """Migrate the database and load the demo data; ends by itself."""
    where = ("--origins", ",".join(places.customer_origins), "--carrier-port", str(places.carrier_port))
    return Service(
        name="data",
        command=(PYTHON, MANAGE, "load_demo", *where, *arguments),
        environment=on_demo_settings(),
    )


def carrier(places: Places, *arguments: str) -> Service:
    """The simulated carrier on its UDP port."""
    where = ("--host", LOOPBACK, "--port", str(places.carrier_port))
    return Service(
        name="carrier",
        command=(PYTHON, MANAGE, "simulate_carrier", *where, *arguments),
        environment=on_demo_settings(),
        ready=partial(probes.sip, LOOPBACK, places.carrier_port),
    )


def server(places: Places) -> Service:
    """Our server: widget, API, admin, switchboard and media in one Daphne."""
    return Service(
        name="server",
        command=_daphne(places.server, "ccsite.asgi:application"),
        environment=on_demo_settings(),
        ready=partial(probes.http, LOOPBACK, places.server_port, "/sip-sdk.js"),
        sockets=(places.server,),
    )


def customer(places: Places, *, agents: int) -> Service:
    """The customer's site, which knows our server by its address, key and secret only."""
    return Service(
        name="customer",
        command=_daphne(places.customer, "ccsite.demo.customer.asgi:application"),
        environment=_environment(
            DJANGO_SETTINGS_MODULE="ccsite.demo.customer.settings",
            CUSTOMER_SDK_URL=places.server_url,
            CUSTOMER_API_KEY=API_KEY,
            CUSTOMER_API_SECRET=API_SECRET,
            CUSTOMER_AGENTS=str(agents),
        ),
        ready=partial(probes.http, LOOPBACK, places.customer_port, "/"),
        sockets=(places.customer,),
    )


def _daphne(listening: socket.socket, application: str) -> tuple[str, ...]:
    return (PYTHON, "-m", "daphne", "-v", "0", "--fd", str(listening.fileno()), application)
