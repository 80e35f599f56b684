"""The pacer hands out times: never more than the rate, for all lanes of a number together."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable

from redis import asyncio as aio

from masteria.core.redis import bell_url
from masteria.core.throttle import HORIZON, Pacer
from tests.ports import free_port


def with_redis(scene: Callable[[aio.Redis], Awaitable[None]]) -> None:
    async def play() -> None:
        client = aio.from_url(bell_url())
        try:
            await scene(client)
        finally:
            await client.aclose()

    asyncio.run(play())


async def drawn(pacer: Pacer, rate: float, rounds: int, own_rate: float = 0.0, pumps: int = 1) -> list[float]:
    """The times of the slots that a greedy lane gets in so many asks."""
    found: list[float] = []
    for _ in range(rounds):
        grant = await pacer.take(1000, rate, own_rate, pumps=pumps)
        found += [grant.first + n * grant.gap for n in range(grant.count)]
        await asyncio.sleep(0.01)
    return found


def most_within(times: list[float], seconds: float) -> int:
    times = sorted(times)
    return max(sum(1 for t in times[n:] if t - times[n] < seconds) for n in range(len(times)))


def test_two_workers_of_a_number_share_its_rate() -> None:
    async def scene(client: aio.Redis) -> None:
        number = secrets.token_hex(4)
        both = await asyncio.gather(
            drawn(Pacer(client, number, "a"), 200, 40), drawn(Pacer(client, number, "b"), 200, 40)
        )
        times = both[0] + both[1]
        # each caller places its slots by its own clock, so only the whole stretch can be held against the rate
        assert len(times) <= (max(times) - min(times)) * 200 + 21
        assert len(times) > 40

    with_redis(scene)


def test_slots_lie_within_the_horizon() -> None:
    async def scene(client: aio.Redis) -> None:
        pacer = Pacer(client, secrets.token_hex(4))
        grant = await pacer.take(1000, 100)
        again = await pacer.take(1000, 100)
        assert (grant.count, again.count) == (int(HORIZON * 100) + 1, 0)
        assert again.first > grant.first

    with_redis(scene)


def test_a_slow_campaign_does_not_slow_its_number() -> None:
    async def scene(client: aio.Redis) -> None:
        number = secrets.token_hex(4)
        slow, fast = Pacer(client, number, "slow"), Pacer(client, number, "fast")
        assert (await slow.take(10, 500, 1)).count == 1
        assert (await slow.take(10, 500, 1)).count == 0
        assert (await fast.take(10, 500)).count == 10

    with_redis(scene)


def test_a_longer_horizon_goes_first() -> None:
    async def scene(client: aio.Redis) -> None:
        number = secrets.token_hex(4)
        campaign, reply = Pacer(client, number, "campaign"), Pacer(client, number, horizon=1.0)
        assert (await campaign.take(1000, 50)).count
        assert (await campaign.take(1, 50)).count == 0
        assert (await reply.take(1, 50)).count == 1

    with_redis(scene)


def test_a_hold_of_one_worker_stops_all() -> None:
    async def scene(client: aio.Redis) -> None:
        number = secrets.token_hex(4)
        await Pacer(client, number, "a").hold(30)
        await Pacer(client, number, "a").hold(1)
        grant = await Pacer(client, number, "b").take(5, 100)
        assert grant.count == 0
        assert grant.first - asyncio.get_running_loop().time() > 20

    with_redis(scene)


def test_without_redis_a_worker_goes_on_at_its_share() -> None:
    async def scene() -> None:
        client = aio.from_url(f"redis://127.0.0.1:{free_port()}", socket_connect_timeout=0.1)
        pacer = Pacer(client, "1")
        times = await drawn(pacer, 100, 30, pumps=2)
        await client.aclose()
        assert len(times) > 10
        assert most_within(times, 0.2) <= 11

    asyncio.run(scene())


def test_campaigns_share_a_number_fairly() -> None:
    async def scene(client: aio.Redis) -> None:
        number = secrets.token_hex(4)
        lanes = [Pacer(client, number, name) for name in "abc"]
        wants = (0.0, 0.0, 20.0)  # the third wants less than its part: the two others share what it leaves
        await asyncio.gather(*(p.take(0, 300, want) for p, want in zip(lanes, wants, strict=True)))
        found = await asyncio.gather(*(drawn(p, 300, 80, want) for p, want in zip(lanes, wants, strict=True)))
        first, second, modest = (len(times) for times in found)
        assert abs(first - second) <= 0.15 * first
        assert modest < first / 3
        assert 140 / 300 * 0.8 < first / (first + second + modest) < 140 / 300 * 1.2

    with_redis(scene)


def test_a_lane_that_has_left_makes_room_at_once() -> None:
    async def scene(client: aio.Redis) -> None:
        number = secrets.token_hex(4)
        gone, stays = Pacer(client, number, "gone"), Pacer(client, number, "stays")
        await asyncio.gather(gone.take(1, 100), stays.take(1, 100))
        shared = await stays.take(1, 100)
        await gone.leave()
        await asyncio.sleep(0.3)
        alone = await stays.take(5, 100)
        assert (round(shared.gap or 0.02, 3), round(alone.gap, 3)) == (0.02, 0.01)

    with_redis(scene)


def test_a_clock_that_jumped_back_stops_nobody() -> None:
    async def scene(client: aio.Redis) -> None:
        number = secrets.token_hex(4)
        pacer = Pacer(client, number, "a")
        await pacer.take(1, 100)
        seconds, micros = await client.time()
        later = (seconds + 3600) * 1_000_000 + micros  # what an hour's jump leaves behind
        await client.hset(f"masteria:pace:{{{number}}}", mapping={"tat": later, "hold": later})
        await client.hset(f"masteria:pace:{{{number}}}:lanes", "a", f"{later} {later} 100")
        grant = await pacer.take(5, 100)
        assert grant.count == 5
        assert grant.first - asyncio.get_running_loop().time() < 0.2

    with_redis(scene)
