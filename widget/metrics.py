"""``/cc/metrics``: counts in Prometheus' text format, for the addresses that the setting lists and nobody else."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from widget import conf
from widget.api.client_address import client_address, is_in
from widget.media.relay_health import MediaStatistics
from widget.switchboard import gauges
from widget.switchboard.gauges import Gauges

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Serve the counts; to whom it is not for, there is no such page."""
    settings = conf.current()
    meta = request.META
    address = client_address(
        meta.get("REMOTE_ADDR") or "", meta.get("HTTP_X_FORWARDED_FOR", ""), trusted_proxies=settings.trusted_proxies
    )
    if not is_in(address, settings.metrics_allow):
        raise Http404
    response = HttpResponse("".join(_all_lines(gauges.current())), content_type=CONTENT_TYPE)
    response["Cache-Control"] = "no-store"
    return response


def _all_lines(now: Gauges | None) -> Iterator[str]:
    yield from _lines(now)
    if now is not None:
        yield from _lines_of_relays(now.relays)


def _lines(now: Gauges | None) -> Iterator[str]:
    for name, kind, text, value in _samples(now):
        yield f"# HELP ccsdk_{name} {text}\n# TYPE ccsdk_{name} {kind}\nccsdk_{name} {value:g}\n"


def _lines_of_relays(relays: Sequence[MediaStatistics]) -> Iterator[str]:
    """What differs between several relays, each under its number."""
    for name, kind, text, read in _OF_EACH:
        yield f"# HELP ccsdk_{name} {text}\n# TYPE ccsdk_{name} {kind}\n"
        yield from (f'ccsdk_{name}{{relay="{number}"}} {read(relay):g}\n' for number, relay in enumerate(relays))


_OF_EACH: tuple[tuple[str, str, str, Callable[[MediaStatistics], float]], ...] = (
    ("each_relay_carrier_legs", "gauge", "A relay's open legs towards carriers.", lambda relay: relay.carrier_legs),
    ("each_relay_browser_legs", "gauge", "A relay's open legs towards browsers.", lambda relay: relay.browser_legs),
    ("each_relay_cpu_share", "gauge", "A relay's share of one core, 0 to 1.", lambda relay: relay.cpu_share),
    ("each_relay_restarts_total", "counter", "How often a relay was replaced.", lambda relay: relay.restarts),
)


def _samples(now: Gauges | None) -> Iterator[tuple[str, str, str, float]]:
    yield "up", "gauge", "Whether a switchboard runs here, or answers from its own process.", now is not None
    if now is None:
        return
    media = now.media
    yield "draining", "gauge", "Whether new calls are refused because the server stops.", now.is_draining
    yield "calls", "gauge", "Calls that are live.", now.calls
    yield "bridged_calls", "gauge", "Calls that go on without an agent: two far ends that were joined.", now.bridged
    yield "carrier_legs", "gauge", "Open legs towards carriers.", media.carrier_legs
    yield "browser_legs", "gauge", "Open legs towards browsers.", media.browser_legs
    yield "refused_calls_total", "counter", "Calls refused past the capacity.", now.refused
    yield "relay_cpu_share", "gauge", "What the relays take, in cores.", media.cpu_share
    yield "relay_cpu_seconds_total", "counter", "CPU that relays used.", media.cpu_seconds
    yield "relay_restarts_total", "counter", "Relays that died or hung and were replaced.", media.restarts
    transcoding = now.transcoding
    yield "transcoded_calls", "gauge", "Calls that are transcoded.", transcoding.calls
    yield "transcoded_calls_total", "counter", "Calls that were transcoded.", transcoding.calls_total
    yield "transcoded_refused_total", "counter", "Calls refused as too many were.", transcoding.refused_calls
    yield "transcoder_cpu_seconds_total", "counter", "CPU that transcoders used.", transcoding.cpu_seconds
    yield (
        "transcoder_restarts_total",
        "counter",
        "Transcoders that died or hung and were replaced.",
        transcoding.restarts,
    )
    yield "stray_datagrams_total", "counter", "Datagrams on the browsers' port from nowhere known.", media.strays
    yield "stun_held_back_total", "counter", "STUN and DTLS datagrams held back as a flood.", media.held_back
    yield "srtp_rejected_total", "counter", "SRTP and SRTCP that was forged, damaged or repeated.", media.rejected
    yield "srtp_replayed_total", "counter", "SRTP and SRTCP among it that was repeated.", media.replayed
    yield "relay_undelivered_total", "counter", "Messages that the relay could not hand over.", media.undelivered
