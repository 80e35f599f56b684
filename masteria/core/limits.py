"""How often something may be asked: a sliding window in one Lua call on Redis' clock, shared by all processes.

Several rules are asked at once and either all count or none. With Redis silent each process counts by itself: slower
than shared, never open.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from redis import Redis, RedisError

from masteria.core.redis import bell_url

log = logging.getLogger(__name__)
PREFIX = "masteria:limit:"
ANSWER_SECONDS = 0.15  # Redis answers within this, or a request must not wait for it
SILENT_SECONDS = 2.0
MOST_KEPT = 20_000

# A sorted set for each key: when it was let through within the last window. What a clock that has jumped back since
# left in the future is not believed. A refusal takes nothing.
_ASK = """
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local used, least, tightest, reset, refused, longest = {}, nil, 1, 0, nil, -1
for i, key in ipairs(KEYS) do
  local count, window = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i])
  redis.call('ZREMRANGEBYSCORE', key, '-inf', string.format('%.0f', now - window))
  redis.call('ZREMRANGEBYSCORE', key, string.format('(%.0f', now), '+inf')
  used[i] = redis.call('ZCARD', key)
  local first = redis.call('ZRANGE', key, math.max(0, used[i] - count), math.max(0, used[i] - count), 'WITHSCORES')
  local wait = math.ceil(((tonumber(first[2]) or now) + window - now) / 1000)
  local left = count - used[i]
  if left < 1 and wait > longest then refused, longest = i, wait end
  if not least or left < least then least, tightest, reset = left, i, wait end
end
if refused then return {refused, 0, 0, longest} end
for i, key in ipairs(KEYS) do
  local moment = string.format('%.0f', now)
  redis.call('ZADD', key, moment, moment .. ':' .. used[i])
  redis.call('PEXPIRE', key, math.ceil(tonumber(ARGV[2 * i]) / 1000) + 1000)
end
return {tightest, 1, least - 1, reset}
"""


@dataclass(frozen=True, slots=True)
class Rule:
    """`count` times in any `seconds` for `key`; the part of the key before the first colon is its scope."""

    key: str
    count: int
    seconds: float

    @property
    def scope(self) -> str:
        return self.key.partition(":")[0]

    @property
    def window(self) -> float:
        """The same in microseconds."""
        return self.seconds * 1e6


@dataclass(frozen=True, slots=True)
class Allowance:
    """Whether it may, by which rule; how often more at once; milliseconds until some room comes back."""

    allowed: bool
    remaining: int
    wait_ms: int
    rule: Rule


def allow(key: str, count: int, seconds: float) -> bool:
    """Whether it may, `count` times in `seconds`."""
    return ask_all([Rule(key, count, seconds)]).allowed


def ask_all(rules: Sequence[Rule]) -> Allowance:
    """The refusing rule with the longest wait, or the one with the least room left."""
    if not _silence.broken():
        try:
            numbers = [n for rule in rules for n in (rule.count, rule.window)]
            found = _redis().eval(_ASK, len(rules), *[PREFIX + rule.key for rule in rules], *numbers)
            which, allowed, remaining, wait = (int(n) for n in found)  # pyright: ignore[reportGeneralTypeIssues]
            return Allowance(bool(allowed), remaining, wait, rules[which - 1])
        except (RedisError, OSError) as error:
            log.warning("limits counted by this process, Redis is silent: %s", error)
            _silence.begin()
    return _own.ask_all(rules)


class _Silence:
    """For two seconds after a failure nobody waits for Redis again."""

    def __init__(self) -> None:
        self._until = 0.0

    def begin(self) -> None:
        self._until = time.monotonic() + SILENT_SECONDS

    def broken(self) -> bool:
        return time.monotonic() < self._until


class _Own:
    """The same rules, counted by this process: when it let through."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._used: dict[str, deque[float]] = {}

    def ask_all(self, rules: Sequence[Rule]) -> Allowance:
        moment = time.monotonic() * 1e6
        with self._lock:
            if len(self._used) > MOST_KEPT:
                self._used.clear()
            asked = [self._look(rule, moment) for rule in rules]
            refused = [one for one in asked if not one.allowed]
            if refused:
                return max(refused, key=lambda one: one.wait_ms)
            for rule in rules:
                self._used[rule.key].append(moment)
            return min(asked, key=lambda one: one.remaining)

    def _look(self, rule: Rule, moment: float) -> Allowance:
        used = self._used.setdefault(rule.key, deque())
        while used and used[0] <= moment - rule.window:
            used.popleft()
        wait = math.ceil(((used[0] if used else moment) + rule.window - moment) / 1000)
        left = rule.count - len(used)
        return Allowance(left > 0, max(left - 1, 0), wait, rule)


@cache
def _redis() -> Redis:
    return Redis.from_url(bell_url(), socket_timeout=ANSWER_SECONDS, socket_connect_timeout=ANSWER_SECONDS)


_silence = _Silence()
_own = _Own()
