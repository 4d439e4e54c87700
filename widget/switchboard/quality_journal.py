"""The database's side of ``quality_log``; synchronous, called through the ledger, never by the audio path."""

from dataclasses import asdict

from widget import models
from widget.switchboard.quality_log import QualityRecord


def record_quality(call_id: str, record: QualityRecord) -> None:
    """Write what a call sounded like so far over what was written before; a record that was deleted stays deleted."""
    if models.Call.objects.filter(pk=call_id).exists():
        models.CallQuality.objects.update_or_create(call_id=call_id, defaults=asdict(record))
