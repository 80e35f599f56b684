"""The database's disk is full: nothing is lost or sent twice, and everything goes on by itself when there is room."""

from __future__ import annotations

import time

import pytest

from masteria.enums import CampaignState
from tests.faults.scene import Scene
from tests.stage import until

pytestmark = pytest.mark.faults
FULL_SECONDS = 45  # a pump tries to write down what it heard for half a minute


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
        time.sleep(FULL_SECONDS)
        sent = scene.accepted()
        assert sent < people  # at its speed everyone would have been written to by now
        assert scene.state(campaign_id) == CampaignState.RUNNING
        disk.clear()
        if not scene.services.postgres_runs():
            scene.services.start_postgres()
        room = time.monotonic()
        until(lambda: scene.accepted() > sent, 90, lambda: scene.meta.get("stats"))
        print(f"disk: {sent} sent by then, went on {time.monotonic() - room:.1f} s after there was room")
        scene.completes(campaign_id, 180)
        scene.settles(campaign_id, 180)
        doubtful = scene.reckoned(campaign_id, people)
        print(f"disk: {doubtful} in doubt")
        assert doubtful <= 200  # two batches of slots, marked while the disk filled up
        scene.close()
