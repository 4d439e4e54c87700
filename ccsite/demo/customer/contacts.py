"""The customer's contacts: one for each number that the simulated carrier has a script for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Contact:
    """A row of the table; ``tone`` groups what happens: answered, refused or special."""

    name: str
    company: str
    phone: str
    happens: str
    tone: str

    @property
    def initials(self) -> str:
        return "".join(part[0] for part in self.name.split()[:2])

    @property
    def shown(self) -> str:
        """The number for people: +1 202 555 0100."""
        return f"+{self.phone[0]} {self.phone[1:4]} {self.phone[4:7]} {self.phone[7:]}"


CONTACTS = (
    Contact("Mara Lindqvist", "Fernhill Bakery", "12025550100", "Answers after a second and echoes you", "answers"),
    Contact("Tom Okafor", "Bluewater Ferries", "12025550101", "Plays an announcement, then hangs up", "answers"),
    Contact("Priya Raman", "Juniper Dental", "12025550102", "Is busy", "refuses"),
    Contact("Jonas Weber", "Kestrel Cycles", "12025550103", "Rings and never answers", "waits"),
    Contact("Aiko Tanabe", "Paper Crane Books", "12025550104", "Declines the call", "refuses"),
    Contact("Luis Herrera", "Casa Verde Garden", "12025550105", "Early media: a tone, then an answer", "answers"),
    Contact("Nadia Haddad", "Cedar & Salt", "12025550106", "Answers, hangs up after five seconds", "answers"),
    Contact("Sam Whitlock", "Harbour Hardware", "12025550107", "Repeats each keypad digit as its tone", "answers"),
    Contact("Ines Duarte", "Northgate Clinic", "12025550108", "Service unavailable", "refuses"),
    Contact("Oleg Marin", "Foxglove Florist", "12025550109", "Number not found", "refuses"),
    Contact("Grace Bello", "Sunrise Solar", "12025550110", "Silence: no response at all", "waits"),
    Contact("Theo Laurent", "Atelier Laurent", "12025550111", "Carrier asks for a password, then echoes", "answers"),
    Contact("Wanda Kowal", "Quiet Hours Spa", "12025550112", "Answers and sends no sound at all", "answers"),
    Contact("Ravi Menon", "Monsoon Textiles", "12025550113", "Echoes over a line that loses a twentieth", "answers"),
    Contact("Lena Bakke", "Fjord & Forest Tours", "12025550114", "Echoes late, over a line with jitter", "answers"),
    Contact("Hugo Brandt", "Lighthouse Films", "12025550115", "Is busy, calls you back at once", "answers"),
    Contact("Dario Conti", "Old Mill Cheese", "12025550116", "Echoes; its carrier transfers nothing", "answers"),
)
