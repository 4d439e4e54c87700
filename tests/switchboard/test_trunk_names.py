"""Trunks by names of which DNS knows only where their service is, or nothing at all."""

from unittest.mock import AsyncMock, patch

import pytest
from asgiref.sync import sync_to_async

from tests.switchboard.board import Board, Seat
from tests.switchboard.test_trunks import second_trunk
from widget.models import Trunk
from widget.sip.dns_questions import Service
from widget.sip.services import ServiceDirectory

pytestmark = pytest.mark.django_db(transaction=True)


async def test_a_domain_that_has_service_records_alone_can_be_called(seat: Seat, board: Board) -> None:
    """Its name has no address of its own, so nothing may ask for one."""
    service = Service(1, 0, *board.carrier.address)
    await Trunk.objects.aupdate(host="carrier.invalid", port=0)
    with patch.object(ServiceDirectory, "services", AsyncMock(return_value=(service,))):
        assert (await seat.dial("12025550100"))["ok"]
        await seat.talking()
        await seat.hang_up()
        await seat.ended()


async def test_a_name_that_leads_nowhere_is_followed_by_the_next_trunk(seat: Seat, board: Board) -> None:
    second = await sync_to_async(second_trunk)(seat.agent, host="carrier.invalid")
    assert (await seat.dial("12025550100"))["ok"]
    assert (await seat.talking()).trunk_id == second.pk


async def test_the_last_trunk_may_lead_nowhere_too(seat: Seat, board: Board) -> None:
    await sync_to_async(second_trunk)(seat.agent)
    await Trunk.objects.aupdate(host="carrier.invalid")
    assert (await seat.dial("12025550100"))["ok"]
    assert (await seat.ended()).termination == "transport_failed"
