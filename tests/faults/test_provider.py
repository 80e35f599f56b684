"""The vendor asks for less, or is not there at all: calls wait, people are kept."""

from __future__ import annotations

import time
from uuid import UUID

import pytest

from masteria.core.jobs import Job, ring
from masteria.core.work import work_as
from tests.faults.scene import Scene
from tests.stage import until

pytestmark = pytest.mark.faults
IN_FLIGHT_SECONDS = 1.0  # what had its slot before the refusal was heard
ROUNDS = 12  # of five minutes; more than any number of tries after which a message would be given up


def test_d05_nobody_calls_before_the_time_in_retry_after(scene: Scene) -> None:
    people, window = 600, 6
    campaign_id = begin(scene, people)
    refusals = refused(scene, campaign_id, window - 1, refuse=130429, retry_after=window)
    late = [moment for moment in refusals if moment > refusals[0] + IN_FLIGHT_SECONDS]
    assert late == []
    scene.until(lambda: scene.accepted() > 100, campaign_id)
    assert scene.meta.get("stats")["refused"].keys() == {"130429"}
    scene.completes(campaign_id)
    assert scene.counts(campaign_id) == {"sent": people}
    assert scene.reckoned(campaign_id, people) == 0


def test_d05_a_bare_130429_holds_the_number_longer_and_longer(scene: Scene) -> None:
    people = 600
    campaign_id = begin(scene, people)
    refusals = refused(scene, campaign_id, 10, refuse=130429)
    waves = [moment for n, moment in enumerate(refusals) if not n or moment - refusals[n - 1] > 0.5]
    print(f"d05: {len(refusals)} refusals in {len(waves)} waves within 10 s")
    assert len(waves) <= 10  # a second at least between two of them
    assert len([moment for moment in refusals if moment < waves[0] + 1 + IN_FLIGHT_SECONDS]) < people / 3
    scene.completes(campaign_id, 180)
    assert scene.counts(campaign_id) == {"sent": people}
    assert scene.reckoned(campaign_id, people) == 0


def test_nobody_is_given_up_while_the_vendor_is_away_for_an_hour(scene: Scene) -> None:
    people = 20
    scene.sandbox("--latency", "0-5", statuses=False)
    scene.number(people, rate_per_second=200)
    scene.meta.stop()
    dispatcher, campaign_id = scene.dispatcher(), scene.campaign()
    for number in range(ROUNDS):
        scene.services.empty_redis()
        ring(Job.SEND_CAMPAIGNS)
        until(lambda: put_off(scene, campaign_id), 60, lambda: scene.counts(campaign_id))
        dispatcher.stop()
        assert scene.counts(campaign_id) == {"queued": people}, f"after {number} times five minutes"
        let_time_pass(scene, campaign_id)
        dispatcher.start()
    scene.meta.start()
    scene.number_again()
    scene.services.empty_redis()
    scene.around()
    scene.completes(campaign_id)
    assert scene.reckoned(campaign_id, people) == 0


def begin(scene: Scene, people: int) -> UUID:
    scene.sandbox("--latency", "20-60", statuses=False)
    scene.number(people, rate_per_second=100)
    scene.around("campaigns", "campaigns")
    campaign_id = scene.campaign()
    scene.until(lambda: scene.accepted() > 100, campaign_id)
    return campaign_id


def refused(scene: Scene, campaign_id: UUID, seconds: float, **options: int) -> list[float]:
    """When the vendor refused, within so many seconds from the first refusal; then it takes everything again."""
    scene.meta.post("options", **options)
    first = scene.until(lambda: scene.meta.get("refused")["data"], campaign_id)[0]
    time.sleep(max(0.0, first + seconds - time.time()))
    found = scene.meta.get("refused")["data"]
    scene.meta.post("options", refuse=0, retry_after=0)
    return found


def put_off(scene: Scene, campaign_id: UUID) -> bool:
    """Somebody was tried in vain and has another time."""
    query = "select exists (select from recipient where campaign_id = :id and (due_at > now() or state = 'failed'))"
    with work_as(scene.actor) as work:
        return bool(work.execute(query, {"id": campaign_id}).scalar())


def let_time_pass(scene: Scene, campaign_id: UUID) -> None:
    """Five minutes: all times are the database's, so moving them is moving the clock."""
    with work_as(scene.actor) as work:
        query = "update recipient set due_at = due_at - interval '5 minutes' where campaign_id = :id"
        work.execute(query, {"id": campaign_id})
