"""What a page asks for, as commands of the switchboard."""

import dataclasses
from collections.abc import Mapping
from types import MappingProxyType

from widget import wire
from widget.switchboard import messages

_COMMANDS: Mapping[type[wire.Intent], type[messages.Command]] = MappingProxyType(
    {
        wire.OfferAudio: messages.OfferAudio,
        wire.Dial: messages.Dial,
        wire.HangUp: messages.HangUp,
        wire.AnswerCall: messages.AnswerCall,
        wire.RejectCall: messages.RejectCall,
        wire.Mute: messages.Mute,
        wire.Hold: messages.Hold,
        wire.PressKeys: messages.PressKeys,
        wire.Transfer: messages.Transfer,
        wire.CompleteTransfer: messages.CompleteTransfer,
        wire.CancelTransfer: messages.CancelTransfer,
        wire.SwapCalls: messages.SwapCalls,
        wire.ChooseStatus: messages.ChooseStatus,
        wire.WriteRemark: messages.WriteRemark,
        wire.ExtendWrapUp: messages.ExtendWrapUp,
        wire.FinishWrapUp: messages.FinishWrapUp,
    }
)
"""Intents that the switchboard carries out; their fields have the same names on both sides."""


def command_of(intent: wire.Intent, *, agent: int, channel: str) -> messages.Command:
    """An intent as the switchboard's command; its id travels along, and with it what makes it idempotent."""
    fields = {field.name: getattr(intent, field.name) for field in dataclasses.fields(intent)}
    return _COMMANDS[type(intent)](agent=agent, channel=channel, command=fields.pop("id"), **fields)
