"""Redis emptied, away, and with its clock turned back: it holds nothing that matters."""

from __future__ import annotations

import asyncio
import signal
import time

import httpx
import pytest
from redis import Redis
from redis import asyncio as aio

from masteria.core.redis import bell_url
from masteria.core.throttle import HORIZON, Pacer
from masteria.core.work import work_as
from tests.api.api import a_key
from tests.faults.scene import Scene
from tests.metahooks import encoded, envelope, message, signature
from tests.ports import free_port

pytestmark = pytest.mark.faults
# What grows with an outage are waits that double: a worker's (to 5 s) and the supervisor's for one that fell (to 30 s).
# Both are near their longest after 45 s, which therefore stand for the promise's five minutes.
AWAY_SECONDS = 45
DELAY_SECONDS = 60
HOUR_US = 3600 * 1_000_000


def test_q01_redis_emptied_in_mid_campaign(scene: Scene) -> None:
    people = 1500
    scene.sandbox("--latency", "10-60", status_delay=[0.05, 0.3])
    scene.number(people, scene.hooks().url, rate_per_second=150)
    scene.around("campaigns", "intake")
    campaign_id = scene.campaign()
    scene.services.empty_redis()  # and with it the bell of the launch
    for wanted in (100, 500, 900):
        scene.until(lambda wanted=wanted: scene.accepted() >= wanted, campaign_id, DELAY_SECONDS)
        scene.services.empty_redis()
    scene.completes(campaign_id)
    scene.settles(campaign_id)
    assert scene.reckoned(campaign_id, people) == 0


def test_q02_redis_away(scene: Scene) -> None:
    people = 1200
    scene.sandbox("--latency", "10-60", status_delay=[0.05, 0.3])
    web = scene.web()
    callback = f"{web}/webhooks/meta"
    scene.number(people, callback, rate_per_second=40)
    scene.around("campaigns", "intake")
    key, first = a_key(scene.actor), scene.campaign("Antes")
    scene.until(lambda: scene.accepted() > 100, first)
    scene.services.end("redis", signal.SIGKILL)
    gone, at_start = time.monotonic(), scene.accepted()
    second = scene.campaign("Durante")
    while time.monotonic() - gone < AWAY_SECONDS:
        assert httpx.get(f"{web}/healthz", timeout=10).status_code == 200
        assert httpx.get(f"{web}/readyz", timeout=10).json()["checks"]["redis"] != "ok"
        seen = httpx.get(f"{web}/api/v1/campaigns", headers={"authorization": f"Bearer {key}"}, timeout=10)
        assert seen.status_code == 200
        assert deliver(scene, callback) == 200
        time.sleep(2)
    meanwhile = scene.accepted() - at_start
    scene.services.start_redis()
    back = time.monotonic()
    assert meanwhile > AWAY_SECONDS * 40 / 2 / 2  # a worker alone takes its share of the rate; half of that at least
    scene.until(lambda: scene.counts(second).get("queued", 0) < people, second, DELAY_SECONDS)
    scene.until(lambda: unread(scene) < 20, first, DELAY_SECONDS)
    print(f"q02: {meanwhile} sent without Redis, all at work {time.monotonic() - back:.1f} s after its return")
    for campaign_id in (first, second):
        scene.completes(campaign_id)
        scene.settles(campaign_id)
        assert scene.doubtful(campaign_id) == set()
    truth = scene.meta.get("stats")
    assert (truth["duplicates"], truth["unique"]) == (0, 2 * people)


@pytest.mark.parametrize("field", ["tat", "hold"])
def test_a_clock_turned_back_by_an_hour_stops_nobody_for_an_hour(scene: Scene, field: str) -> None:
    """What a clock that was an hour ahead left in Redis, read by the right one."""
    scene.sandbox("--latency", "0-5", statuses=False)
    connection = scene.number(20)
    with Redis.from_url(bell_url()) as client:
        ahead = int(time.time() * 1_000_000) + HOUR_US
        client.hset(f"masteria:pace:{{{connection.external_id}}}", field, str(ahead))
    scene.around("campaigns")
    campaign_id = scene.campaign()
    scene.until(lambda: scene.accepted() == 20, campaign_id, 30)
    scene.completes(campaign_id)
    assert scene.reckoned(campaign_id, 20) == 0


async def test_without_redis_all_lanes_of_a_number_share_one_rate() -> None:
    client = aio.from_url(f"redis://127.0.0.1:{free_port()}", socket_connect_timeout=0.15)
    lanes = [Pacer(client, "11990000001", str(n)) for n in range(4)]
    began, granted = time.monotonic(), 0
    while time.monotonic() - began < 2:
        for lane in lanes:
            granted += (await lane.take(100, 40, pumps=len(lanes))).count
        await asyncio.sleep(0.01)
    await client.aclose()
    assert 0 < granted <= 40 * (time.monotonic() - began + HORIZON) + len(lanes)


def deliver(scene: Scene, callback: str) -> int:
    raw = encoded(envelope(scene.connection, messages=[message()]))
    headers = {"x-hub-signature-256": signature(raw, scene.connection.app_secret)}
    return httpx.post(f"{callback}/{scene.connection.id}", content=raw, headers=headers, timeout=10).status_code


def unread(scene: Scene) -> int:
    with work_as(scene.actor) as work:
        return work.execute("select count(*) from intake where state = 'waiting'").scalar() or 0
