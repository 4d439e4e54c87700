"""The socket's language: JSON frames of the widget's frame in, intents out; answers and events as JSON frames back.

Everything that comes in is hostile. HTML fragments for htmx travel on the same socket as text that is no JSON object.
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from widget.devices import KINDS, MAX_TEXT, Device
from widget.errors import CcError
from widget.page_intents import (
    AnswerCall,
    Authenticate,
    CancelTransfer,
    ChooseDevices,
    ChooseStatus,
    CompleteTransfer,
    Dial,
    ExtendWrapUp,
    FinishWrapUp,
    FoldWidget,
    HangUp,
    Hold,
    Intent,
    Mute,
    OfferAudio,
    Ping,
    PressKeys,
    RegisterOptions,
    RejectCall,
    Search,
    SignOut,
    SwapCalls,
    Transfer,
    WatchColleagues,
    WriteRemark,
)

__all__ = [
    "MAX_FRAME",
    "AnswerCall",
    "Authenticate",
    "CancelTransfer",
    "ChooseDevices",
    "ChooseStatus",
    "CompleteTransfer",
    "Dial",
    "ExtendWrapUp",
    "FinishWrapUp",
    "FoldWidget",
    "HangUp",
    "Hold",
    "Intent",
    "InvalidFrameError",
    "Mute",
    "OfferAudio",
    "Ping",
    "PressKeys",
    "RegisterOptions",
    "RejectCall",
    "Search",
    "SignOut",
    "SwapCalls",
    "Transfer",
    "WatchColleagues",
    "WriteRemark",
    "error_fields",
    "frame",
    "parse",
]

_DIGITS = re.compile(r"[0-9A-D*#]{1,40}")
MAX_FRAME = 65_536
"""Bytes of one frame: an SDP offer is the largest thing that a browser has to say."""


MAX_LABELS, MAX_LABEL = 10, 20
"""Labels of one call, and characters of one label (original-api.md, 2.5)."""


MAX_SEARCH = 64
"""Characters of a search; nobody types more, and the rest would find nothing else."""

TRANSFER_KINDS = frozenset({"blind", "attended"})


class InvalidFrameError(ValueError):
    """A frame that no version of ours sends; the text names the field and what it takes."""


def parse(text: str) -> Intent:
    """Read one frame. Raises InvalidFrameError."""
    try:
        frame = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidFrameError("a frame must be JSON") from error
    if not isinstance(frame, dict):
        raise InvalidFrameError("a frame must be a JSON object")
    read = _READERS.get(_text(frame, "t"))
    if read is None:
        raise InvalidFrameError(f"t: unknown frame {frame['t'][:20]!r}")
    return read(frame)


def _text(frame: Mapping[str, Any], name: str, default: str | None = None) -> str:
    value = frame.get(name, default)
    if not isinstance(value, str):
        raise InvalidFrameError(f"{name}: a string is needed")
    return _storable(value)


def _storable(text: str) -> str:
    """JSON may carry a NUL or half a surrogate pair; no database takes them, and a remark must not be lost for one."""
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return whole.replace("\0", "\ufffd")


def _id(frame: Mapping[str, Any]) -> str:
    value = _text(frame, "id", "")
    if len(value) > 64:
        raise InvalidFrameError("id: at most 64 characters")
    return value


def _command_id(frame: Mapping[str, Any]) -> str:
    """A command is remembered by its id, so it must have one."""
    value = _id(frame)
    if not value:
        raise InvalidFrameError("id: a command needs one")
    return value


def _flag(options: Mapping[str, Any], name: str) -> bool | None:
    value = options.get(name)
    if value is not None and not isinstance(value, bool):
        raise InvalidFrameError(f"options.{name}: true or false is needed")
    return value


def _options(frame: Mapping[str, Any]) -> RegisterOptions:
    options = frame.get("options") or {}
    if not isinstance(options, dict):
        raise InvalidFrameError("options: an object is needed")
    return RegisterOptions(
        no_work_mode=_flag(options, "noWorkMode"),
        is_remark=_flag(options, "isRemark"),
        is_information=_flag(options, "isInformation"),
        lang=_text({"lang": options.get("lang") or ""}, "lang")[:35],
    )


def _switch(frame: Mapping[str, Any], name: str) -> bool:
    value = frame.get(name)
    if not isinstance(value, bool):
        raise InvalidFrameError(f"{name}: true or false is needed")
    return value


def _number(frame: Mapping[str, Any], name: str) -> int:
    value = frame.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise InvalidFrameError(f"{name}: a whole number is needed")
    return value


def _labels(frame: Mapping[str, Any]) -> tuple[str, ...] | None:
    labels = frame.get("labels")
    if labels is None:
        return None
    if not isinstance(labels, list) or not all(isinstance(label, str) for label in labels) or len(labels) > MAX_LABELS:
        raise InvalidFrameError(f"labels: a list of at most {MAX_LABELS} strings is needed")
    return tuple(label[:MAX_LABEL] for label in labels)


def _devices(frame: Mapping[str, Any]) -> Mapping[str, Device | None]:
    chosen = frame.get("devices")
    if not isinstance(chosen, dict) or not set(chosen) <= set(KINDS):
        raise InvalidFrameError(f"devices: an object with some of {', '.join(KINDS)} is needed")
    return {kind: None if device is None else _device(device) for kind, device in chosen.items()}


def _device(value: Any) -> Device:
    if not isinstance(value, dict):
        raise InvalidFrameError("devices: each is null or an object with id and label")
    texts = [_text(value, name) for name in ("id", "label")]
    if any(len(text) > MAX_TEXT for text in texts):
        raise InvalidFrameError(f"devices: at most {MAX_TEXT} characters")
    return Device(*texts)


def _digits(frame: Mapping[str, Any]) -> str:
    digits = _text(frame, "digits").upper()
    if not _DIGITS.fullmatch(digits):
        raise InvalidFrameError("digits: 1 to 40 of 0-9, A-D, * and # are needed")
    return digits


def _transfer(frame: Mapping[str, Any]) -> Transfer:
    kind = _text(frame, "kind")
    if kind not in TRANSFER_KINDS:
        raise InvalidFrameError("kind: blind or attended is needed")
    return Transfer(_command_id(frame), _text(frame, "to"), kind)


def _authenticate(frame: Mapping[str, Any]) -> Authenticate:
    since = frame.get("since")
    if since is not None and (not isinstance(since, int) or isinstance(since, bool) or since < 0):
        raise InvalidFrameError("since: a whole number or null is needed")
    return Authenticate(_id(frame), _text(frame, "token"), _options(frame), since)


_READERS: Mapping[str, Callable[[Mapping[str, Any]], Intent]] = {
    "auth": _authenticate,
    "offer": lambda frame: OfferAudio(_command_id(frame), _text(frame, "sdp")),
    "dial": lambda frame: Dial(
        _command_id(frame), _text(frame, "phone"), _text(frame, "info", ""), _text(frame, "colleague", "")
    ),
    "hang_up": lambda frame: HangUp(_command_id(frame)),
    "answer_call": lambda frame: AnswerCall(_command_id(frame)),
    "reject_call": lambda frame: RejectCall(_command_id(frame)),
    "mute": lambda frame: Mute(_command_id(frame), _switch(frame, "on")),
    "hold": lambda frame: Hold(_command_id(frame), _switch(frame, "on")),
    "keys": lambda frame: PressKeys(_command_id(frame), _digits(frame)),
    "transfer": _transfer,
    "complete_transfer": lambda frame: CompleteTransfer(_command_id(frame)),
    "cancel_transfer": lambda frame: CancelTransfer(_command_id(frame)),
    "swap_calls": lambda frame: SwapCalls(_command_id(frame)),
    "colleagues": lambda frame: WatchColleagues(_command_id(frame), _switch(frame, "on")),
    "status": lambda frame: ChooseStatus(_command_id(frame), _number(frame, "value")),
    "remark": lambda frame: WriteRemark(
        _command_id(frame), _text(frame, "call_id"), _text(frame, "text"), _labels(frame)
    ),
    "extend_wrap_up": lambda frame: ExtendWrapUp(_command_id(frame)),
    "sign_out": lambda frame: SignOut(_command_id(frame)),
    "finish_wrap_up": lambda frame: FinishWrapUp(_command_id(frame)),
    "fold": lambda frame: FoldWidget(_command_id(frame), _switch(frame, "on")),
    "search": lambda frame: Search(_command_id(frame), _text(frame, "text")[:MAX_SEARCH]),
    "devices": lambda frame: ChooseDevices(_command_id(frame), _devices(frame)),
    "ping": lambda frame: Ping(_id(frame)),
}


def frame(t: str, **fields: Any) -> str:
    """One JSON frame to the widget's frame."""
    return json.dumps({"t": t, **fields}, ensure_ascii=False, separators=(",", ":"))


def error_fields(error: CcError | type[CcError]) -> dict[str, Any]:
    """``code``, ``reason`` and ``message`` of an error, the last in the language that is active now."""
    shown = error() if isinstance(error, type) else error
    return {"code": shown.code, "reason": shown.reason, "message": shown.message}
