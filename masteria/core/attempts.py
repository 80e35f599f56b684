"""How often somebody may be wrong before we ask for patience; counted in Redis, in this process when it is silent."""

from __future__ import annotations

import hashlib
import time

from redis import RedisError

from masteria.core.redis import bells

LIMIT = 10
WINDOW_SECONDS = 900
_own: dict[str, list[float]] = {}


def too_many(*who: str) -> bool:
    """Whether this address and account were wrong too often in the last quarter of an hour."""
    key = _key(who)
    try:
        return int(bells().get(key) or 0) >= LIMIT  # pyright: ignore[reportArgumentType]
    except RedisError:
        return len(_recent(key)) >= LIMIT


def failed(*who: str) -> None:
    """Count one more."""
    key = _key(who)
    _own[key] = [*_recent(key), time.monotonic()]
    try:
        with bells().pipeline() as pipe:
            pipe.set(key, 0, ex=WINDOW_SECONDS, nx=True)
            pipe.incr(key)
            pipe.execute()
    except RedisError:
        return


def succeeded(*who: str) -> None:
    """Forget what was wrong before."""
    key = _key(who)
    _own.pop(key, None)
    try:
        bells().delete(key)
    except RedisError:
        return


def _key(who: tuple[str, ...]) -> str:
    return "masteria:attempts:" + hashlib.sha256("\0".join(who).encode()).hexdigest()[:32]


def _recent(key: str) -> list[float]:
    if len(_own) > 10_000:
        _own.clear()
    return [moment for moment in _own.get(key, []) if moment > time.monotonic() - WINDOW_SECONDS]
