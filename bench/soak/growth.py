"""What the server's processes hold, sampled again and again."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench.bridge.process import descriptors, resident_kb, threads, udp_sockets

#: Memory may settle in the first stretch; what it grows by afterwards is a leak.
MAX_GROWTH = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """Kilobytes of the server and of its relays together, counts of all."""

    server: float
    relays: float
    descriptors: int
    threads: int
    udp: int

    @classmethod
    def of(cls, pids: list[int]) -> "Sample":
        return cls(
            server=resident_kb(pids[:1]),
            relays=resident_kb(pids[1:]),
            descriptors=descriptors(pids),
            threads=threads(pids),
            udp=udp_sockets(pids),
        )

    def row(self) -> str:
        return (
            f"{self.server / 1024:.1f} | {self.relays / 1024:.1f} | {self.descriptors} | {self.threads} | {self.udp} |"
        )


def grown(earlier: Sequence[Sample], later: Sequence[Sample]) -> Iterator[str]:
    """What is not flat any more, one line each. Counts may go up for a moment, as a thread opens the database anew."""
    for name in ("server", "relays"):
        before, now = getattr(earlier[-1], name), getattr(later[-1], name)
        if now > before * (1 + MAX_GROWTH):
            yield f"memory of the {name} grew from {before / 1024:.1f} to {now / 1024:.1f} MB"
    for name in ("descriptors", "threads", "udp"):
        most, least = max(getattr(one, name) for one in earlier), min(getattr(one, name) for one in later)
        if least > most:
            yield f"{name}: {most} became {least}"
