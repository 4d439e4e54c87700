"""A channel layer whose server is down."""

from typing import Any, Never

from channels.layers import BaseChannelLayer


class BrokenLayer(BaseChannelLayer):  # type: ignore[misc]  # channels is not typed
    async def group_send(self, group: str, message: dict[str, Any]) -> Never:
        raise ConnectionError("the layer is down")
