"""``python -m widget.media.relay``: the relay process. Started by MediaService, never by hand.

It inherits the control socket and the browser sockets as file descriptors, and ends when the control socket closes.
"""

import argparse
import gc
import resource
import signal
import socket

from widget.media.relay.commands import Commands
from widget.media.relay.promptness import be_prompt
from widget.media.relay.reports import Reports
from widget.media.relay.worker import Worker


def main() -> None:
    arguments = _parse_arguments()
    # The parent must first hang up its calls in order.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _allow_many_sockets()
    be_prompt()
    control = socket.socket(fileno=arguments.control)
    control.settimeout(0)
    browser_sockets = [socket.socket(fileno=fd) for fd in arguments.browser]
    worker = Worker(control, browser_sockets)
    commands = Commands(worker)
    Reports(worker, silence_seconds=arguments.silence)
    # The loop makes no cycles, so the collector would only ever cost time.
    gc.freeze()
    gc.disable()
    try:
        worker.run()
    finally:
        commands.close()
        worker.close()
        for leg in worker.carriers.values():
            leg.close()
        for opened in (control, *browser_sockets):
            opened.close()


def _allow_many_sockets() -> None:
    """A socket per call goes beyond the usual soft limit."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="widget.media.relay")
    parser.add_argument("--control", type=int, required=True, help="file descriptor of the control socket")
    parser.add_argument("--browser", type=int, action="append", default=[], help="file descriptor of a browser socket")
    parser.add_argument("--silence", type=int, default=8, help="seconds after which a quiet browser is reported")
    return parser.parse_args()


if __name__ == "__main__":
    main()
