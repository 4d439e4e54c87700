"""Failures of the HTTP interface: the documented status of each (original-api.md, 1.5).

The texts stay English: programs and their developers read them, not agents.
"""

from __future__ import annotations

from typing import ClassVar


class ApiError(Exception):
    """A request that is answered with a failure envelope; ``reason`` is public."""

    status: ClassVar[str]
    default_reason: ClassVar[str]

    def __init__(self, reason: str = "") -> None:
        self.reason = reason or self.default_reason
        super().__init__(self.reason)


class AuthenticationFailedError(ApiError):
    """A header is missing, the key is unknown or the signature is wrong; of the last two nobody is told which."""

    status = "-1"
    default_reason = "account authentication failed"


class AddressNotAllowedError(ApiError):
    """The source address is not in the application's allow list."""

    status = "-2"
    default_reason = "source IP not allowed"


class TimestampExpiredError(ApiError):
    """The Timestamp header is too far from our clock."""

    status = "-16"
    default_reason = "timestamp expires"


class SystemFailureError(ApiError):
    """Ours failed; the log has the details."""

    status = "-18"
    default_reason = "system error"


class ParameterError(ApiError):
    """The body is not what the interface takes; the reason names the field and the fix."""

    status = "-22"
    default_reason = "parameter error"


class NotFoundError(ApiError):
    """What the request names does not exist."""

    status = "-24"
    default_reason = "data does not exist"
