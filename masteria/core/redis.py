"""Redis clients. Database 0 belongs to the screens' state, 1 to bells, limits and announcements."""

from __future__ import annotations

from functools import cache
from urllib.parse import urlsplit, urlunsplit

from redis import Redis

from masteria.config import settings
from masteria.kit.errors import Invalid


def screens_url() -> str:
    """Database 0: Reflex keeps each tab's state there (as pickles: nobody else may write)."""
    return _with_database(0)


def bell_url() -> str:
    """Database 1: everything else, nothing of which matters when it is lost."""
    return _with_database(1)


@cache
def bells() -> Redis:
    """The client of this process for database 1; short time-outs, since Redis is never the truth."""
    return Redis.from_url(bell_url(), socket_timeout=2, socket_connect_timeout=1, health_check_interval=15)


def _with_database(number: int) -> str:
    url = settings().redis_url
    if not url.startswith(("redis://", "rediss://", "unix://")):
        raise Invalid("REDIS_URL", "REDIS_URL must be set to a redis:// address.")
    return urlunsplit(urlsplit(url)._replace(path=f"/{number}"))
