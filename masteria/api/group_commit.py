"""Group commit: what arrives within a few milliseconds is kept by one transaction, and every caller waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")


class GroupCommit(Generic[K, T]):
    """`keep(key, items)` runs in a thread, once for all items of a key that came within `seconds`."""

    def __init__(self, keep: Callable[[K, list[T]], None], seconds: float, most: int = 500) -> None:
        self._keep = keep
        self._seconds = seconds
        self._most = most
        self._waiting: dict[K, list[tuple[T, asyncio.Future[None]]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def put(self, key: K, item: T) -> asyncio.Future[None]:
        """Hand in an item; the future is done when it is durable, or holds the error that prevented it."""
        loop = asyncio.get_running_loop()
        kept: asyncio.Future[None] = loop.create_future()
        group = self._waiting.setdefault(key, [])
        group.append((item, kept))
        if len(group) == 1:
            task = loop.create_task(self._flush(key))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return kept

    async def _flush(self, key: K) -> None:
        await asyncio.sleep(self._seconds)
        group = self._waiting.pop(key)
        for start in range(0, len(group), self._most):
            await self._commit(key, group[start : start + self._most])

    async def _commit(self, key: K, part: list[tuple[T, asyncio.Future[None]]]) -> None:
        error: Exception | None = None
        try:
            await asyncio.to_thread(self._keep, key, [item for item, _ in part])
        except Exception as found:  # whatever it is, each caller gets it; nobody may wait for ever
            error = found
        for _, kept in part:
            if kept.done():  # the caller hung up; what it brought is kept all the same
                continue
            if error is None:
                kept.set_result(None)
            else:
                kept.set_exception(error)
