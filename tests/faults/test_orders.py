"""Pause, resume, a planned hour, a cap for each person: orders that hold whatever else goes on."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest

from masteria.actions import campaigns
from masteria.core.work import work_as
from masteria.enums import CampaignState
from masteria.kit.clock import now
from tests.faults.scene import Scene
from tests.stage import until

pytestmark = pytest.mark.faults


def test_d08_a_pause_at_a_thousand_and_a_resume(scene: Scene) -> None:
    people = 3000
    scene.sandbox("--latency", "10-60", status_delay=[0.05, 0.3])
    scene.number(people, scene.hooks().url, rate_per_second=1000)
    scene.around("intake", "campaigns")
    campaign_id = scene.campaign()
    scene.until(lambda: scene.accepted() >= 1000, campaign_id)
    with work_as(scene.actor) as work:
        campaigns.pause(work, campaign_id)
    at_pause = scene.accepted()
    time.sleep(5)
    after = scene.accepted()
    print(f"d08: {after - at_pause} more after the pause")
    assert after - at_pause <= 100
    time.sleep(1)
    assert scene.accepted() == after
    with work_as(scene.actor) as work:
        campaigns.resume(work, campaign_id)
    scene.completes(campaign_id)
    scene.settles(campaign_id)
    assert scene.reckoned(campaign_id, people) == 0


def test_d11_two_campaigns_and_a_cap_of_one_a_day(scene: Scene) -> None:
    scene.sandbox("--latency", "0-5")
    scene.number(1)
    with work_as(scene.actor) as work:
        work.execute("update company set marketing_cap_per_day = 1 where id = :id", {"id": scene.actor.company_id})
    both = [scene.campaign("Primeira"), scene.campaign("Segunda")]
    scene.around("campaigns")
    for campaign_id in both:
        scene.completes(campaign_id)
    with work_as(scene.actor) as work:
        rows = work.execute("select state, reason_code from recipient where company_id = app.current_company()")
        found = sorted(rows.tuples().all())
    assert found == [("sent", None), ("skipped", "marketing_cap")]


def test_d15_a_dispatcher_down_at_the_planned_minute(scene: Scene) -> None:
    people = 50
    scene.sandbox("--latency", "5-20", statuses=False)
    scene.number(people)
    campaign_id = scene.campaign(at=now() + timedelta(seconds=2))
    time.sleep(4)
    assert scene.state(campaign_id) == CampaignState.SCHEDULED
    assert scene.accepted() == 0
    scene.around("campaigns")
    back = time.monotonic()
    scene.until(lambda: scene.accepted() > 0, campaign_id, 60)
    print(f"d15: started {time.monotonic() - back:.1f} s after the return")
    scene.completes(campaign_id)
    until(lambda: scene.counts(campaign_id) == {"sent": people}, 30, lambda: scene.told(campaign_id))
    assert scene.reckoned(campaign_id, people) == 0
