"""How often somebody may try what must not be tried often: a sliding window in one Lua call on Redis' clock.

Each try counts before it is known to be right, so that many at once count as many; who was right is forgiven. With
Redis silent this process counts by itself: stricter or looser than together, never open.
"""

from __future__ import annotations

import hashlib
import logging
import math
import secrets
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from redis import Redis, RedisError

from masteria.core.limits import ANSWER_SECONDS, SILENT_SECONDS
from masteria.core.redis import bell_url

log = logging.getLogger(__name__)
PREFIX = "masteria:attempts:"
QUARTER, HOUR, DAY = 900, 3600, 86_400
MOST_KEPT = 20_000

# KEYS the windows; ARGV this try's name, then for each window how many and how many microseconds
_TRY = """
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local wait = 0
for i, key in ipairs(KEYS) do
  local most, span = tonumber(ARGV[2 * i]), tonumber(ARGV[2 * i + 1])
  redis.call('ZREMRANGEBYSCORE', key, '-inf', string.format('%.0f', now - span))
  local held = redis.call('ZCARD', key)
  if held >= most then
    local oldest = redis.call('ZRANGE', key, held - most, held - most, 'WITHSCORES')
    wait = math.max(wait, tonumber(oldest[2]) + span - now)
  end
end
if wait > 0 then return math.ceil(wait / 1000000) end
for i, key in ipairs(KEYS) do
  redis.call('ZADD', key, string.format('%.0f', now), ARGV[1])
  redis.call('PEXPIRE', key, math.ceil(tonumber(ARGV[2 * i + 1]) / 1000))
end
return 0
"""


@dataclass(frozen=True, slots=True)
class Window:
    """`most` tries in `seconds`. Being right clears the narrow ones and only takes itself out of the wide ones."""

    key: str
    most: int
    seconds: int
    is_narrow: bool = False


@dataclass(frozen=True, slots=True)
class Try:
    """One try: its windows, its name in them, and the seconds to wait when there was no room for it."""

    windows: tuple[Window, ...]
    name: str
    wait: int


def sign_in(email: str, ip: str) -> Try:
    """A password for this account from this address."""
    return _begin(
        Window(_key("pair", email, ip), 5, QUARTER, is_narrow=True),
        Window(_key("ip", ip), 30, QUARTER),
        Window(_key("account", email), 20, QUARTER),
    )


def proof(person_id: object) -> Try:
    """A password or code by somebody who is signed in already."""
    return _begin(Window(_key("proof", str(person_id)), 5, QUARTER, is_narrow=True))


def code(person_id: object, ticket: str) -> Try:
    """A code of the second step: few for one sign-in, and not many a day, since a million would find it."""
    return _begin(
        Window(_key("code", ticket), 5, QUARTER, is_narrow=True),
        Window(_key("codes", str(person_id)), 10, QUARTER, is_narrow=True),
        Window(_key("codes a day", str(person_id)), 60, DAY),
    )


def once(what: str) -> bool:
    """Whether this is the first time within an hour that somebody comes with it."""
    return _begin(Window(_key("once", what), 1, HOUR)).wait == 0


def letters(email: str, ip: str) -> Try:
    """A letter to this address, asked for without being signed in."""
    return _begin(Window(_key("letters", email), 5, HOUR), Window(_key("asks", ip), 20, HOUR))


def sign_up(email: str, ip: str) -> Try:
    """A new company."""
    return _begin(Window(_key("sign-up", ip), 10, HOUR), Window(_key("letters", email), 5, HOUR))


def forgive(done: Try) -> None:
    """It was right: it does not count, and the narrow windows are empty again."""
    _own.forgive(done)
    try:
        with _redis().pipeline() as pipe:
            for window in done.windows:
                if window.is_narrow:
                    pipe.delete(window.key)
                else:
                    pipe.zrem(window.key, done.name)
            pipe.execute()
    except (RedisError, OSError) as error:
        log.warning("a right try was not forgiven, Redis is silent: %s", error)


def _begin(*windows: Window) -> Try:
    name = secrets.token_hex(8)
    if not _silence.broken():
        try:
            numbers = [n for window in windows for n in (window.most, window.seconds * 1_000_000)]
            wait = _redis().eval(_TRY, len(windows), *[window.key for window in windows], name, *numbers)
            return Try(windows, name, int(wait))  # pyright: ignore[reportArgumentType]
        except (RedisError, OSError) as error:
            log.warning("tries are counted here alone, Redis is silent: %s", error)
            _silence.begin()
    return Try(windows, name, _own.begin(name, windows))


def _key(scope: str, *who: str) -> str:
    """Addresses of people do not stand in Redis as they are."""
    return f"{PREFIX}{scope}:" + hashlib.sha256("\0".join(who).encode()).hexdigest()[:32]


class _Silence:
    """For two seconds after a failure nobody waits for Redis again."""

    def __init__(self) -> None:
        self._until = 0.0

    def begin(self) -> None:
        self._until = time.monotonic() + SILENT_SECONDS

    def broken(self) -> bool:
        return time.monotonic() < self._until


class _Own:
    """The same windows in this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: dict[str, dict[str, float]] = {}

    def begin(self, name: str, windows: Sequence[Window]) -> int:
        moment = time.monotonic()
        with self._lock:
            if len(self._held) > MOST_KEPT:
                self._held = {k: held for k, held in self._held.items() if held and max(held.values()) > moment - HOUR}
            wait = max(self._wait(window, moment) for window in windows)
            if wait <= 0:
                for window in windows:
                    self._held.setdefault(window.key, {})[name] = moment
            return math.ceil(max(wait, 0))

    def forgive(self, done: Try) -> None:
        with self._lock:
            for window in done.windows:
                if window.is_narrow:
                    self._held.pop(window.key, None)
                else:
                    self._held.get(window.key, {}).pop(done.name, None)

    def _wait(self, window: Window, moment: float) -> float:
        found = self._held.get(window.key, {})
        held = {name: at for name, at in found.items() if at > moment - window.seconds}
        if found:
            self._held[window.key] = held
        if len(held) < window.most:
            return 0
        return sorted(held.values())[len(held) - window.most] + window.seconds - moment


@cache
def _redis() -> Redis:
    return Redis.from_url(bell_url(), socket_timeout=ANSWER_SECONDS, socket_connect_timeout=ANSWER_SECONDS)


_silence = _Silence()
_own = _Own()
