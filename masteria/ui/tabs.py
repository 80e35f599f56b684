"""Where the state of open tabs is kept: Reflex's Redis manager, mended so that no tab waits for a lock that nobody holds.

A tab that leaves has its events cancelled. Cancelled while it asked Redis for the tab's lock, or gave it back, an event
left the lock behind until it expired: for ten seconds the next page of this tab stayed empty.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from reflex.istate.manager import StateManager
from reflex.istate.manager.redis import StateManagerRedis

_GIVE_BACK = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end"
_tasks: set[asyncio.Task[None]] = set()


class TabStates(StateManagerRedis):
    """Locks of cancelled events are given back at once."""

    async def _try_get_lock(self, lock_key: bytes, lock_id: bytes) -> bool | None:
        asked = asyncio.ensure_future(super()._try_get_lock(lock_key, lock_id))
        try:
            return await asyncio.shield(asked)
        except asyncio.CancelledError:
            _hold(self._give_back(lock_key, lock_id, asked))
            raise

    @asynccontextmanager
    async def _lock(self, token: Any, event_name: str | None = None) -> AsyncIterator[bytes]:
        lock_id = b""
        try:
            async with super()._lock(token, event_name) as lock_id:
                yield lock_id
        except asyncio.CancelledError:
            if lock_id:
                _hold(self._give_back(self._lock_key(token), lock_id))
            raise

    async def _give_back(
        self, lock_key: bytes, lock_id: bytes, asked: asyncio.Future[bool | None] | None = None
    ) -> None:
        """Unless it is somebody else's by now."""
        if asked is None or await asked:
            await self.redis.eval(_GIVE_BACK, 1, lock_key, lock_id)  # pyright: ignore[reportGeneralTypeIssues, reportArgumentType]
            self._notify_next_waiter(lock_key)


def mended(states: StateManager) -> StateManager:
    """The same keeper of states with this mended; one without Redis has no such locks."""
    if not isinstance(states, StateManagerRedis):
        return states
    return TabStates(
        redis=states.redis,
        token_expiration=states.token_expiration,
        lock_expiration=states.lock_expiration,
        lock_warning_threshold=states.lock_warning_threshold,
    )


def _hold(work: Coroutine[Any, Any, None]) -> None:
    task = asyncio.ensure_future(work)
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)
