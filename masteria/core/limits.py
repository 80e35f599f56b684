"""How often something may be asked: GCRA in one Lua call on Redis' clock, shared by all processes."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from redis import RedisError

from masteria.core.redis import bells

log = logging.getLogger(__name__)

_ASK = """
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local emission, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local tat = tonumber(redis.call('GET', KEYS[1]) or now)
if tat < now then tat = now end
local room = math.floor((now + emission * burst - tat) / emission)
if room < 1 then return {0, 0, math.ceil((tat + emission - now - emission * burst) / 1000)} end
tat = tat + emission
redis.call('SET', KEYS[1], string.format('%.0f', tat), 'PX', math.ceil((tat - now) / 1000) + 1000)
return {1, room - 1, math.ceil((tat - now) / 1000)}
"""


@dataclass(frozen=True, slots=True)
class Allowance:
    """Whether it may, how often more at once, and milliseconds until all is forgotten or it may again."""

    allowed: bool
    remaining: int
    wait_ms: int


def ask(key: str, count: int, seconds: float) -> Allowance:
    """`count` times in `seconds`. With Redis silent nothing is refused here; sending has its own pacer."""
    try:
        found = bells().eval(_ASK, 1, f"masteria:limit:{key}", seconds * 1e6 / count, count)
        allowed, remaining, wait = (int(n) for n in found)  # pyright: ignore[reportGeneralTypeIssues]
        return Allowance(bool(allowed), remaining, wait)
    except RedisError as error:
        log.warning("limit not asked: %s", error)
        return Allowance(True, count, 0)


def allow(key: str, count: int, seconds: float) -> bool:
    """Only whether it may."""
    return ask(key, count, seconds).allowed
