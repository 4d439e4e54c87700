"""The second half of a trunk's test: what the carrier answers to OPTIONS, and to our credentials."""

import asyncio

from widget.sip.probe import ProbeFailure, ProbeResult
from widget.sip.trunk import Transport, Trunk
from widget.sip.user_agent import UserAgent
from widget.switchboard.findings import Finding, Outcome, Step, fail, note, ok
from widget.switchboard.health import OVERLOADED

PATIENCE_SECONDS = 5.0
CHALLENGES = frozenset({401, 407})
NO_REGISTRAR = frozenset({405, 501})


async def ask(sip: UserAgent, trunk: Trunk, method: str) -> ProbeResult:
    """What the carrier says, with our credentials when it asks for them."""
    answered: asyncio.Future[ProbeResult] = asyncio.get_running_loop().create_future()
    sip.probe(trunk, answered.set_result, method=method, signs_in=True, seconds=PATIENCE_SECONDS)
    return await answered


def judge_options(result: ProbeResult, trunk: Trunk, address: str) -> Finding:
    """Any answer but two shows that somebody is there; what it says of credentials is another step's."""
    if result.failure is ProbeFailure.SILENCE:
        return fail(Step.OPTIONS, "silent" if trunk.transport in {Transport.UDP, None} else "mute", address=address)
    if result.failure is ProbeFailure.NO_WAY:
        return fail(Step.OPTIONS, "unreachable", address=address)
    answer, milliseconds = f"{result.code} {result.phrase}".strip(), round(result.round_trip_seconds * 1000)
    if result.code in OVERLOADED:
        return fail(Step.OPTIONS, "overloaded", answer=answer)
    return ok(Step.OPTIONS, "alive", answer=answer, ms=milliseconds)


def judge_without_account(options: ProbeResult) -> Finding:
    """No user name is entered: the carrier knows us by our address, or does not."""
    if options.code in CHALLENGES:
        return fail(Step.CREDENTIALS, "wants_account")
    if options.code == 403:
        return fail(Step.CREDENTIALS, "unknown_address")
    return ok(Step.CREDENTIALS, "by_address")


def judge_credentials(options: ProbeResult, register: ProbeResult, trunk: Trunk) -> Finding:
    """The first of the two that was challenged decides; then what the registrar thinks of us."""
    for result in (options, register):
        if (asked := _challenged(result)) is not None:
            is_empty = asked.reason == "refused" and not trunk.password
            return fail(Step.CREDENTIALS, "wants_password") if is_empty else asked
    return _judge_registrar(register) if trunk.registers else note(Step.CREDENTIALS, "only_in_calls")


def _challenged(result: ProbeResult) -> Finding | None:
    if not result.challenges:
        return None
    facts = {"answer": f"{result.code} {result.phrase}".strip(), "realm": result.realm}
    if result.code in CHALLENGES:
        return fail(Step.CREDENTIALS, "refused" if result.challenges > 1 else "other_challenge", **facts)
    if result.code == 403:
        return fail(Step.CREDENTIALS, "forbidden", **facts)
    if result.failure is not None:
        return fail(Step.CREDENTIALS, "silent_after", **facts)
    return ok(Step.CREDENTIALS, "accepted", **facts)


def _judge_registrar(register: ProbeResult) -> Finding:
    """A trunk that registers was not asked for credentials."""
    facts = {"answer": f"{register.code} {register.phrase}".strip()}
    if register.failure is not None:
        return fail(Step.CREDENTIALS, "registrar_silent")
    if 200 <= register.code < 300:
        return note(Step.CREDENTIALS, "not_asked")
    if register.code in NO_REGISTRAR:
        return fail(Step.CREDENTIALS, "no_registrar", **facts)
    if register.code == 403:
        return fail(Step.CREDENTIALS, "forbidden", **facts)
    if register.code == 404:
        return fail(Step.CREDENTIALS, "unknown_account", **facts)
    if register.code == 423:
        return note(Step.CREDENTIALS, "interval", **facts)
    return fail(Step.CREDENTIALS, "registrar_failed" if register.code >= 500 else "registrar_error", **facts)


def softened(found: list[Finding]) -> list[Finding]:
    """Where a call went through, what was missed outside of calls is worth a note."""
    *before, last = found
    if last.step is not Step.CALL or last.outcome is not Outcome.OK:
        return found
    return [*map(_as_note, before), last]


def _as_note(finding: Finding) -> Finding:
    if finding.outcome is Outcome.FAIL and finding.step is Step.OPTIONS:
        return note(Step.OPTIONS, "calls_only")
    if finding.reason == "unknown_address":
        return note(Step.CREDENTIALS, "only_calls_allowed")
    return finding
