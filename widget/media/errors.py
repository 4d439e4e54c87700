"""What can go wrong with media, told by one exception with a stable reason."""

import enum


class MediaFailure(enum.Enum):
    """Why a media request failed or a leg ended. ``value`` is the stable slug for logs and records."""

    OFFER_TOO_LARGE = "offer_too_large"
    OFFER_REFUSED = "offer_refused"
    NO_COMMON_CODEC = "no_common_codec"
    NO_PORT = "no_port"
    BAD_ADDRESS = "bad_address"
    ADDRESS_TAKEN = "address_taken"
    UNKNOWN_LEG = "unknown_leg"
    NO_TELEPHONE_EVENT = "no_telephone_event"
    TOO_MANY_KEYS = "too_many_keys"
    LEG_IN_USE = "leg_in_use"
    RELAY_UNAVAILABLE = "relay_unavailable"
    TRANSCODER_UNAVAILABLE = "transcoder_unavailable"
    TOO_MANY_TRANSCODED = "too_many_transcoded"
    CONNECT_TIMEOUT = "connect_timeout"
    HANDSHAKE_FAILED = "handshake_failed"
    SILENT = "silent"
    CLOSED_BY_BROWSER = "closed_by_browser"


class MediaError(Exception):
    """A media request that was refused; nothing of it remains open. ``detail`` is for logs, never for agents."""

    def __init__(self, failure: MediaFailure, detail: str = "") -> None:
        super().__init__(f"{failure.value}: {detail}" if detail else failure.value)
        self.failure = failure
        self.detail = detail

    @property
    def reason(self) -> str:
        return self.failure.value
