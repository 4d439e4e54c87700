import pytest

from widget.media.addresses import open_udp
from widget.media.relay.net import BATCH, Inbox, Outbox, Peer, Slots, pack_address, unpack_address


@pytest.mark.parametrize(("host", "port"), [("192.0.2.1", 1), ("127.0.0.1", 65535), ("2001:db8::1", 4000)])
def test_addresses_survive_their_packed_form(host: str, port: int) -> None:
    assert unpack_address(pack_address(host, port)) == (host, port)
    assert unpack_address(Peer(host, port).key) == (host, port)


@pytest.mark.parametrize("host", ["example.com", "", "300.1.1.1"])
def test_only_literals_are_packed(host: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        pack_address(host, 1)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_many_datagrams_go_out_and_come_in_together(host: str) -> None:
    with open_udp(host, 0) as ours, open_udp(host, 0) as theirs:
        outbox, inbox = Outbox(ours.fileno(), ours.family), Inbox(theirs.fileno(), theirs.family)
        peer, slots = Peer(host, theirs.getsockname()[1]), Slots(BATCH + 3)
        for number in range(BATCH + 3):
            slots.views[number][:2] = number.to_bytes(2, "big")
            outbox.add(slots.locations[number], 2, peer)
        outbox.flush()
        received: list[int] = []
        while count := inbox.receive():
            assert unpack_address(inbox.read(inbox.memory, inbox.names[0])[0]) == ours.getsockname()[:2]
            received += [int.from_bytes(inbox.views[index][: inbox.lengths[index]], "big") for index in range(count)]
        assert received == list(range(BATCH + 3))


def test_a_destination_that_the_kernel_refuses_stops_no_other() -> None:
    with open_udp("127.0.0.1", 0) as ours, open_udp("127.0.0.1", 0) as theirs:
        outbox, slots = Outbox(ours.fileno(), ours.family), Slots(1)
        for peer in (Peer("127.0.0.1", 0), Peer("127.0.0.1", theirs.getsockname()[1])):
            outbox.add(slots.locations[0], 8, peer)
        outbox.flush()
        assert outbox.unsent == 1
        assert len(theirs.recv(100)) == 8
