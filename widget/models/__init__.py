"""The models, one concern per module; import them from here."""

from widget.models.agent import Agent, AgentGroup, AgentStatus
from widget.models.application import Application, generate_api_secret
from widget.models.call import (
    Call,
    CallDirection,
    CallEvent,
    CallState,
    EndedBy,
    TransferKind,
    TransferState,
    new_call_id,
)
from widget.models.credential import Credential
from widget.models.inbound import InboundNumber
from widget.models.ladder import CallMessage
from widget.models.language import Direction, Language
from widget.models.live import LiveBoard
from widget.models.mode import Mode, Theme
from widget.models.number_rule import NumberRule, RewrittenNumber
from widget.models.quality import CallQuality, QualityVerdict
from widget.models.role import Role, RoleKind
from widget.models.text import TextOverride
from widget.models.trunk import Trunk, TrunkTransport
from widget.models.trunk_count import TrunkCount
from widget.models.trunk_health import HealthState, TrunkHealth
from widget.models.trunk_identity import CallerIdentity
from widget.models.trunk_media import Dtmf, ReliableProvisional, Srtp
from widget.models.trunk_route import TrunkRoute

__all__ = [
    "Agent",
    "AgentGroup",
    "AgentStatus",
    "Application",
    "Call",
    "CallDirection",
    "CallEvent",
    "CallMessage",
    "CallQuality",
    "CallState",
    "CallerIdentity",
    "Credential",
    "Direction",
    "Dtmf",
    "EndedBy",
    "HealthState",
    "InboundNumber",
    "Language",
    "LiveBoard",
    "Mode",
    "NumberRule",
    "QualityVerdict",
    "ReliableProvisional",
    "RewrittenNumber",
    "Role",
    "RoleKind",
    "Srtp",
    "TextOverride",
    "Theme",
    "TransferKind",
    "TransferState",
    "Trunk",
    "TrunkCount",
    "TrunkHealth",
    "TrunkRoute",
    "TrunkTransport",
    "generate_api_secret",
    "new_call_id",
]
