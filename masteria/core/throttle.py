"""The pacer: one Lua call on Redis' own clock hands out send times, shared by all workers of a number.

Times, not tokens: no burst after a pause or a stall, no window above the rate. GCRA; `tat` is the theoretical time of
the next slot. A hold set by any worker stops all of them.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass

from redis import RedisError
from redis import asyncio as aio

log = logging.getLogger(__name__)
HORIZON = 0.1  # seconds: slots are never handed out further ahead than this, unless the lane may go first
SILENT_SECONDS = 2.0

# KEYS number, campaign; ARGV wanted, the number's rate, horizon in µs, the campaign's own rate (0: none)
_TAKE = """
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local state = redis.call('HMGET', KEYS[1], 'tat', 'hold')
local hold = tonumber(state[2] or 0) or 0
if hold > now then return {0, hold - now, 0} end
local edge = now + tonumber(ARGV[3])
local gap = 1000000 / tonumber(ARGV[2])
local tat = math.max(now, tonumber(state[1] or 0) or 0)
local room = math.floor((edge - tat) / gap) + 1
local free = tat + gap - edge
local first, step = tat, gap
local own = tonumber(ARGV[4])
if own > 0 then
  local own_gap = 1000000 / own
  local own_tat = math.max(now, tonumber(redis.call('GET', KEYS[2]) or 0) or 0)
  room = math.min(room, math.floor((edge - own_tat) / own_gap) + 1)
  free = math.max(free, own_tat + own_gap - edge)
  first, step = math.max(first, own_tat), math.max(step, own_gap)
end
if room < 1 then return {0, math.ceil(math.max(free, 1000)), 0} end
local granted = math.min(tonumber(ARGV[1]), room)
redis.call('HSET', KEYS[1], 'tat', string.format('%.3f', tat + granted * gap))
redis.call('PEXPIRE', KEYS[1], 60000)
if own > 0 then redis.call('SET', KEYS[2], string.format('%.3f', first + granted * step), 'PX', 60000) end
return {granted, math.floor(first - now), math.floor(step)}
"""
_HOLD = """
local t = redis.call('TIME')
local till = t[1] * 1000000 + t[2] + tonumber(ARGV[1])
if till > (tonumber(redis.call('HGET', KEYS[1], 'hold') or 0) or 0) then
  redis.call('HSET', KEYS[1], 'hold', string.format('%.0f', till))
  redis.call('PEXPIRE', KEYS[1], math.ceil(tonumber(ARGV[1]) / 1000) + 60000)
end
"""


@dataclass(frozen=True, slots=True)
class Grant:
    """`count` slots from `first` (monotonic seconds) every `gap` seconds; none: ask again at `first`."""

    count: int
    first: float
    gap: float


class Pacer:
    """Slots of one number for one lane. With Redis silent it goes on by itself at `1 / workers` of the rate."""

    def __init__(
        self, client: aio.Redis, number: str, lane: str = "", *, horizon: float = HORIZON, workers: int = 2
    ) -> None:
        """A lane with a longer `horizon` books slots before all others get to them."""
        self._keys = [f"masteria:pace:{{{number}}}", f"masteria:pace:{{{number}}}:{lane}"]
        self._take = client.register_script(_TAKE)
        self._hold = client.register_script(_HOLD)
        self._horizon, self._workers = horizon, workers
        self._silent_until = 0.0
        self._own_tat = 0.0

    async def take(self, wanted: int, rate: float, own_rate: float = 0.0) -> Grant:
        """Up to `wanted` slots of the number at `rate` a second; `own_rate` is the lane's within it, 0 for none."""
        asked = time.monotonic()
        if asked >= self._silent_until:
            try:
                arguments = [wanted, rate, int(self._horizon * 1e6), own_rate]
                count, wait, gap = await self._take(keys=self._keys, args=arguments)
                return Grant(int(count), asked + int(wait) / 1e6, int(gap) / 1e6)
            except (RedisError, OSError) as error:
                log.warning("pacer alone, Redis is silent: %s", error)
                self._silent_until = time.monotonic() + SILENT_SECONDS
        return self._alone(wanted, min(rate, own_rate or rate) / self._workers)

    async def hold(self, seconds: float) -> None:
        """Nobody sends for this number until then."""
        try:
            await self._hold(keys=self._keys[:1], args=[int(seconds * 1e6)])
        except (RedisError, OSError) as error:
            log.warning("hold not shared: %s", error)

    def _alone(self, wanted: int, rate: float) -> Grant:
        moment, gap = time.monotonic(), 1 / rate
        tat = max(self._own_tat, moment)
        count = min(wanted, int((moment + HORIZON - tat) / gap) + 1)
        if count < 1:
            return Grant(0, tat - HORIZON + gap, gap)
        self._own_tat = tat + count * gap
        return Grant(count, tat, gap)
