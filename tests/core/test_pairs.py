"""One number may write to one person so often and no more, whoever of its workers asks."""

from __future__ import annotations

import asyncio
import secrets

from redis import asyncio as aio

from masteria.core.pairs import Pairs
from tests.core.test_throttle import with_redis
from tests.ports import free_port

ANA, BIA = "+5511900000001", "+5511900000002"


def test_the_burst_is_shared_and_then_everyone_waits() -> None:
    async def scene(client: aio.Redis) -> None:
        number = secrets.token_hex(4)
        workers = [Pairs(client, number, seconds=6, burst=4) for _ in range(2)]
        found = await asyncio.gather(*(w.waits([ANA] * 3) for w in workers))
        waits = [wait for one in found for wait in one.values()]
        assert len(waits) == 2
        assert all(5.5 < wait <= 6 for wait in waits)
        assert list(await workers[0].waits([BIA, ANA, BIA])) == [1]
        assert await Pairs(client, "another", seconds=6, burst=4).waits([ANA]) == {}

    with_redis(scene)


def test_places_come_back() -> None:
    async def scene(client: aio.Redis) -> None:
        pairs = Pairs(client, secrets.token_hex(4), seconds=0.2, burst=1)
        assert await pairs.waits([ANA, ANA]) == {1: 0.2}
        await asyncio.sleep(0.25)
        assert await pairs.waits([ANA]) == {}

    with_redis(scene)


def test_no_number_of_a_person_stands_in_redis() -> None:
    async def scene(client: aio.Redis) -> None:
        number = secrets.token_hex(4)
        await Pairs(client, number, seconds=6, burst=4).waits([ANA])
        keys = [key async for key in client.scan_iter(f"masteria:pair:*{number}*")]
        assert len(keys) == 1
        assert b"900000001" not in keys[0]

    with_redis(scene)


def test_without_redis_nobody_waits() -> None:
    async def scene() -> None:
        client = aio.from_url(f"redis://127.0.0.1:{free_port()}", socket_connect_timeout=0.1)
        assert await Pairs(client, "1", seconds=6, burst=1).waits([ANA, ANA]) == {}
        await client.aclose()

    asyncio.run(scene())
