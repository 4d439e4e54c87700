"""Every error that an agent, a page or a customer's back end may meet: one class each.

``code`` and ``reason`` are stable and may be programmed against; ``message`` is translated and says what happened
and what to do next. ``api_status`` is the status that the HTTP interface gives for it.
"""

from __future__ import annotations

import enum

from widget.browser_errors import (
    FrameBlockedError,
    MicrophoneBlockedError,
    MicrophoneBusyError,
    MicrophoneDeniedError,
    MicrophoneMissingError,
    NoReplyError,
    UnreachableError,
)
from widget.public_error import CcError as CcError
from widget.texts import text_lazy as _


class SignInFailure(enum.StrEnum):
    """Why a credential was not accepted."""

    MISSING = "missing"
    MALFORMED = "malformed"
    EXPIRED = "expired"
    REPLACED = "replaced"
    DISABLED = "disabled"


_SIGN_IN_TEXTS = {
    SignInFailure.MISSING: _("You are not signed in. Reload the page to sign in."),
    SignInFailure.MALFORMED: _(
        "The page's sign-in data cannot be read. Reload the page; if it stays, tell its operator."
    ),
    SignInFailure.EXPIRED: _("Your sign-in has expired. Reload the page to sign in again."),
    SignInFailure.REPLACED: _("You signed in somewhere else, so this page is signed out. Reload it to use it here."),
    SignInFailure.DISABLED: _("Your agent account is disabled. Ask your administrator to enable it."),
}


class NotSignedInError(CcError):
    """The credential is missing, unreadable, expired or replaced, or its agent is disabled."""

    code = 100200
    reason = "not_signed_in"
    api_status = "-1"

    def __init__(self, failure: SignInFailure = SignInFailure.MISSING) -> None:
        super().__init__(failure.value)
        self.failure = failure

    @property
    def message(self) -> str:
        return str(_SIGN_IN_TEXTS[self.failure])


class InvalidNumberError(CcError):
    """The number to dial is not one."""

    code = 100201
    reason = "invalid_number"
    text = _("This is not a phone number. Use up to 20 digits, with + in front for international numbers.")
    api_status = "-22"


class CallInProgressError(CcError):
    """The agent has a call already."""

    code = 100202
    reason = "call_in_progress"
    text = _("You are already in a call. Hang up first, then dial again.")


class DestinationRefusedError(CcError):
    """Policy does not allow the destination."""

    code = 100203
    reason = "destination_refused"
    text = _("Calls to this number are not allowed. Ask your administrator if you need it.")


class NoTrunkError(CcError):
    """No enabled trunk serves the agent's group."""

    code = 100204
    reason = "no_trunk"
    text = _("No phone line is set up for your group. Ask your administrator to assign a trunk.")


class NotConnectedError(CcError):
    """The browser leg is down."""

    code = 100205
    reason = "not_connected"
    text = _("Your audio connection is down. Wait for it to come back, or reload the page, then try again.")


class MediaFailedError(CcError):
    """Audio could not be set up between browser and server."""

    code = 100215
    reason = "media_failed"
    text = _("The audio connection could not be made. Check that your network allows UDP, then try again.")


class InvalidOptionsError(CcError):
    """``register()`` or a command was given values that it does not take."""

    code = 100216
    reason = "invalid_options"
    text = _("The page passed options that are not valid. Its developer finds the details in the browser's console.")
    api_status = "-22"


class DrainingError(CcError):
    """The server finishes its calls before a restart and takes no new ones."""

    code = 100217
    reason = "draining"
    text = _("The server is about to restart and takes no new calls. Try again in a minute.")


class InternalError(CcError):
    """Something of ours failed; the log has the details."""

    code = 100218
    reason = "internal"
    text = _(
        "Something went wrong on the server. Try again; if it stays, tell your administrator the time it happened."
    )


class NoSuchCallError(CcError):
    """What was asked for needs a call in another state than the agent's."""

    code = 100219
    reason = "no_such_call"
    text = _("There is no call that this could be done with.")


class NotOfferedError(CcError):
    """The method exists, but this server does not offer it. Raised in the frame; its text is served with it."""

    code = 100220
    reason = "not_offered"
    text = _("This phone server does not offer that.")


class TransferPendingError(CcError):
    """One transfer at a time, and no second one while a colleague is consulted."""

    code = 100221
    reason = "transfer_pending"
    text = _("A transfer is under way. Complete or cancel it first.")


class TransferFailedError(CcError):
    """The new party did not take the call; the agent has it still."""

    code = 100222
    reason = "transfer_failed"
    text = _("The call was not transferred: the other party could not be reached. You are still connected.")


class TransferRefusedError(CcError):
    """The carrier does not transfer calls on this line."""

    code = 100223
    reason = "transfer_refused"
    text = _("The phone network does not transfer calls on this line. You are still connected.")


class RemarkRequiredError(CcError):
    """The agent's mode wants a remark before after-call work is over."""

    code = 100224
    reason = "remark_required"
    text = _("Write a remark first.")


class NotAllowedError(CcError):
    """The agent's mode does not have this part."""

    code = 100225
    reason = "not_allowed"
    text = _("Your administrator has switched this off for you.")


class LinesBusyError(CcError):
    """Every trunk of the group has as many calls as it takes."""

    code = 100226
    reason = "lines_busy"
    text = _("All phone lines are in use. Try again in a moment.")


class AtCapacityError(CcError):
    """The server takes no more calls now; those that are up go on."""

    code = 100227
    reason = "at_capacity"
    text = _("The phone server takes no more calls at the moment. Try again in a minute.")


class NoCallError(CcError):
    """Hang up was asked for and there is nothing to hang up."""

    code = 999901
    reason = "no_call"
    text = _("There is no call to hang up.")


ALL_ERRORS: tuple[type[CcError], ...] = (
    NotSignedInError,
    InvalidNumberError,
    CallInProgressError,
    DestinationRefusedError,
    NoTrunkError,
    NotConnectedError,
    UnreachableError,
    NoReplyError,
    MicrophoneDeniedError,
    MicrophoneMissingError,
    MicrophoneBlockedError,
    MicrophoneBusyError,
    FrameBlockedError,
    MediaFailedError,
    InvalidOptionsError,
    DrainingError,
    InternalError,
    NoSuchCallError,
    NotOfferedError,
    TransferPendingError,
    TransferFailedError,
    TransferRefusedError,
    RemarkRequiredError,
    NotAllowedError,
    LinesBusyError,
    AtCapacityError,
    NoCallError,
)
"""The whole table, in the order of the documentation."""
