from collections.abc import AsyncIterator

import pytest

from tests.media.media_bench import MediaBench


@pytest.fixture
async def bench() -> AsyncIterator[MediaBench]:
    bench = MediaBench()
    await bench.service.start()
    try:
        async with bench.peers:
            yield bench
    finally:
        await bench.service.close()
