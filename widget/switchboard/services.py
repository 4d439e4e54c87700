"""What every desk shares."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from widget.calls.call import Limits
from widget.media.service import MediaService
from widget.sip.user_agent import UserAgent
from widget.switchboard.bridges import Bridges
from widget.switchboard.capacity import Capacity
from widget.switchboard.health_monitor import HealthMonitor
from widget.switchboard.inbound import InboundOffered
from widget.switchboard.ladder import Ladder
from widget.switchboard.legs import LegDirectory
from widget.switchboard.refer_refusals import ReferRefusals
from widget.switchboard.trunk_load import TrunkLoad


@dataclass(slots=True, kw_only=True)
class Services:
    """``send`` talks to one socket's channel, ``announce`` tells all sockets of an agent that something changed.

    ``announce_presence`` tells who looks at a group, by its key. ``offer`` lets another agent's desk ring.
    """

    sip: UserAgent
    media: MediaService
    limits: Limits
    send: Callable[[str, dict[str, Any]], Awaitable[None]]
    announce: Callable[[int], Awaitable[None]]
    health: HealthMonitor
    capacity: Capacity
    announce_presence: Callable[[int], Awaitable[None]]
    offer: Callable[[int, InboundOffered], None]
    legs: LegDirectory = field(default_factory=LegDirectory)
    ladder: Ladder = field(default_factory=Ladder)
    load: TrunkLoad = field(default_factory=TrunkLoad)
    refusals: ReferRefusals = field(default_factory=ReferRefusals)
    bridges: Bridges = field(default_factory=Bridges)
    is_draining: bool = False
