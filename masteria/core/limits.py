"""How often something may be asked: GCRA in one Lua call on Redis' clock, shared by all processes.

Several rules are asked at once and either all count or none. With Redis silent the caller chooses: open, or counted
by this process alone.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from redis import Redis, RedisError

from masteria.core.redis import bell_url

log = logging.getLogger(__name__)
PREFIX = "masteria:limit:"
ANSWER_SECONDS = 0.15  # Redis answers within this, or a request must not wait for it
SILENT_SECONDS = 2.0
MOST_KEPT = 50_000

# for each key the theoretical arrival time; all rules have room or nothing is taken
_ASK = """
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local tats, least, tightest = {}, nil, 1
for i, key in ipairs(KEYS) do
  local emission, burst = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i])
  local tat = tonumber(redis.call('GET', key) or now)
  if tat < now then tat = now end
  local room = math.floor((now + emission * burst - tat) / emission + 0.0001)
  if room < 1 then return {i, 0, 0, math.ceil((tat + emission - now - emission * burst) / 1000)} end
  tats[i] = tat + emission
  if not least or room < least then least, tightest = room, i end
end
for i, key in ipairs(KEYS) do
  redis.call('SET', key, string.format('%.0f', tats[i]), 'PX', math.ceil((tats[i] - now) / 1000) + 1000)
end
return {tightest, 1, least - 1, math.ceil((tats[tightest] - now) / 1000)}
"""


@dataclass(frozen=True, slots=True)
class Rule:
    """`count` times in `seconds` for `key`; the part of the key before the first colon is its scope."""

    key: str
    count: int
    seconds: float

    @property
    def scope(self) -> str:
        return self.key.partition(":")[0]

    @property
    def emission(self) -> float:
        """Microseconds that one time costs."""
        return self.seconds * 1e6 / self.count


@dataclass(frozen=True, slots=True)
class Allowance:
    """Whether it may, by which rule; how often more at once; milliseconds until it may again, or all is forgotten."""

    allowed: bool
    remaining: int
    wait_ms: int
    rule: Rule


def ask(key: str, count: int, seconds: float) -> Allowance:
    """`count` times in `seconds`; with Redis silent nothing is refused."""
    return ask_all([Rule(key, count, seconds)])


def allow(key: str, count: int, seconds: float) -> bool:
    """Only whether it may."""
    return ask(key, count, seconds).allowed


def ask_all(rules: Sequence[Rule], *, open_when_silent: bool = True) -> Allowance:
    """The refusing rule, or the one with the least room left. Without Redis: open, or counted by this process."""
    if not _silence.broken():
        try:
            numbers = [n for rule in rules for n in (rule.emission, rule.count)]
            found = _redis().eval(_ASK, len(rules), *[PREFIX + rule.key for rule in rules], *numbers)
            which, allowed, remaining, wait = (int(n) for n in found)  # pyright: ignore[reportGeneralTypeIssues]
            return Allowance(bool(allowed), remaining, wait, rules[which - 1])
        except (RedisError, OSError) as error:
            log.warning("limits not asked, Redis is silent: %s", error)
            _silence.begin()
    if open_when_silent:
        return Allowance(True, rules[0].count, 0, rules[0])
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
    """The same rules, counted by this process: slower than shared, never open."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tats: dict[str, float] = {}

    def ask_all(self, rules: Sequence[Rule]) -> Allowance:
        moment = time.monotonic() * 1e6
        with self._lock:
            if len(self._tats) > MOST_KEPT:
                self._tats = {key: tat for key, tat in self._tats.items() if tat > moment}
            asked = [(self._room(rule, moment), rule) for rule in rules]
            room, tightest = min(asked, key=lambda pair: pair[0])
            if room < 1:
                wait = self._tats[tightest.key] + tightest.emission - moment - tightest.emission * tightest.count
                return Allowance(False, 0, math.ceil(wait / 1000), tightest)
            for rule in rules:
                self._tats[rule.key] = max(self._tats.get(rule.key, 0.0), moment) + rule.emission
            return Allowance(True, room - 1, math.ceil((self._tats[tightest.key] - moment) / 1000), tightest)

    def _room(self, rule: Rule, moment: float) -> int:
        tat = max(self._tats.get(rule.key, 0.0), moment)
        return math.floor((moment + rule.emission * rule.count - tat) / rule.emission + 0.0001)


@cache
def _redis() -> Redis:
    return Redis.from_url(bell_url(), socket_timeout=ANSWER_SECONDS, socket_connect_timeout=ANSWER_SECONDS)


_silence = _Silence()
_own = _Own()
