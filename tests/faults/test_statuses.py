"""Statuses in any order, three times each, late: never backwards, and every count exact."""

from __future__ import annotations

import random
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from masteria.core.work import work_as
from masteria.kit.clock import now
from masteria.queries import campaigns
from tests.faults.scene import Scene
from tests.metahooks import encoded, envelope, signature, status

pytestmark = pytest.mark.faults
PEOPLE, TIMES, IN_BODY = 400, 3, 40
RANK = {"sent": 1, "failed": 2, "delivered": 3, "read": 4}
ENDS = (("sent",), ("sent", "delivered"), ("sent", "delivered", "read"), ("sent", "failed"))


def test_d13_statuses_shuffled_tripled_and_late(scene: Scene) -> None:
    scene.sandbox("--latency", "5-20", statuses=False)
    url = f"{scene.hooks().url}/{scene.number(PEOPLE, rate_per_second=500).id}"
    scene.around("campaigns", "intake")
    campaign_id = scene.campaign()
    scene.completes(campaign_id)
    chance = random.Random(13)
    plan = {row_id: ENDS[n % len(ENDS)] for n, row_id in enumerate(ids(scene, campaign_id))}
    bodies = made(scene, plan, chance)
    backwards: list[str] = []
    known: dict[str, int] = {}
    with ThreadPoolExecutor(8) as posts:
        answers = posts.map(lambda raw: post(scene, url, raw), bodies)
        while not done(scene):
            for row_id, state in ids(scene, campaign_id).items():
                if RANK[state] < known.get(row_id, 0):
                    backwards.append(f"{row_id}: {state}")
                known[row_id] = RANK[state]
        assert set(answers) == {200}
    assert backwards == []
    assert ids(scene, campaign_id) == {row_id: steps[-1] for row_id, steps in plan.items()}
    shown = counts(scene, campaign_id)
    wanted = Counter(steps[-1] for steps in plan.values())
    assert {name: shown[name] for name in wanted} == wanted


def made(scene: Scene, plan: dict[str, tuple[str, ...]], chance: random.Random) -> list[bytes]:
    """Each status three times, in no order at all, some of them told an hour late."""
    items: list[dict[str, Any]] = []
    for row_id, steps in plan.items():
        for n, word in enumerate(steps):
            at = int((now() - timedelta(hours=chance.choice((0, 1)), seconds=-n)).timestamp())
            more = {"errors": [{"code": 131026}]} if word == "failed" else {}
            one = status(f"wamid.{row_id}", word, at, biz_opaque_callback_data=f"r:{row_id}", **more)
            items += [one] * TIMES
    chance.shuffle(items)
    parts = [items[n : n + IN_BODY] for n in range(0, len(items), IN_BODY)]
    return [encoded(envelope(scene.connection, statuses=part)) for part in parts]


def post(scene: Scene, url: str, raw: bytes) -> int:
    time.sleep(random.uniform(0, 0.2))
    headers = {"x-hub-signature-256": signature(raw, scene.connection.app_secret)}
    return httpx.post(url, content=raw, headers=headers, timeout=30).status_code


def ids(scene: Scene, campaign_id: UUID) -> dict[str, str]:
    query = "select cast(id as text), state from recipient where campaign_id = :id order by id"
    with work_as(scene.actor) as work:
        return dict(work.execute(query, {"id": campaign_id}).tuples().all())


def done(scene: Scene) -> bool:
    bodies = -(-sum(len(ENDS[n % len(ENDS)]) for n in range(PEOPLE)) * TIMES // IN_BODY)
    with work_as(scene.actor) as work:
        return work.execute("select count(*) from intake where state = 'done'").scalar() == bodies


def counts(scene: Scene, campaign_id: UUID) -> dict[str, int]:
    """As the screens show them."""
    with work_as(scene.actor) as work:
        return campaigns.campaign(work, campaign_id).counts.model_dump()
