"""What a channel layer raises while its store is away.

Redis' client has errors of its own, which are no OSErrors; without it, the layer is one that cannot go away.
"""

from typing import Final


def _faults() -> tuple[type[Exception], ...]:
    try:
        from redis.exceptions import RedisError
    except ImportError:
        return (OSError,)
    return (OSError, RedisError)


LAYER_FAULTS: Final = _faults()
