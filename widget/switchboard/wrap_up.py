"""After-call work: which call is wrapped up, and until when."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


@dataclass(slots=True)
class WrapUp:
    """``seconds`` is what the agent's group allows, 0 = no after-call work at all."""

    seconds: float = 0
    call_id: str = ""
    ends_at: datetime | None = None

    def begin(self, call_id: str) -> None:
        self.call_id = call_id
        self.ends_at = datetime.now(UTC) + timedelta(seconds=self.seconds)

    def clear(self) -> None:
        self.call_id, self.ends_at = "", None
