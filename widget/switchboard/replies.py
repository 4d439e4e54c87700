"""Answers to commands, remembered: a command that arrives twice is done once."""

from collections import OrderedDict
from typing import Any

Reply = dict[str, Any]

REMEMBERED = 200


class Replies:
    """The latest :data:`REMEMBERED` answers by command id."""

    def __init__(self) -> None:
        self._by_id: OrderedDict[str, Reply] = OrderedDict()

    def get(self, command: str) -> Reply | None:
        return self._by_id.get(command)

    def keep(self, command: str, reply: Reply) -> Reply:
        self._by_id[command] = reply
        while len(self._by_id) > REMEMBERED:
            self._by_id.popitem(last=False)
        return reply
