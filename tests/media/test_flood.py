"""What of a flood passes, and whose budget it takes."""

from widget.media.relay.flood import PER_ADDRESS, UNPROVED, Flood


def test_one_address_has_so_many_a_second() -> None:
    flood = Flood()
    assert [flood.admits(b"a", is_proved=True) for _ in range(PER_ADDRESS + 2)][-3:] == [True, False, False]
    assert flood.admits(b"b", is_proved=True)
    assert flood.held_back == 2
    flood.renew()
    assert flood.admits(b"a", is_proved=True)


def test_strangers_cannot_use_up_what_a_live_call_needs() -> None:
    flood = Flood()
    passed = sum(flood.admits(number.to_bytes(4), is_proved=False) for number in range(2 * UNPROVED))
    assert passed == UNPROVED
    assert flood.admits(b"live", is_proved=True)
    assert not flood.admits(b"stranger", is_proved=False)
