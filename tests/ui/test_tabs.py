"""The lock on a tab's state: whoever is cancelled, nobody holds it afterwards."""

from __future__ import annotations

import asyncio

import pytest
from redis.asyncio import Redis
from reflex.istate.manager.redis import StateManagerRedis
from reflex.istate.manager.token import BaseStateToken
from reflex.state import State

from masteria.kit.ids import new_id
from masteria.ui import tabs


async def left_behind(states: StateManagerRedis) -> int:
    """How many of many tabs stay locked, each of whose events was cancelled a little later than the last one's."""
    names = [f"tab-{new_id()}" for _ in range(200)]

    async def event(name: str) -> None:
        async with states.modify_state(BaseStateToken(ident=name, cls=State)):
            await asyncio.sleep(0)

    for number, name in enumerate(names):
        running = asyncio.ensure_future(event(name))
        for _ in range(number % 50):
            await asyncio.sleep(0)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    while tabs._tasks:
        await asyncio.gather(*tabs._tasks)
    keys = [states._lock_key(BaseStateToken(ident=name, cls=State)) for name in names]
    return await states.redis.exists(*keys)


@pytest.fixture
def redis(redis_url: str) -> Redis:
    return Redis.from_url(f"{redis_url}/0")


async def test_a_cancelled_event_leaves_no_lock_behind(redis: Redis) -> None:
    mended = tabs.mended(StateManagerRedis(redis=redis))
    assert isinstance(mended, tabs.TabStates)
    assert await left_behind(mended) == 0
    await mended.close()


async def test_reflex_own_keeper_needs_it_still(redis: Redis) -> None:
    """When this fails, Reflex has mended it: `ui/tabs.py` can go."""
    own = StateManagerRedis(redis=redis)
    assert await left_behind(own) > 0
    await own.close()
