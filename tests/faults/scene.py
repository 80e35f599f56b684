"""One number, one campaign or two, and all the processes around them: what a fault test acts on and what it counts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from masteria.actions import campaigns
from masteria.core.access import Actor
from masteria.core.work import work_as
from masteria.enums import CampaignState
from masteria.models import Campaign, Connection, Template
from tests.cast import a_template, contacts
from tests.faults.services import Services
from tests.ports import free_port, wait_for_port
from tests.stage import Crew, HookProcess, Process, SandboxProcess, until, worker

OVER = {"sent", "delivered", "read", "failed", "in_doubt", "skipped"}


class Scene:
    """Ana's company. What it starts it also stops."""

    def __init__(self, actor: Actor, services: Services, folder: Path) -> None:
        self.actor, self.services = actor, services
        self.processes: list[Process] = []
        self.crew = Crew(folder)

    def close(self) -> None:
        self.crew.stop()
        for process in reversed(self.processes):
            process.stop()

    def sandbox(self, *options: str, **changed: Any) -> SandboxProcess:
        self.meta = SandboxProcess(*options)
        self.processes.append(self.meta)
        if changed:
            self.meta.post("options", **changed)
        return self.meta

    def hooks(self) -> HookProcess:
        found = HookProcess()
        self.processes.append(found)
        return found

    def web(self) -> str:
        """REST, webhooks and health in one process; its address."""
        port = free_port()
        self.processes.append(Process("-m", "tests.api.server", str(port)))
        wait_for_port(port)
        return f"http://127.0.0.1:{port}"

    def dispatcher(self) -> Process:
        """A worker that sends, and that only the test starts again."""
        found = worker("campaigns", META_GRAPH_URL=self.meta.url)
        self.processes.append(found)
        return found

    def around(self, *queues: str) -> None:
        """The scheduler and workers for these queues, raised whenever they fall, as `masteria up` does."""
        workers = [("-m", "workers", "--queue", queue) for queue in queues]
        self.crew.start(("-m", "workers.schedule"), *workers, META_GRAPH_URL=self.meta.url)

    def number(self, people: int, callback: str = "", **values: Any) -> Connection:
        """A number on both sides, an approved template, and so many contacts."""
        self.connection = self.meta.number(self.actor, callback, **values)
        self._put_template()
        contacts(self.actor, people)
        self.template: Template = a_template(self.actor, self.connection)
        return self.connection

    def number_again(self) -> None:
        """What a sandbox that was started anew has forgotten."""
        self.meta.know(self.connection)
        self._put_template()

    def _put_template(self) -> None:
        body = {"type": "BODY", "text": "Oi {{1}}, temos novidades para você."}
        self.meta.post(
            "templates", waba_id=self.connection.account_id, name="novidades", language="pt_BR", components=[body]
        )

    def campaign(self, name: str = "Novidades", at: datetime | None = None) -> UUID:
        """Launched, for everyone."""
        with work_as(self.actor) as work:
            campaign_id = campaigns.create(
                work,
                name=name,
                connection_id=self.connection.id,
                template_id=self.template.id,
                variables={"1": {"field": "name", "fallback": "você"}},
                audience={"all": True},
            )
            campaigns.launch(work, campaign_id, at=at)
        return campaign_id

    def state(self, campaign_id: UUID) -> CampaignState:
        with work_as(self.actor) as work:
            return work.get(Campaign, campaign_id).state

    def counts(self, campaign_id: UUID) -> dict[str, int]:
        query = "select state, count(*) from recipient where campaign_id = :id group by 1"
        with work_as(self.actor) as work:
            return dict(work.execute(query, {"id": campaign_id}).tuples().all())

    def told(self, campaign_id: UUID) -> dict[str, Any]:
        """How things stand, for a wait that fails."""
        with work_as(self.actor) as work:
            intake = dict(work.execute("select state, count(*) from intake group by 1").tuples().all())
        stats = self.meta.get("stats")
        return {
            "campaign": str(self.state(campaign_id)),
            "recipients": self.counts(campaign_id),
            "intake": intake,
            **{name: stats[name] for name in ("accepted", "duplicates", "refused", "webhooks")},
        }

    def accepted(self) -> int:
        return self.meta.get("stats")["accepted"]

    def until(self, condition: Callable[[], Any], campaign_id: UUID, seconds: float = 60) -> Any:
        return until(condition, seconds, lambda: self.told(campaign_id))

    def completes(self, campaign_id: UUID, seconds: float = 120) -> None:
        self.until(lambda: self.state(campaign_id) == CampaignState.COMPLETED, campaign_id, seconds)

    def settles(self, campaign_id: UUID, seconds: float = 120) -> None:
        """Every status that was told has been read."""
        self.until(
            lambda: not self.counts(campaign_id).keys() - {"delivered", "read", "in_doubt"}, campaign_id, seconds
        )

    def doubtful(self, campaign_id: UUID) -> set[str]:
        query = "select 'r:' || id from recipient where campaign_id = :id and state = 'in_doubt'"
        with work_as(self.actor) as work:
            return set(work.execute(query, {"id": campaign_id}).scalars())

    def reckoned(self, campaign_id: UUID, people: int) -> int:
        """Nobody lost, nobody twice; how many stay in doubt. Whoever got it and was told of is not among them."""
        truth, taken = self.meta.get("stats"), self.meta.get("accepted")["data"]
        doubtful = self.doubtful(campaign_id)
        assert truth["duplicates"] == 0
        assert not doubtful & taken.keys()
        assert len(taken) + len(doubtful) == people
        return len(doubtful)
