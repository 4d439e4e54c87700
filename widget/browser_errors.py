"""Errors that only the browser meets: the frame raises them by itself, with the texts that were served to it."""

from __future__ import annotations

from widget.public_error import CcError
from widget.texts import text_lazy as _


class UnreachableError(CcError):
    """The server cannot be reached. Raised in the frame; its text is served with it."""

    code = 100206
    reason = "unreachable"
    text = _("The server cannot be reached. Check your network; the connection is retried by itself.")


class NoReplyError(CcError):
    """The server took a command and did not answer in time."""

    code = 100207
    reason = "no_reply"
    text = _("The server did not answer in time. Look at the call's state before you try again.")


class MicrophoneDeniedError(CcError):
    """The user or the browser refused the microphone."""

    code = 100210
    reason = "microphone_denied"
    text = _("The microphone is not allowed. Allow it for this page in the browser's address bar, then try again.")


class MicrophoneMissingError(CcError):
    """There is no microphone."""

    code = 100211
    reason = "microphone_missing"
    text = _("No microphone was found. Connect a headset or microphone, then try again.")


class MicrophoneBlockedError(CcError):
    """The embedding page's Permissions-Policy withholds the microphone."""

    code = 100212
    reason = "microphone_blocked"
    text = _("This page does not pass the microphone on. Its operator must allow it in the Permissions-Policy header.")


class MicrophoneBusyError(CcError):
    """Another program holds the microphone."""

    code = 100213
    reason = "microphone_busy"
    text = _("The microphone is in use by another program. Close that program, then try again.")


class FrameBlockedError(CcError):
    """The frame may not be shown on this page."""

    code = 100214
    reason = "frame_blocked"
    text = _("The phone cannot be shown on this page. Its operator must add the page's origin to the allowed origins.")
