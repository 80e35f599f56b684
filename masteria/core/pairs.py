"""How often one number may write to one person: a bucket a pair in Redis, asked for a whole batch in one call."""

from __future__ import annotations

import hashlib
import logging

from redis import RedisError
from redis import asyncio as aio

log = logging.getLogger(__name__)

# KEYS the pairs; ARGV µs between two messages, burst; gives back ms to wait for each, 0 when its place is taken
_PLACES = """
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local gap, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local waits = {}
for i, key in ipairs(KEYS) do
  local tat = tonumber(redis.call('GET', key) or now) or now
  if tat < now or tat > now + gap * (burst + 1) then tat = now end
  local free = tat + gap - gap * burst
  if free > now then
    waits[i] = math.ceil((free - now) / 1000)
  else
    redis.call('SET', key, string.format('%.0f', tat + gap), 'PX', math.ceil((tat + gap - now) / 1000))
    waits[i] = 0
  end
end
return waits
"""


class Pairs:
    """The pairs of one number."""

    def __init__(self, client: aio.Redis, number: str, *, seconds: float, burst: int) -> None:
        """One message in `seconds` to one person, `burst` of them in advance."""
        self._prefix = f"masteria:pair:{{{number}}}:"
        self._places = client.register_script(_PLACES)
        self._limit = [int(seconds * 1e6), burst]

    async def waits(self, people: list[str]) -> list[float]:
        """Seconds that each must wait; 0 takes a place. With Redis silent nobody waits: the vendor would say so."""
        keys = [self._prefix + hashlib.blake2b(person.encode(), digest_size=9).hexdigest() for person in people]
        try:
            found = await self._places(keys=keys, args=self._limit)
            return [int(wait) / 1000 for wait in found]
        except (RedisError, OSError) as error:
            log.warning("pairs not asked, Redis is silent: %s", error)
            return [0.0] * len(people)
