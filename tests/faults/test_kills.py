"""Processes and the database die at any instant: nobody is lost, nobody is written to twice."""

from __future__ import annotations

import random
import time
from uuid import UUID

import pytest

from tests.faults.scene import Scene
from tests.stage import Process

pytestmark = pytest.mark.faults
PEOPLE, KILLS, RESTARTS, DISPATCHERS = 5000, 20, 5, 3
RATE = 200  # slow enough that the last of twenty kills still finds somebody waiting
BATCH = 100  # slots of one grant at most


def test_d01_twenty_kills_of_three_dispatchers(scene: Scene) -> None:
    dispatchers, campaign_id = begin(scene)
    chance = random.Random(1)
    for _ in range(KILLS):
        kill_one(scene, campaign_id, dispatchers, chance)
    doubtful = end(scene, campaign_id)
    print(f"d01: {doubtful} in doubt after {KILLS} kills")
    assert doubtful <= KILLS * BATCH


def test_d03_the_same_with_five_restarts_of_postgresql(scene: Scene) -> None:
    dispatchers, campaign_id = begin(scene)
    chance = random.Random(3)
    for number in range(KILLS):
        kill_one(scene, campaign_id, dispatchers, chance)
        if number % (KILLS // RESTARTS) == 1:
            scene.services.crash_postgres()
    doubtful = end(scene, campaign_id)
    print(f"d03: {doubtful} in doubt after {KILLS} kills and {RESTARTS} restarts")
    assert doubtful <= (KILLS + RESTARTS * DISPATCHERS) * BATCH


def test_q10_a_dispatcher_asked_to_stop_is_gone_in_ten_seconds(scene: Scene) -> None:
    people = 1000
    scene.sandbox("--latency", "50-500", status_delay=[0.05, 0.3])
    scene.number(people, scene.hooks().url, rate_per_second=100)
    scene.around("intake")
    dispatcher, campaign_id = scene.dispatcher(), scene.campaign()
    for wanted in (100, 300):
        scene.until(lambda wanted=wanted: scene.accepted() > wanted, campaign_id)
        asked = time.monotonic()
        dispatcher.child.terminate()
        assert dispatcher.child.wait(10) == 0
        print(f"q10: gone in {time.monotonic() - asked:.1f} s")
        assert scene.counts(campaign_id).keys() <= {"queued", "sent", "delivered", "read"}
        dispatcher.start()
    scene.completes(campaign_id)
    scene.settles(campaign_id)
    assert scene.reckoned(campaign_id, people) == 0


def begin(scene: Scene) -> tuple[list[Process], UUID]:
    scene.sandbox("--latency", "10-60", status_delay=[0.05, 0.3], retry_scale=0.2)
    scene.number(PEOPLE, scene.hooks().url, rate_per_second=RATE)
    scene.around("intake")
    return [scene.dispatcher() for _ in range(DISPATCHERS)], scene.campaign()


def kill_one(scene: Scene, campaign_id: UUID, dispatchers: list[Process], chance: random.Random) -> None:
    """At a random moment while messages leave."""
    before = scene.accepted()
    scene.until(lambda: scene.accepted() > before, campaign_id)
    time.sleep(chance.uniform(0, 0.6))
    one = chance.choice(dispatchers)
    one.kill()
    one.start()


def end(scene: Scene, campaign_id: UUID) -> int:
    scene.completes(campaign_id, 180)
    scene.settles(campaign_id, 180)
    return scene.reckoned(campaign_id, PEOPLE)
