"""Where a call runs: which trunk, with which codecs, and which number it shows."""

from dataclasses import dataclass

from widget.sip.trunk import Trunk


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """``codecs`` in the trunk's order of preference; ``caller`` is the number that the called party sees."""

    trunk: Trunk
    codecs: tuple[str, ...]
    caller: str
