"""The models, one concern per module; import them from here."""

from widget.models.agent import Agent, AgentGroup, AgentStatus
from widget.models.application import Application, generate_api_secret
from widget.models.call import Call, CallDirection, CallEvent, CallState, EndedBy, new_call_id
from widget.models.credential import Credential
from widget.models.inbound import InboundNumber
from widget.models.language import Direction, Language
from widget.models.live import LiveBoard
from widget.models.mode import Mode, Theme
from widget.models.text import TextOverride
from widget.models.trunk import Trunk, TrunkRoute, TrunkTransport

__all__ = [
    "Agent",
    "AgentGroup",
    "AgentStatus",
    "Application",
    "Call",
    "CallDirection",
    "CallEvent",
    "CallState",
    "Credential",
    "Direction",
    "EndedBy",
    "InboundNumber",
    "Language",
    "LiveBoard",
    "Mode",
    "TextOverride",
    "Theme",
    "Trunk",
    "TrunkRoute",
    "TrunkTransport",
    "generate_api_secret",
    "new_call_id",
]
