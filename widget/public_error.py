"""What all public errors share; the errors themselves are in ``widget.errors``."""

from __future__ import annotations

from typing import ClassVar

from django.utils.functional import Promise


class CcError(Exception):
    """Base of all public errors. ``detail`` is for the log and the call's record, never for the public."""

    code: ClassVar[int]
    reason: ClassVar[str]
    text: ClassVar[str | Promise]
    api_status: ClassVar[str] = "-18"

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail or self.reason)
        self.detail = detail

    @property
    def message(self) -> str:
        """The public text in the language that is active now."""
        return str(self.text)
