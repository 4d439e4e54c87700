"""The table of public errors: stable codes, texts in plain words."""

from __future__ import annotations

from widget.errors import ALL_ERRORS, CcError, NoCallError, NotSignedInError, SignInFailure


def test_codes_and_reasons_are_unique_and_stable() -> None:
    assert {error.code: error.reason for error in ALL_ERRORS} == {
        100200: "not_signed_in",
        100201: "invalid_number",
        100202: "call_in_progress",
        100203: "destination_refused",
        100204: "no_trunk",
        100205: "not_connected",
        100206: "unreachable",
        100207: "no_reply",
        100210: "microphone_denied",
        100211: "microphone_missing",
        100212: "microphone_blocked",
        100213: "microphone_busy",
        100214: "frame_blocked",
        100215: "media_failed",
        100216: "invalid_options",
        100217: "draining",
        100218: "internal",
        100219: "no_such_call",
        100220: "not_offered",
        100221: "transfer_pending",
        100222: "transfer_failed",
        100223: "transfer_refused",
        100224: "remark_required",
        100225: "not_allowed",
        100226: "lines_busy",
        100227: "at_capacity",
        999901: "no_call",
    }


def test_table_holds_every_class() -> None:
    assert set(CcError.__subclasses__()) == set(ALL_ERRORS)


def test_every_text_is_a_sentence() -> None:
    texts = [error().message for error in ALL_ERRORS]
    texts += [NotSignedInError(failure).message for failure in SignInFailure]
    assert all(text.endswith(".") and text[0].isupper() for text in texts)


def test_detail_is_for_the_log_and_not_for_the_public() -> None:
    error = NoCallError("call 17 of agent 4")
    assert str(error) == "call 17 of agent 4"
    assert "17" not in error.message
