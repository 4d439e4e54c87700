"""The trunks of the database, in the words of the switchboard and of SIP.

Every function here is synchronous and is called through ``database_sync_to_async``.
"""

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network

from django.db.models import QuerySet

from widget import models
from widget.calls.agent import AgentStatus
from widget.calls.rewriting import NumberRule, rewrite
from widget.encryption import SecretUnreadableError
from widget.errors import NoTrunkError
from widget.models import RewrittenNumber
from widget.sip.tls import TlsOptions
from widget.sip.trunk import Identity, Transport, Trunk
from widget.switchboard.route import Route, TrunkAudio, TrunkLimits

logger = logging.getLogger(__name__)

Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownTrunk:
    """An enabled trunk: what calls that come in from it need. ``sources``: where they come from beside its host."""

    id: int
    trunk: Trunk
    codecs: tuple[str, ...]
    audio: TrunkAudio
    limits: TrunkLimits
    caller_rules: tuple[NumberRule, ...] = ()
    sources: tuple[Network, ...] = ()

    def route(self, caller: str) -> Route:
        """The route of a call from outside; ``caller`` as the carrier writes it."""
        return Route(
            trunk=self.trunk,
            codecs=self.codecs,
            caller=rewrite(caller, self.caller_rules),
            audio=self.audio,
            limits=self.limits,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidates:
    """Who could take an inbound call: idle agents, longest idle first; ``is_staffed``: somebody is signed in at all."""

    trunk_id: int
    idle: tuple[int, ...]
    is_staffed: bool


def routes_of(agent_id: int) -> tuple[Route, ...]:
    """The trunks for an agent's next call: the group's, else the application's that no group has, the oldest first.

    By priority, but not yet by chance. Raises NoTrunkError.
    """
    agent = models.Agent.objects.get(pk=agent_id)
    listed = models.TrunkRoute.objects.filter(group=agent.group_id, trunk__enabled=True).order_by("priority", "pk")
    of_group = listed.select_related("trunk").prefetch_related("trunk__number_rules")
    routes = tuple(_route(row.trunk, agent, priority=row.priority, weight=row.weight) for row in of_group)
    if not routes:
        free = _enabled().filter(application=agent.application_id, routes=None)
        routes = tuple(_route(row, agent, priority=place) for place, row in enumerate(free, start=1))
    if not routes:
        raise NoTrunkError(f"agent {agent.account}")
    return routes


def known_trunks() -> list[KnownTrunk]:
    """Every enabled trunk. One whose secrets cannot be read is left out: it must not stop the others."""
    return list(_known())


def _known() -> Iterator[KnownTrunk]:
    for row in _enabled():
        try:
            yield known_trunk(row)
        except SecretUnreadableError as error:
            logger.error("trunk=%d is left out: %s", row.pk, error)


def known_trunk(row: models.Trunk) -> KnownTrunk:
    return KnownTrunk(
        id=row.pk,
        trunk=sip_trunk(row),
        codecs=tuple(row.codecs),
        audio=_audio(row),
        limits=_limits(row),
        caller_rules=rules_for(row, RewrittenNumber.CALLER),
        sources=tuple(map(ip_network, row.allowed_sources)),
    )


def candidates(trunk_ids: Iterable[int], number: str) -> Candidates | None:
    """The agents of the group that a number rings on one of these trunks; ``None`` when it rings none.

    A leading + makes no difference. Several trunks at one address are told apart by the number.
    """
    bound = models.InboundNumber.objects.filter(trunk_id__in=trunk_ids)
    digits = number.removeprefix("+")
    chosen = bound.filter(number__in=[digits, f"+{digits}"]).first() or bound.filter(number="").first()
    if chosen is None:
        return None
    staff = models.Agent.objects.filter(group=chosen.group_id, enabled=True).exclude(status=AgentStatus.OFFLINE)
    idle = staff.filter(status=AgentStatus.IDLE, leg_connected=True).order_by("status_since")
    return Candidates(
        trunk_id=chosen.trunk_id, idle=tuple(idle.values_list("pk", flat=True)), is_staffed=staff.exists()
    )


def sip_trunk(row: models.Trunk) -> Trunk:
    """The trunk as the SIP side needs to know it; the secrets leave their encryption here and nowhere else."""
    return Trunk(
        id=row.pk,
        host=row.host,
        port=row.port,
        transport=None if row.transport == models.TrunkTransport.AUTOMATIC else Transport(row.transport.upper()),
        username=row.username,
        password=row.password.reveal(),
        registers=row.registers,
        tls=_tls(row),
        identity=Identity(row.identity),
        from_account=row.from_account,
        domain=row.from_domain,
        privacy=row.privacy,
        extra_headers=_headers(row.extra_headers),
        session_timer_seconds=row.session_timer_seconds,
        reliable_provisional=row.reliable_provisional == models.ReliableProvisional.REQUIRED,
        offers_reliable=row.reliable_provisional != models.ReliableProvisional.OFF,
        late_offer=row.late_offer,
    )


def rules_for(row: models.Trunk, number: RewrittenNumber) -> tuple[NumberRule, ...]:
    """A trunk's rules for one of a call's numbers, in their order."""
    chosen = sorted((rule.position, rule.pk, rule) for rule in row.number_rules.all() if rule.applies_to == number)
    return tuple(NumberRule(rule.prefix, rule.replacement, rule.min_digits, rule.max_digits) for *_, rule in chosen)


def _enabled() -> QuerySet[models.Trunk]:
    return models.Trunk.objects.filter(enabled=True).order_by("pk").prefetch_related("number_rules")


def _route(row: models.Trunk, agent: models.Agent, *, priority: int, weight: int = 1) -> Route:
    return Route(
        trunk=sip_trunk(row),
        codecs=tuple(row.codecs),
        caller=rewrite(agent.display_number or row.caller_id, rules_for(row, RewrittenNumber.CALLER_ID)),
        audio=_audio(row),
        limits=_limits(row),
        called_rules=rules_for(row, RewrittenNumber.CALLED),
        priority=priority,
        weight=weight,
    )


def _audio(row: models.Trunk) -> TrunkAudio:
    return TrunkAudio(
        srtp=row.srtp,
        ptime_ms=row.ptime_ms,
        dtmf=row.dtmf,
        latches=row.latching,
        shares_port=row.shared_port and not row.latching,
    )


def _limits(row: models.Trunk) -> TrunkLimits:
    return TrunkLimits(calls=row.max_calls, per_second=row.calls_per_second)


def _tls(row: models.Trunk) -> TlsOptions:
    return TlsOptions(
        ca=row.tls_ca,
        certificate=row.tls_certificate,
        key=row.tls_key.reveal(),
        server_name=row.tls_server_name,
        verify=row.tls_verify,
    )


def _headers(lines: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """From ``X-Name: value``."""
    split = (line.partition(":") for line in lines)
    return tuple((name.strip(), value.strip()) for name, _, value in split)
