"""Who sends an API request: key, signature, time, address, checked in this order (original-api.md, 1.1 and 1.2)."""

from __future__ import annotations

import time

from django.http import HttpRequest

from widget import conf
from widget.api.client_address import IPAddress, client_address, is_in
from widget.api.errors import AddressNotAllowedError, AuthenticationFailedError, TimestampExpiredError
from widget.api.signature import is_fresh, matches, sign
from widget.models import Application

HEADERS = ("Sign", "Timestamp", "Api-Key")


def authenticate(request: HttpRequest) -> Application:
    """Return the application that signed the request.

    Raises AuthenticationFailedError, TimestampExpiredError or AddressNotAllowedError.
    """
    given, timestamp, api_key = (_header(request, name) for name in HEADERS)
    application = Application.objects.filter(api_key=api_key).first()
    if application is None:
        raise AuthenticationFailedError
    if not matches(given, sign(api_key, application.api_secret.reveal(), timestamp)):
        raise AuthenticationFailedError
    if not is_fresh(timestamp, now=time.time(), tolerance_seconds=conf.current().signature_tolerance_seconds):
        raise TimestampExpiredError
    if application.ip_allow_list and not is_in(source_address(request), application.ip_allow_list):
        raise AddressNotAllowedError
    return application


def source_address(request: HttpRequest) -> IPAddress | None:
    """Return the address that the request came from, seen through our own proxies."""
    return client_address(
        request.META.get("REMOTE_ADDR") or "",
        request.headers.get("X-Forwarded-For", ""),
        trusted_proxies=conf.current().trusted_proxies,
    )


def _header(request: HttpRequest, name: str) -> str:
    value = request.headers.get(name, "").strip()
    # PostgreSQL refuses NUL in texts; no header of ours may hold one.
    if not value or "\0" in value:
        raise AuthenticationFailedError(f"account authentication failed: header {name} is missing")
    return value
