"""`masteria bench dispatch`: how fast and how evenly one worker sends, by the receiver's own count.

PostgreSQL, Redis, sandbox and worker are processes of this run alone, in a folder that is thrown away.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from masteria.actions import accounts, campaigns
from masteria.core import migrate
from masteria.core.access import Actor
from masteria.core.work import work_as
from masteria.enums import CampaignState, ConnectionKind, ConnectionStatus, TemplateStatus
from masteria.kit.clock import now
from masteria.models import Campaign, Connection, Template
from masteria.queries.campaigns import campaign as campaign_row
from masteria.run import embedded, environment
from masteria.run.meter import Meter
from masteria.run.supervisor import Child, Supervisor

UNLIMITED = 100_000
NUMBER_ID, ACCOUNT_ID, TOKEN = "100200300400500", "200300400500600", "bench-token"
BODY = "Oi {{1}}, temos novidades para você."


@dataclass(frozen=True)
class Wish:
    """`rate` 0 is unlimited; `latency` the sandbox's, in milliseconds; `pause` stops half-way and goes on."""

    recipients: int = 5000
    rate: int = 80
    latency: str = "50-150"
    pause: bool = False


@dataclass(frozen=True)
class Report:
    """What the receiver counted, what the database says, and what it cost; CPU in seconds, memory in MB."""

    recipients: int
    rate_limit: int | None
    latency_ms: str
    seconds: float
    achieved_per_second: float
    achieved_share: float | None
    worst_second: int
    worst_100ms: int
    recorded_per_second: float
    accepted: int
    duplicates: int
    states: dict[str, int]
    pause_to_last_send_ms: float | None
    cpu_seconds: dict[str, float]
    worker_cpu_seconds_per_10k: float
    worker_rss_mb: dict[str, float]
    load_before: float
    cores: int = field(default_factory=lambda: os.cpu_count() or 1)


def dispatch(wish: Wish) -> dict[str, Any]:
    """One campaign to `wish.recipients` people, from its launch to its last outcome in the database."""
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="masteria-bench-") as folder, _world(Path(folder), wish) as world:
        actor = accounts.create_company("Bench", "bench@example.com", "bench-password-2026")
        campaign_id = _campaign(actor, wish)
        world.announce_number()
        world.start_worker()
        world.meter.start()
        with work_as(actor) as work:
            campaigns.launch(work, campaign_id)
        paused = _pause(actor, campaign_id, wish, world) if wish.pause else None
        _until(lambda: _state(actor, campaign_id) == CampaignState.COMPLETED, world, seconds=7200)
        world.meter.stop()
        return asdict(_report(actor, campaign_id, wish, world, paused, load))


class World:
    """The processes of one run."""

    def __init__(self, folder: Path, env: dict[str, str], port: int) -> None:
        self.env, self.url = env, f"http://127.0.0.1:{port}"
        self.tree = Supervisor(folder / "logs", lambda text: print(text, file=sys.stderr))  # noqa: T201
        self.meter = Meter()

    def start(self, name: str, *command: str) -> None:
        child = self.tree.start(Child(name, [sys.executable, *command], self.env))
        self.watch(name, child)

    def watch(self, name: str, child: Child) -> None:
        assert child.process is not None
        self.meter.watch(name, child.process.pid)

    def start_worker(self) -> None:
        self.start("worker", "-m", "workers", "--queue", "campaigns")
        time.sleep(2)  # its imports are not what is measured

    def announce_number(self) -> None:
        number = {"phone_number_id": NUMBER_ID, "waba_id": ACCOUNT_ID, "access_token": TOKEN}
        secrets = {"display_number": "+55 11 4000-0100", "app_secret": "s" * 32, "verify_token": "v" * 16}
        self.ask("numbers", {**number, **secrets})
        component = {"type": "BODY", "text": BODY}
        self.ask("templates", {"waba_id": ACCOUNT_ID, "name": "bench", "language": "pt_BR", "components": [component]})

    def sandbox_answers(self) -> bool:
        try:
            return bool(self.ask("stats"))
        except OSError:
            return False

    def ask(self, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/_sandbox/{path}", data, {"content-type": "application/json"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)


@contextmanager
def _world(folder: Path, wish: Wish) -> Iterator[World]:
    folder.chmod(0o711)  # PostgreSQL may run as another user
    port, path = embedded.free_port(), os.environ.get("PATH", os.defpath)
    env = environment.with_keys({"PATH": path, "META_GRAPH_URL": f"http://127.0.0.1:{port}"}, folder)
    world = World(folder, env, port)
    try:
        for name, service in (("DATABASE_URL", embedded.postgres(folder)), ("REDIS_URL", embedded.redis(folder))):
            env[name] = embedded.start(world.tree, service)
            world.watch(service.name, world.tree.children[-1])
        os.environ.update(env)  # this process acts for the bench's company, as the panel would
        migrate.upgrade()
        world.start("sandbox", "-m", "masteria.sandbox", "--port", str(port), "--fast", "--latency", wish.latency)
        _until(world.sandbox_answers, world, seconds=30)
        yield world
    finally:
        world.meter.stop()
        world.tree.stop()


def _campaign(actor: Actor, wish: Wish) -> UUID:
    with work_as(actor) as work:
        values: dict[str, Any] = {"kind": ConnectionKind.WHATSAPP_CLOUD, "name": "Bench", "verify_token": "v" * 16}
        values |= {"external_id": NUMBER_ID, "account_id": ACCOUNT_ID, "access_token": TOKEN, "app_secret": "s" * 32}
        values |= {"status": ConnectionStatus.CONNECTED, "rate_per_second": wish.rate or UNLIMITED}
        connection = work.add(Connection(**values))
        work.session.flush()
        values = {"connection_id": connection.id, "external_id": "1", "name": "bench", "language": "pt_BR"}
        values |= {"category": "MARKETING", "status": TemplateStatus.APPROVED, "synced_at": now(), "body": BODY}
        values |= {"variables": ["1"], "components": [{"type": "BODY", "text": BODY}]}
        template = work.add(Template(**values))
        work.session.flush()
        work.execute(_PEOPLE, {"company": work.company_id, "count": wish.recipients})
        return campaigns.create(
            work,
            name="Bench",
            connection_id=connection.id,
            template_id=template.id,
            variables={"1": {"field": "first_name", "fallback": "você"}},
            audience={"all": True},
        )


def _pause(actor: Actor, campaign_id: UUID, wish: Wish, world: World) -> float:
    """Milliseconds from the committed pause to the last message that left."""
    _until(lambda: world.ask("stats")["accepted"] >= wish.recipients // 2, world, seconds=3600)
    with work_as(actor) as work:
        campaigns.pause(work, campaign_id)
    paused_at = time.time()
    time.sleep(3)
    last = world.ask("stats")["last_at"]
    with work_as(actor) as work:
        campaigns.resume(work, campaign_id)
    return round((last - paused_at) * 1000, 1)


def _state(actor: Actor, campaign_id: UUID) -> CampaignState:
    with work_as(actor) as work:
        return work.get(Campaign, campaign_id).state


def _until(condition: Callable[[], bool], world: World, *, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {seconds:g} s; the worker's last words:\n{world.tree.tail('worker')}")
        time.sleep(0.1)


def _report(actor: Actor, campaign_id: UUID, wish: Wish, world: World, paused: float | None, load: float) -> Report:
    truth, meter = world.ask("stats"), world.meter
    with work_as(actor) as work:
        counts = asdict(campaign_row(work, campaign_id).counts)
        span = work.execute(_SPAN, {"id": campaign_id}).scalar_one()
    seconds, rate = truth["last_at"] - truth["first_at"], truth["per_second_mean"]
    return Report(
        recipients=wish.recipients,
        rate_limit=wish.rate or None,
        latency_ms=wish.latency,
        seconds=round(seconds, 2),
        achieved_per_second=rate,
        achieved_share=round(rate / wish.rate, 4) if wish.rate and not wish.pause else None,
        worst_second=truth["worst_second"],
        worst_100ms=truth["worst_100ms"],
        recorded_per_second=round(wish.recipients / float(span), 1),
        accepted=truth["accepted"],
        duplicates=truth["duplicates"],
        states={name: count for name, count in counts.items() if count and name != "total"},
        pause_to_last_send_ms=paused,
        cpu_seconds=meter.cpu(),
        worker_cpu_seconds_per_10k=round(meter.cpu()["worker"] / wish.recipients * 10_000, 2),
        worker_rss_mb=meter.memory("worker"),
        load_before=round(load, 2),
    )


_SPAN = "select extract(epoch from max(sent_at) - min(sending_at)) from recipient where campaign_id = :id"
_PEOPLE = """insert into contact (id, company_id, phone, match_key, name, tags, attributes, consent_whatsapp,
     created_at, changed_at)
   select gen_random_uuid(), :company, '+55119' || lpad(n::text, 8, '0'), '5511' || lpad(n::text, 8, '0'),
     'Pessoa ' || n, '{}', '{}', 'unknown', now(), now() from generate_series(1, :count) n"""
