"""How often one number may write to one person: a bucket a pair in Redis, asked for a whole batch in one call."""

from __future__ import annotations

import hashlib
import logging

from redis import RedisError
from redis import asyncio as aio

log = logging.getLogger(__name__)

SIZE = 9  # bytes of a person's digest
# KEYS what all pairs of the number begin with; ARGV µs between two messages, burst, the people's digests in one string.
# Gives back the place and ms to wait of those who must; for all others a place is taken. One string, since hundreds of
# keys and answers would cost the sender more than all else that it does for a message.
_PLACES = f"""
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local gap, burst, people = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3]
local waits = {{}}
for place = 0, #people / {SIZE} - 1 do
  local key = KEYS[1] .. string.sub(people, place * {SIZE} + 1, place * {SIZE} + {SIZE})
  local tat = tonumber(redis.call('GET', key) or now) or now
  if tat < now or tat > now + gap * (burst + 1) then tat = now end
  local free = tat + gap - gap * burst
  if free > now then
    waits[#waits + 1] = place
    waits[#waits + 1] = math.ceil((free - now) / 1000)
  else
    redis.call('SET', key, string.format('%.0f', tat + gap), 'PX', math.ceil((tat + gap - now) / 1000))
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

    async def waits(self, people: list[str]) -> dict[int, float]:
        """Seconds to wait, by place in `people`, of those who must; all others have taken a place.

        With Redis silent nobody waits: the vendor would say so.
        """
        digests = b"".join([hashlib.blake2b(person.encode(), digest_size=SIZE).digest() for person in people])
        try:
            found = [int(value) for value in await self._places(keys=[self._prefix], args=[*self._limit, digests])]
            return {place: wait / 1000 for place, wait in zip(found[::2], found[1::2], strict=True)}
        except (RedisError, OSError) as error:
            log.warning("pairs not asked, Redis is silent: %s", error)
            return {}
