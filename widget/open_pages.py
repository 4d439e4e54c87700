"""The sockets that this process serves, so that all of them can be told to come again."""

from __future__ import annotations

import asyncio
from typing import Protocol
from weakref import WeakSet


class Page(Protocol):
    async def send_back(self) -> None:
        """Close the socket so that its page comes again."""


_open: WeakSet[Page] = WeakSet()


def add(page: Page) -> None:
    _open.add(page)


def discard(page: Page) -> None:
    _open.discard(page)


async def send_all_back() -> None:
    """Have every page of this process sign in anew; a live call's audio goes on meanwhile."""
    await asyncio.gather(*(page.send_back() for page in list(_open)), return_exceptions=True)
