"""How far each codec impairs what is heard, for the E-model. Pure.

A codec is judged on the scale of its own band, and all scales end at 100: narrow-band by ITU-T G.107, wide-band by
G.107.1, full-band by G.107.2. So a call in G.711 is not called worse for being a telephone call.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Coding:
    """``best`` is R with all defaults and nothing lost, ``scale`` makes that band's R one of G.107's (G.107.1 and
    G.107.2, annexes A). ``equipment`` is Ie, ``robustness`` Bpl, ``worst`` what Ie grows to as everything is lost."""

    best: float
    scale: float
    equipment: float
    robustness: float
    worst: float

    def rated(self, percent_lost: float, burst_ratio: float) -> float:
        """R on the scale of G.107: Ie,eff of its section 7.5, which the other two repeat."""
        lost = percent_lost / (percent_lost / max(burst_ratio, 1.0) + self.robustness)
        impairment = self.equipment + (self.worst - self.equipment) * lost
        return (self.best - impairment) / self.scale


#: ITU-T G.113 appendix I, losses at random: with the concealment of G.711 appendix I, or one like it, as all browsers
#: have (without any it were 4.3). Nobody has published how well browsers conceal.
_CONCEALED: Final = 25.1
G711: Final = Coding(best=93.2, scale=1.0, equipment=0.0, robustness=_CONCEALED, worst=95.0)
#: Ie,wb at 64 kbit/s: G.113 appendix IV. A Bpl,wb of it is not known to us: browsers conceal it as they conceal G.711,
#: on the decoded signal.
G722: Final = Coding(best=129.0, scale=1.29, equipment=13.0, robustness=_CONCEALED, worst=95.0)
#: Browsers' 32 kbit/s at a variable rate. ITU-T has published no values; these are of Al-Ahmadi, Pocta and Melvin (ACM
#: TOMM, 2021, doi:10.1145/3458751) as their code has them: super-wide band, variable 31 kbit/s, losses at random. In
#: bursts they found a Bpl of 8.82; here the bursts that were counted have that effect (BurstR).
OPUS: Final = Coding(best=148.0, scale=1.48, equipment=16.83, robustness=10.44, worst=132.0)

_CODINGS: Final = {"PCMU": G711, "PCMA": G711, "G722": G722, "opus": OPUS}


def coding_of(*codecs: str) -> Coding:
    """Of what is heard through these codecs, one after the other: the narrowest band is what is left. G.711's for names
    that are not known."""
    return min((_CODINGS.get(codec, G711) for codec in codecs), key=lambda coding: coding.scale, default=G711)
