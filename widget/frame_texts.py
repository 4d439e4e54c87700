"""What the frame's scripts say by themselves: of the connection, devices, sound, errors."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from django.utils.functional import Promise

from widget.errors import ALL_ERRORS
from widget.texts import text_lazy as _

_CLIENT_TEXTS: Mapping[str, Promise] = MappingProxyType(
    {
        "connecting": _("Connecting…"),
        "reconnecting": _("Connection lost. Reconnecting…"),
        "reconnecting_in": _("Connection lost. Next try in {seconds} s."),
        "retry_now": _("Retry now"),
        "retry": _("Try again"),
        "signed_out": _("Signed out"),
        "elsewhere": _("The phone is in use in another window."),
        "elsewhere_why": _("Calls ring there. Take the phone over to get them here."),
        "use_here": _("Use here"),
        "microphone_prompt": _("Your browser asks for the microphone. Choose “Allow”."),
        "microphone_insecure": _(
            "Browsers give the microphone only to pages served over https. Tell the page's operator."
        ),
        "audio_connecting": _("Setting up audio…"),
        "audio_reconnecting": _("Audio is being reconnected."),
        "call_continues": _("The call continues."),
        "sound_blocked": _("Your browser holds back the sound."),
        "sound_blocked_why": _("You would not hear a call."),
        "enable_sound": _("Click to enable sound"),
        "saving": _("Saving…"),
        "saved": _("Saved"),
        "unsaved": _("Not saved yet. It is sent again by itself."),
        "colleagues_found": _("Colleagues found: {count}."),
        "transfer_to_whom": _("Choose a colleague or type a number."),
        "incoming_title": _("Incoming call"),
        "quality_good": _("Good"),
        "quality_fair": _("Fair"),
        "quality_poor": _("Poor"),
        "quality_none": _("No sound"),
        "quality_cause": _("{level}: {cause}"),
        "cause_agent_network": _("your network"),
        "cause_our_server": _("our server"),
        "cause_carrier": _("the phone network"),
        "agent_silent": _("The other side cannot hear you:"),
        "agent_silent_why": _("no sound reaches us from your browser. Check your network, or reload the page."),
        "microphone_silent": _("Your microphone is silent:"),
        "microphone_silent_why": _("it gives no sound at all. Switch its own mute off, or choose another microphone."),
        "carrier_silent": _("You cannot hear the other side:"),
        "carrier_silent_why": _("no sound comes from the phone network. If it stays so, hang up and call again."),
        "both_silent": _("Neither side hears the other:"),
        "both_silent_why": _("no sound comes from your browser, nor from the phone network."),
        "found": _("Found: {count}. Arrow keys choose, Enter calls."),
        "found_nothing": _("No recent call and no colleague fits."),
        "fold": _("Fold to a bar"),
        "unfold": _("Open the whole phone"),
        "sign_in_again": _("Sign in again"),
        "no_network": _("This computer has no network. Check cable and Wi-Fi. What you typed is kept."),
        "device_default": _("System's default"),
        "device_missing": _("“{name}” is not connected. The system's default is used until it is back."),
        "device_back": _("“{name}” is in use again."),
        "check_running": _("Checking…"),
        "check_good": _("Good:"),
        "check_bad": _("Problem:"),
        "check_skipped": _("Left out:"),
        "check_permission": _("the browser gives the phone the microphone."),
        "check_hears": _("“{name}” hears you."),
        "check_silent": _(
            "“{name}” hears nothing. Speak, switch its own mute off, or choose another microphone above."
        ),
        "check_network": _("the server answers within {milliseconds} ms."),
        "check_slow": _(
            "the server answers only after {milliseconds} ms, so voices come late. Use a cable instead of wireless, "
            "and stop downloads."
        ),
        "check_no_number": _("no echo number is set up, so the phone line was not tried."),
        "check_no_answer": _("the echo number did not answer. Tell your administrator."),
        "check_one_way": _(
            "the echo number answered, but nothing came back. Tell your administrator: a firewall may hold the audio "
            "back."
        ),
        "check_both_ways": _("your line carries sound both ways, and back within {milliseconds} ms."),
        "check_passed": _("You are ready for calls."),
        "check_failed": _("Mend what is listed as a problem, then check again."),
    }
)


def client_texts() -> dict[str, str]:
    """Return the texts that the frame's scripts show by themselves, in the active language, by their key."""
    return {key: str(text) for key, text in _CLIENT_TEXTS.items()}


def error_texts() -> dict[str, dict[str, str | int]]:
    """Return code and text of every public error by its reason, in the active language."""
    return {error.reason: {"code": error.code, "message": error().message} for error in ALL_ERRORS}
