"""The caller's side on sippy, for ``bench.signalling``: run by a Python that has sippy and nothing of ours.

``python bench/sippy_caller.py rate PORT RATE SECONDS`` or ``… held PORT COUNT``; prints one JSON object in the units of
``bench.signalling.Rate``, or KiB per held dialog.
"""

import gc
import json
import resource
import sys
import time
from pathlib import Path

from sippy.CCEvents import CCEventConnect, CCEventDisconnect, CCEventFail, CCEventTry
from sippy.Core.EventDispatcher import ED2
from sippy.MsgBody import MsgBody
from sippy.SipConf import SipConf
from sippy.SipTransactionManager import SipTransactionManager
from sippy.Time.Timeout import Timeout
from sippy.UA import UA

SDP = (
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0 8 101\r\n"
    "a=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\na=sendrecv\r\n"
)
#: After the last answer until the INVITE's transaction has gone (64 T1).
SETTLE_SECONDS = 33.0
TICK_SECONDS = 0.005


class Silence:
    """Sippy wants a logger; logging is not what is measured."""

    def write(self, *_: object, **__: object) -> None:
        """Nowhere."""


class Caller:
    """Places calls and hears what becomes of them."""

    def __init__(self, port: int, *, hangs_up: bool) -> None:
        SipConf.my_address, SipConf.my_port = "127.0.0.1", 0
        self.config = {"_sip_address": "127.0.0.1", "_sip_port": _free_port(), "_sip_logger": Silence()}
        SipConf.my_port = self.config["_sip_port"]
        self.config["_sip_tm"] = SipTransactionManager(self.config, lambda *_: None)
        self.target, self.hangs_up = ("127.0.0.1", port), hangs_up
        self.placed = self.ended = self.failed = 0
        self.delays: list[float] = []
        self.live: dict[int, tuple[UA, float]] = {}

    def place(self) -> None:
        agent = UA(self.config, event_cb=self.hear, nh_address=self.target)
        self.live[id(agent)] = agent, time.monotonic()
        self.placed += 1
        agent.recvEvent(CCEventTry((None, "200", "100", MsgBody(SDP), None, None)))

    def hear(self, event: object, agent: UA) -> None:
        if isinstance(event, CCEventConnect):
            self.delays.append(time.monotonic() - self.live[id(agent)][1])
            if self.hangs_up:
                agent.recvEvent(CCEventDisconnect())
                self.ended += 1
                del self.live[id(agent)]
        elif isinstance(event, CCEventFail):
            self.failed += 1
            self.ended += 1


def _free_port() -> int:
    import socket

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def rate(port: int, per_second: int, seconds: float) -> dict[str, object]:
    """Calls at an even rate, each hung up when it is answered."""
    caller, wanted = Caller(port, hangs_up=True), int(per_second * seconds)
    begin, cpu = time.monotonic(), time.process_time()

    def tick() -> None:
        while caller.placed < min(wanted, int((time.monotonic() - begin) * per_second) + 1):
            caller.place()
        if caller.ended == wanted:
            # The last BYEs are still on their way.
            timer.cancel()
            Timeout(lambda: ED2.breakLoop(), 0.5, 1)

    timer = Timeout(tick, TICK_SECONDS, -1)
    ED2.loop(timeout=40)
    used = (time.process_time() - cpu) / wanted
    return {"cpu_seconds": used, "delays": caller.delays, "failed": wanted - caller.ended + caller.failed}


def held(port: int, count: int) -> dict[str, object]:
    """KiB of resident memory per answered call that is held, transactions gone."""
    caller, before, answered_at = Caller(port, hangs_up=False), _resident_kib(), [0.0]

    def tick() -> None:
        if caller.placed < count and caller.placed - len(caller.delays) < 40:
            caller.place()
        if len(caller.delays) + caller.failed >= count:
            answered_at[0] = answered_at[0] or time.monotonic()
            if time.monotonic() - answered_at[0] > SETTLE_SECONDS:
                ED2.breakLoop()

    timer = Timeout(tick, TICK_SECONDS, -1)
    ED2.loop(timeout=180)
    timer.cancel()
    return {"kib": (_resident_kib() - before) / count, "failed": caller.failed}


def _resident_kib() -> float:
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1024


if __name__ == "__main__":
    kind, *numbers = sys.argv[1:]
    told = rate(int(numbers[0]), int(numbers[1]), float(numbers[2])) if kind == "rate" else held(*map(int, numbers))
    print(json.dumps(told))
