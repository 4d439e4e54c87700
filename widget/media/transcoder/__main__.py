"""``python -m widget.media.transcoder``: the transcoder process. Started by MediaService, never by hand.

It inherits the control socket as a file descriptor, gets the relays' sockets through it, and ends when it closes.
"""

import argparse
import signal
import socket

from widget.media.transcoder.worker import Worker


def main() -> None:
    parser = argparse.ArgumentParser(prog="widget.media.transcoder")
    parser.add_argument("--control", type=int, required=True, help="file descriptor of the control socket")
    arguments = parser.parse_args()
    # The parent must first hang up its calls in order.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    control = socket.socket(fileno=arguments.control)
    worker = Worker(control)
    try:
        worker.run()
    finally:
        worker.close()
        control.close()


if __name__ == "__main__":
    main()
