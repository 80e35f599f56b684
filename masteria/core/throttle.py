"""The pacer: one Lua call on Redis' own clock hands out send times, shared by all workers of a number.

Times, not tokens: no burst after a pause or a stall, no window above the rate. GCRA; `tat` is the theoretical time of
the next slot. A hold set by any worker stops all of them; the longest is 20 minutes.
"""

from __future__ import annotations

import logging
import time
from contextlib import suppress
from dataclasses import dataclass

from redis import RedisError
from redis import asyncio as aio

log = logging.getLogger(__name__)
HORIZON = 0.1  # seconds: slots are never handed out further ahead than this, unless the lane may go first
SILENT_SECONDS = 2.0

# What several lanes want of a number is shared from the least upwards: whoever wants less than its part gets all of it,
# and the others share what is left. A lane counts as long as it asked within two seconds.
# KEYS number, lanes; ARGV wanted, the number's rate, horizon in µs, what the lane may use of it (0: all), lane ('': first)
_TAKE = """
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local rate, horizon, demand, lane = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5]
local function ahead(value) -- what a clock that has jumped back left far in the future is not believed
  value = tonumber(value or 0) or 0
  if value > now + 1300000000 then return 0 end
  return value
end
local state = redis.call('HMGET', KEYS[1], 'tat', 'hold')
local hold = ahead(state[2])
if hold > now then return {0, hold - now, 0} end
if demand <= 0 or demand > rate then demand = rate end
local share, own_tat = demand, 0
if lane ~= '' then
  local wants = {demand}
  local all = redis.call('HGETALL', KEYS[2])
  for i = 1, #all, 2 do
    local seen, tat, want = string.match(all[i + 1], '(%S+) (%S+) (%S+)')
    if all[i] == lane then
      own_tat = ahead(tat)
    elseif math.abs(now - seen) < 2000000 then
      wants[#wants + 1] = tonumber(want)
    else
      redis.call('HDEL', KEYS[2], all[i])
    end
  end
  table.sort(wants)
  local rest = rate
  for i = 1, #wants do
    local fair = rest / (#wants - i + 1)
    share = math.min(demand, fair)
    if wants[i] >= demand then break end
    rest = rest - math.min(wants[i], fair)
  end
end
local edge = now + horizon
local gap = 1000000 / rate
local tat = ahead(state[1])
if tat > now + horizon + 60000000 then tat = 0 end
tat = math.max(now, tat)
local room = math.floor((edge - tat) / gap) + 1
local free = tat + gap - edge
local first, step = tat, gap
if share < rate then
  local own_gap = 1000000 / share
  own_tat = math.max(now, math.min(own_tat, now + horizon + 60000000))
  room = math.min(room, math.floor((edge - own_tat) / own_gap) + 1)
  free = math.max(free, own_tat + own_gap - edge)
  first, step = math.max(first, own_tat), math.max(step, own_gap)
end
local granted = math.max(0, math.min(tonumber(ARGV[1]), room))
if granted > 0 then
  own_tat = first + granted * step
  redis.call('HSET', KEYS[1], 'tat', string.format('%.3f', tat + granted * gap))
  redis.call('PEXPIRE', KEYS[1], 1300000)
end
if lane ~= '' then
  redis.call('HSET', KEYS[2], lane, string.format('%.0f %.3f %.3f', now, own_tat, demand))
  redis.call('PEXPIRE', KEYS[2], 60000)
end
if granted == 0 then return {0, math.ceil(math.max(free, 1000)), 0} end
return {granted, math.floor(first - now), math.floor(step)}
"""
_HOLD = """
local t = redis.call('TIME')
local till = t[1] * 1000000 + t[2] + tonumber(ARGV[1])
if till > (tonumber(redis.call('HGET', KEYS[1], 'hold') or 0) or 0) then
  redis.call('HSET', KEYS[1], 'hold', string.format('%.0f', till))
  redis.call('PEXPIRE', KEYS[1], 1300000)
end
"""


@dataclass(frozen=True, slots=True)
class Grant:
    """`count` slots from `first` (monotonic seconds) every `gap` seconds; none: ask again at `first`."""

    count: int
    first: float
    gap: float


class Pacer:
    """Slots of one number for one lane. With Redis silent it goes on by itself at its part of the rate."""

    def __init__(self, client: aio.Redis, number: str, lane: str = "", *, horizon: float = HORIZON) -> None:
        """Lanes share a number fairly. The lane without a name comes first: with a longer `horizon` it books slots ahead."""
        self._keys = [f"masteria:pace:{{{number}}}", f"masteria:pace:{{{number}}}:lanes"]
        self._client, self._lane, self._horizon = client, lane, horizon
        self._take = client.register_script(_TAKE)
        self._hold = client.register_script(_HOLD)
        self._silent_until = 0.0
        self._own_tat = 0.0

    async def take(self, wanted: int, rate: float, own_rate: float = 0.0, *, pumps: int = 1) -> Grant:
        """Up to `wanted` slots of the number at `rate` a second; `own_rate` is the most the lane may use, 0 for all.

        With Redis silent, `pumps` of the same number share its rate evenly.
        """
        asked = time.monotonic()
        if asked >= self._silent_until:
            try:
                arguments = [wanted, rate, int(self._horizon * 1e6), own_rate, self._lane]
                count, wait, gap = await self._take(keys=self._keys, args=arguments)
                return Grant(int(count), asked + int(wait) / 1e6, int(gap) / 1e6)
            except (RedisError, OSError) as error:
                log.warning("pacer alone, Redis is silent: %s", error)
                self._silent_until = time.monotonic() + SILENT_SECONDS
        return self._alone(wanted, min(rate / max(pumps, 1), own_rate or rate))

    async def leave(self) -> None:
        """The lane has nothing more to send: the others may have its part at once."""
        if self._lane:
            with suppress(RedisError, OSError):
                await self._client.hdel(self._keys[1], self._lane)  # pyright: ignore[reportGeneralTypeIssues]

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
