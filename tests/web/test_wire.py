"""The socket's language: what is understood, and what is refused with the name of the field."""

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from widget import wire
from widget.devices import Device
from widget.errors import ALL_ERRORS, NoCallError


def read(**frame: Any) -> wire.Intent:
    return wire.parse(json.dumps(frame))


@pytest.mark.parametrize(
    ("frame", "intent"),
    [
        (
            {"t": "auth", "token": "Bearer x", "options": {"noWorkMode": True, "lang": "es"}, "since": 7},
            wire.Authenticate("", "Bearer x", wire.RegisterOptions(no_work_mode=True, lang="es"), 7),
        ),
        (
            {"t": "auth", "token": "x", "options": {"lang": None, "isRemark": None}},
            wire.Authenticate("", "x", wire.RegisterOptions(), None),
        ),
        ({"t": "auth", "token": "x", "since": None}, wire.Authenticate("", "x", wire.RegisterOptions(), None)),
        ({"t": "offer", "id": "1", "sdp": "v=0"}, wire.OfferAudio("1", "v=0")),
        ({"t": "dial", "id": "1", "phone": "123"}, wire.Dial("1", "123", "")),
        ({"t": "dial", "id": "1", "phone": "123", "info": "Ann"}, wire.Dial("1", "123", "Ann")),
        ({"t": "dial", "id": "1", "phone": "", "colleague": "demo_002"}, wire.Dial("1", "", "", "demo_002")),
        ({"t": "fold", "id": "1", "on": True}, wire.FoldWidget("1", on=True)),
        ({"t": "search", "id": "1", "text": "x" * 70}, wire.Search("1", "x" * 64)),
        ({"t": "hang_up", "id": "1"}, wire.HangUp("1")),
        ({"t": "remark", "id": "1", "call_id": "c", "text": "x"}, wire.WriteRemark("1", "c", "x")),
        ({"t": "finish_wrap_up", "id": "1"}, wire.FinishWrapUp("1")),
        ({"t": "ping"}, wire.Ping("")),
        ({"t": "keys", "id": "1", "digits": "12#a"}, wire.PressKeys("1", "12#A")),
        ({"t": "transfer", "id": "1", "to": "100", "kind": "blind"}, wire.Transfer("1", "100", "blind")),
        ({"t": "complete_transfer", "id": "1"}, wire.CompleteTransfer("1")),
        ({"t": "cancel_transfer", "id": "1"}, wire.CancelTransfer("1")),
        ({"t": "swap_calls", "id": "1"}, wire.SwapCalls("1")),
        ({"t": "colleagues", "id": "1", "on": True}, wire.WatchColleagues("1", on=True)),
        (
            {"t": "devices", "id": "1", "devices": {"input": {"id": "a1", "label": "Headset"}, "output": None}},
            wire.ChooseDevices("1", {"input": Device("a1", "Headset"), "output": None}),
        ),
        ({"t": "hang_up", "id": "1", "HEADERS": {"HX-Request": "true"}}, wire.HangUp("1")),
    ],
)
def test_every_frame_of_the_protocol_is_read(frame: dict[str, Any], intent: wire.Intent) -> None:
    assert read(**frame) == intent


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("", "JSON"),
        ("[]", "object"),
        ("[" * 100_000, "JSON"),
        ("{}", "t:"),
        ('{"t": "fly"}', "t:"),
        ('{"t": 5}', "t:"),
        ('{"t": "dial", "phone": "1"}', "id:"),
        ('{"t": "dial", "id": "1"}', "phone:"),
        ('{"t": "transfer", "id": "1", "to": "100", "kind": "warm"}', "kind:"),
        ('{"t": "keys", "id": "1", "digits": "call me"}', "digits:"),
        ('{"t": "keys", "id": "1", "digits": ""}', "digits:"),
        ('{"t": "dial", "id": "1", "phone": 5}', "phone:"),
        ('{"t": "dial", "id": "1", "phone": "1", "info": {}}', "info:"),
        ('{"t": "auth"}', "token:"),
        ('{"t": "auth", "token": "x", "options": "y"}', "options:"),
        ('{"t": "auth", "token": "x", "options": {"isRemark": "yes"}}', "options.isRemark:"),
        ('{"t": "auth", "token": "x", "since": true}', "since:"),
        ('{"t": "auth", "token": "x", "since": -1}', "since:"),
        (json.dumps({"t": "hang_up", "id": "x" * 65}), "id:"),
        ('{"t": "devices", "id": "1"}', "devices:"),
        ('{"t": "devices", "id": "1", "devices": {"camera": null}}', "devices:"),
        ('{"t": "devices", "id": "1", "devices": {"input": "a"}}', "devices:"),
        ('{"t": "devices", "id": "1", "devices": {"input": {"id": "a"}}}', "label:"),
        (json.dumps({"t": "devices", "id": "1", "devices": {"input": {"id": "x" * 201, "label": ""}}}), "devices:"),
    ],
)
def test_what_is_wrong_is_named(text: str, field: str) -> None:
    with pytest.raises(wire.InvalidFrameError, match=field):
        wire.parse(text)


@given(st.text() | st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists).map(json.dumps))
def test_no_input_breaks_the_parser(text: str) -> None:
    with contextlib.suppress(wire.InvalidFrameError):
        wire.parse(text)


@pytest.mark.parametrize("odd", ["\0", "\ud83d"])
def test_what_no_database_stores_is_replaced(odd: str) -> None:
    assert read(t="remark", id="1", call_id="c", text=f"a{odd}b\U0001f600") == wire.WriteRemark(
        "1", "c", "a\ufffdb\U0001f600"
    )


def test_an_error_travels_with_code_reason_and_text() -> None:
    assert wire.error_fields(NoCallError) == {
        "code": 999901,
        "reason": "no_call",
        "message": "There is no call to hang up.",
    }
    assert len({error.code for error in ALL_ERRORS}) == len(ALL_ERRORS)


def test_frames_are_compact_json() -> None:
    assert wire.frame("status", value=2) == '{"t":"status","value":2}'
