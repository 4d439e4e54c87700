"""``python -m widget.simulator``: the simulated carrier without Django."""

import argparse
import asyncio
import logging
import sys

from widget.simulator.command_line import add_arguments, config_from, serve


def main() -> int:
    """Run until interrupted; 2 for options that make no sense, 1 for an address that cannot be bound."""
    parser = argparse.ArgumentParser(prog="python -m widget.simulator", description=__doc__)
    add_arguments(parser)
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    try:
        config = config_from(options)
    except ValueError as error:
        parser.error(str(error))
    try:
        asyncio.run(serve(config, write))
    except OSError as error:
        sys.stderr.write(f"The simulated carrier cannot start: {error}\n")
        return 1
    return 0


def write(text: str) -> None:
    """At once, also into a pipe: who started us waits for the address."""
    sys.stdout.write(text)
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
