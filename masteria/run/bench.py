"""`masteria bench dispatch`: how fast and how evenly campaigns leave here, by the receiver's own count.

A database of its own, the sandbox in its fastest mode, and one real worker process; nothing of an installation is
touched. Figures: rate done in the database, worst windows at the receiver, memory of the worker, pause to last message.
"""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

from masteria.actions import accounts, campaigns
from masteria.core import migrate
from masteria.core.access import Actor
from masteria.core.work import work_as
from masteria.enums import CampaignKind, ConnectionStatus, TemplateStatus
from masteria.flows import upkeep
from masteria.kit.clock import now
from masteria.models import Connection, Template
from masteria.run import embedded, environment
from masteria.sandbox import sample

UNLIMITED = 100_000
BODY = "Oi {{1}}, temos novidades para você."


def dispatch(*, recipients: int, rate: int, latency: str, pause: bool) -> dict[str, Any]:
    """One campaign of `recipients` at `rate` a second (0: as fast as it goes); figures as plain numbers."""
    with _stage(latency) as (sandbox, worker_env):
        campaign_id, actor = _campaign(recipients, rate or UNLIMITED)
        worker = subprocess.Popen([sys.executable, "-m", "workers", "--queue", "campaigns"], env=worker_env)
        try:
            time.sleep(3)  # the worker's imports are not what is measured
            with work_as(actor) as work:
                campaigns.launch(work, campaign_id)
            began = time.monotonic()
            if pause:
                return _pause(actor, campaign_id, sandbox, rate)
            memory = _follow(actor, campaign_id, worker.pid)
            return _figures(sandbox, recipients, rate, time.monotonic() - began, worker.pid, memory)
        finally:
            worker.terminate()
            worker.wait(15)


def _figures(sandbox: str, recipients: int, rate: int, seconds: float, pid: int, memory: list[float]) -> dict[str, Any]:
    truth = _ask(sandbox, "stats")
    span = truth["last_at"] - truth["first_at"]
    return {
        "recipients": recipients,
        "limit": rate or None,
        "done_per_second": round(recipients / seconds, 1),
        "achieved_per_second": round((truth["accepted"] - 1) / span, 2) if span else None,
        "share_of_limit": round((truth["accepted"] - 1) / span / rate, 4) if rate and span else None,
        "worst_second": truth["worst_second"],
        "worst_100ms": truth["worst_100ms"],
        "accepted": truth["accepted"],
        "duplicates": truth["duplicates"],
        "worker_memory_mb": {"first": memory[0], "middle": memory[len(memory) // 2], "last": memory[-1]},
        "load_average": os.getloadavg()[0],
    }


def _pause(actor: Actor, campaign_id: UUID, sandbox: str, rate: int) -> dict[str, Any]:
    time.sleep(5)
    with work_as(actor) as work:
        campaigns.pause(work, campaign_id)
    ordered = time.time()
    time.sleep(3)
    truth = _ask(sandbox, "stats")
    last = max(0.0, truth["last_at"] - ordered)
    return {"limit": rate, "pause_to_last_message_ms": round(last * 1000), "accepted": truth["accepted"]}


def _follow(actor: Actor, campaign_id: UUID, pid: int) -> list[float]:
    """Until it is completed; the worker's memory meanwhile, in MB."""
    memory = []
    while True:
        memory.append(_memory(pid))
        with work_as(actor) as work:
            state = work.execute("select state from campaign where id = :id", {"id": campaign_id}).scalar()
        if state == "completed":
            return memory
        time.sleep(0.1)
        upkeep.sweep()


def _campaign(recipients: int, rate: int) -> tuple[UUID, Actor]:
    actor = accounts.create_company("Bench", f"{secrets.token_hex(4)}@bench.example", secrets.token_hex(12))
    with work_as(actor) as work:
        connection = work.add(
            Connection(
                kind="whatsapp_cloud",  # pyright: ignore[reportArgumentType]
                name="Bench",
                external_id=sample.SAMPLE_PHONE_NUMBER_ID,
                account_id=sample.SAMPLE_WABA_ID,
                access_token=sample.SAMPLE_ACCESS_TOKEN,
                app_secret=sample.SAMPLE_APP_SECRET,
                verify_token=sample.SAMPLE_VERIFY_TOKEN,
                status=ConnectionStatus.CONNECTED,
                rate_per_second=rate,
            )
        )
        work.session.flush()
        template = work.add(
            Template(
                connection_id=connection.id,
                external_id="1",
                name="bench",
                language="pt_BR",
                category="UTILITY",
                status=TemplateStatus.APPROVED,
                body=BODY,
                variables=["1"],
                components=[{"type": "BODY", "text": BODY}],
                synced_at=now(),
            )
        )
        work.execute(
            """insert into contact (id, company_id, created_at, changed_at, phone, match_key, name, tags, attributes,
                 consent_whatsapp)
               select gen_random_uuid(), :company, now(), now(), '+55119' || lpad(n::text, 8, '0'), '5511' || lpad(n::text, 8, '0'),
                 'Pessoa ' || n, '{}', '{}', 'unknown' from generate_series(1, :count) n""",
            {"company": work.company_id, "count": recipients},
        )
        fields = {"variables": {"1": {"field": "name", "fallback": "você"}}, "audience": {"all": True}}
        created = campaigns.create(
            work, name="Bench", kind=CampaignKind.TEMPLATE, connection_id=connection.id, template_id=template.id, **fields
        )
    return created, actor


@contextmanager
def _stage(latency: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Embedded PostgreSQL and Redis in a temporary folder, and the sandbox."""
    port = embedded.free_port()
    address = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory(prefix="masteria-bench-") as folder:
        data = Path(folder)
        env = environment.with_keys({k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "REDIS_URL")}, data)
        env["META_GRAPH_URL"] = address
        services = [embedded.postgres(data), embedded.redis(data)]
        processes = [embedded.start(service, env) for service in services]
        embedded.wait_for_postgres(services[0])
        embedded.wait_for_redis(services[1])
        env |= {"DATABASE_URL": services[0].url, "REDIS_URL": services[1].url}
        command = [sys.executable, "-m", "masteria.sandbox", "--port", str(port), "--fast", "--latency", latency]
        processes.append(subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        os.environ.update(env)
        migrate.upgrade()
        template = {"waba_id": sample.SAMPLE_WABA_ID, "name": "bench", "language": "pt_BR"}
        _ask(address, "templates", {**template, "components": [{"type": "BODY", "text": BODY}]})
        _ask(address, "options", {"magic": False})
        try:
            yield address, env
        finally:
            for process in reversed(processes):
                process.send_signal(2 if process is processes[0] else 15)
                process.wait(15)


def _ask(address: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(f"{address}/_sandbox/{path}", data, {"content-type": "application/json"})
    for _ in range(100):
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.loads(answer.read())
        except (ConnectionError, urllib.error.URLError):
            time.sleep(0.1)
    raise TimeoutError(f"{address} does not answer")


def _memory(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return round(int(line.split()[1]) / 1024, 1)
    return 0.0
