"""The database's disk is full: nothing is lost or sent twice, and everything goes on by itself when there is room."""

from __future__ import annotations

import time

import pytest

from tests.faults.scene import Scene
from tests.stage import until

pytestmark = pytest.mark.faults
FULL_SECONDS, QUIET_SECONDS = 45, 5  # a pump tries to write down what it heard for half a minute


def test_a_full_disk_makes_a_campaign_wait(scene: Scene) -> None:
    people = 3000
    scene.sandbox("--latency", "10-60", status_delay=[0.05, 0.3], retry_scale=0.2)
    with scene.services.small_disk() as disk:
        web = scene.web()
        scene.number(people, f"{web}/webhooks/meta", rate_per_second=100)
        scene.around("campaigns", "intake")
        campaign_id = scene.campaign()
        scene.until(lambda: scene.accepted() > 300, campaign_id)
        disk.fill()
        sent = stopped(scene, people)
        time.sleep(FULL_SECONDS)
        assert scene.accepted() == sent  # nobody is called whom the ledger cannot name
        disk.clear()
        if not scene.services.postgres_runs():
            scene.services.start_postgres()
        room = time.monotonic()
        until(lambda: scene.accepted() > sent, 90, lambda: scene.meta.get("stats"))
        print(f"disk: {sent} sent before it was full, went on {time.monotonic() - room:.1f} s after there was room")
        scene.completes(campaign_id, 180)
        scene.settles(campaign_id, 180)
        doubtful = scene.reckoned(campaign_id, people)
        print(f"disk: {doubtful} in doubt")
        assert doubtful <= 200  # two batches of slots, marked while the disk filled up
        scene.close()


def stopped(scene: Scene, people: int) -> int:
    """How many had left when nothing left any more."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        before = scene.accepted()
        time.sleep(QUIET_SECONDS)
        if scene.accepted() == before < people:
            return before
    raise AssertionError(f"{scene.accepted()} sent with a full disk, and it goes on")
