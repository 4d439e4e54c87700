"""Which leg is joined to which, and what passes between them."""

from widget.media.relay import conversions
from widget.media.relay.legs import BrowserLeg, CarrierLeg
from widget.media.relay.payloads import clock_rate, taken_by, towards_browser, towards_carrier
from widget.media.relay.protocol import Bridge, Join, SetCarrier
from widget.media.relay.transcoding import Transcoding
from widget.media.relay.worker import Worker


class Bridging:
    """A browser with a carrier, or, where no agent is needed any more, two carriers with each other."""

    def __init__(self, worker: Worker, transcoding: Transcoding) -> None:
        self._worker = worker
        self._transcoding = transcoding

    def bridge(self, message: Bridge) -> None:
        carrier = self._worker.carriers[message.carrier]
        self.part(carrier)
        if message.browser is None:
            return
        browser = self._worker.browsers[message.browser]
        if browser.carrier is not None:
            self.part(browser.carrier)
        self._tie(carrier, browser)

    def join(self, message: Join) -> None:
        carrier, other = self._worker.carriers[message.carrier], self._worker.carriers[message.other]
        self.part(carrier)
        self.part(other)
        self._tie(carrier, other)

    def _tie(self, carrier: CarrierLeg, partner: BrowserLeg | CarrierLeg) -> None:
        carrier.partner, partner.partner = partner, carrier
        self._worker.bridges += 1
        self.renew(carrier)

    def part(self, carrier: CarrierLeg) -> None:
        """From whatever it is joined to."""
        partner: BrowserLeg | CarrierLeg | None = carrier.partner
        if partner is not None:
            carrier.settle()
            self._silence(carrier)
            self._silence(partner)
            carrier.partner = partner.partner = None
            self._worker.bridges -= 1

    @staticmethod
    def _silence(source: BrowserLeg | CarrierLeg) -> None:
        source.conversions = {}
        if isinstance(source, CarrierLeg):
            source.backward = {}
        else:
            source.forward = {}

    def renew(self, carrier: CarrierLeg | None) -> None:
        """Build both directions' tables anew, and let both streams continue with whatever comes next."""
        if carrier is None or carrier.terms is None:
            return
        if carrier.browser is not None:
            self._between_both(carrier.browser, carrier, carrier.terms)
        elif carrier.other is not None and carrier.other.terms is not None:
            self._between_carriers(carrier, carrier.terms, carrier.other, carrier.other.terms)

    def _between_both(self, browser: BrowserLeg, carrier: CarrierLeg, terms: SetCarrier) -> None:
        self._let_forward(browser, terms)
        carrier.conversions = conversions.towards_browser(browser.payload_types, terms)
        passes = terms.sends and not carrier.conversions
        carrier.backward = towards_browser(browser.payload_types, terms) if passes else {}
        if browser.conversions or carrier.conversions:
            self._transcoding.want()
        browser.stream.clock_rate = clock_rate(conversions.spoken(browser.payload_types, terms) or "")
        browser.reception.set_clock_rate(browser.stream.clock_rate)
        browser.stream.release()
        self._take_clock(carrier, terms)

    def _between_carriers(self, one: CarrierLeg, terms: SetCarrier, other: CarrierLeg, others: SetCarrier) -> None:
        self._let_through(one, terms, others)
        self._let_through(other, others, terms)
        self._take_clock(one, terms)
        self._take_clock(other, others)

    @staticmethod
    def _take_clock(carrier: CarrierLeg, terms: SetCarrier) -> None:
        carrier.stream.clock_rate = terms.clock_rate
        carrier.reception.set_clock_rate(terms.clock_rate)
        carrier.stream.release()

    @staticmethod
    def _let_forward(browser: BrowserLeg, terms: SetCarrier) -> None:
        """What the browser may send goes to the carrier."""
        browser.conversions = conversions.towards_carrier(browser.payload_types, terms)
        passes = terms.receives and not browser.conversions
        browser.forward = towards_carrier(browser.payload_types, terms) if passes else {}

    def _let_through(self, source: CarrierLeg, terms: SetCarrier, destination: SetCarrier) -> None:
        """What one carrier may send goes to the other, where that wants to hear."""
        source.conversions = conversions.between(terms, destination)
        passes = terms.sends and destination.receives and not source.conversions
        source.backward = towards_browser(taken_by(destination), terms) if passes else {}
        if source.conversions:
            self._transcoding.want()

    def hush(self, carrier: CarrierLeg) -> None:
        """Nothing but what is ours goes to this carrier until :meth:`unhush`."""
        if carrier.partner is not None:
            carrier.settle()
            self._silence(carrier.partner)

    def unhush(self, carrier: CarrierLeg) -> None:
        """Its partner is heard again."""
        browser, other, terms = carrier.browser, carrier.other, carrier.terms
        if browser is not None and terms is not None:
            self._let_forward(browser, terms)
        elif other is not None and terms is not None and other.terms is not None:
            self._let_through(other, other.terms, terms)
