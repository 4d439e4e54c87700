"""Handing a far end over: to somebody outside by REFER, to a colleague by giving them the call's dialog and audio."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from widget.calls import events
from widget.calls.call import CallState
from widget.calls.transfer import Transfer, TransferKind, TransferState
from widget.sip.incoming import IncomingCall
from widget.sip.outgoing import OutgoingCall
from widget.sip.transferable import TransferableCall
from widget.sip.uri import InvalidUriError
from widget.switchboard.carrier_audio import CarrierAudio
from widget.switchboard.colleague_line import CalledEnd, HandedCall

if TYPE_CHECKING:
    from widget.switchboard.live_call import LiveCall

logger = logging.getLogger(__name__)


METHOD_NOT_ALLOWED = 405


def pass_on(live: LiveCall, transfer: Transfer) -> None:
    """By REFER; a colleague's desk takes the call over by itself. Who is known to refuse is not asked, nor is a
    colleague who is to talk to a number: that is for us to do."""
    dialog = live.dialog
    if transfer.agent_id:
        return
    if not isinstance(dialog, OutgoingCall | IncomingCall) or _would_refuse(live, dialog):
        live.transfer_refused(METHOD_NOT_ALLOWED)
    elif transfer.kind is TransferKind.ATTENDED:
        _refer_into(live, dialog)
    else:
        _refer(live, dialog, transfer.to)


def _would_refuse(live: LiveCall, dialog: TransferableCall) -> bool:
    return dialog.refuses_refer or live.refusals.expects(live.route.trunk.id)


def note_refusal(live: LiveCall, sip_code: int) -> None:
    """A transfer failed; before it was taken that says something about the carrier."""
    transfer = live.call.transfer
    if transfer is not None and transfer.state is TransferState.ASKED:
        live.refusals.note(live.route.trunk.id, sip_code)


def _refer(live: LiveCall, dialog: OutgoingCall | IncomingCall, number: str) -> None:
    try:
        dialog.transfer(number)
    except InvalidUriError:
        live.transfer_refused()


def _refer_into(live: LiveCall, dialog: TransferableCall) -> None:
    """The far end takes our place in the call with the consulted party (RFC 5589 section 7)."""
    other = live.consulted and live.consulted.dialog
    if isinstance(other, TransferableCall) and other.dialog is not None and dialog.dialog is not None:
        dialog.transfer_into(other)
    else:
        live.transfer_refused()


async def take_over(heir: LiveCall, source: LiveCall) -> bool:
    """Go on with a colleague's far end in place of our own, which was the colleague, or nobody yet.

    False when there is nothing to take any more; the heir then hears that its caller left.
    """
    own, line = heir.audio, heir.incoming
    if not _give(source, heir):
        heir.post(events.CarrierHungUp())
        return False
    if isinstance(line, CalledEnd | HandedCall):
        line.release()
    logger.info("call=%s takes over call=%s", heir.call.id, source.call.id)
    await own.close()
    heir.part()
    await heir.join()
    if heir.audio.is_held:
        await heir.offer_hold(on=False)
    return True


def _give(source: LiveCall, heir: LiveCall) -> bool:
    """Give the far end away, if it is still there; in one step, so that nothing of it is lost in between.

    What SIP reports of it from now on is the heir's, and what ends at the source releases nothing of it.
    """
    dialog = source.dialog
    if source.call.state is not CallState.TALKING or dialog is None or dialog.ended:
        return False
    heir.outgoing, heir.incoming = source.outgoing, source.incoming
    heir.audio, heir.route = source.audio, source.route
    heir.slot, source.slot = source.slot, None
    source.outgoing = source.incoming = None
    source.audio = CarrierAudio(leg=f"{source.call.id}-handed", media=source.audio.media, codecs=source.audio.codecs)
    tell, source.post = source.post, heir.post
    tell(events.TransferMade())
    return True
