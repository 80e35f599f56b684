"""Statuses from Meta's request to the recipient's row: a real web process and intake worker on one core."""

from __future__ import annotations

import json
import os
import random
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from masteria.core.db import owner_engine
from masteria.core.work import work_as
from masteria.kit.errors import Invalid
from masteria.run import embedded, environment
from masteria.run.bench import company, hookbodies
from masteria.run.bench.company import Company
from masteria.run.bench.receiver import tell
from masteria.run.bench.wishes import Webhooks
from masteria.run.bench.world import START_SECONDS, World, opened
from masteria.run.supervisor import Supervisor

LEFT_SECONDS = 120.0  # for what still waits when the last has been answered


@dataclass(frozen=True)
class Knocked:
    """What `knock` saw, and when each body (by its digest) was sent; `waiting` bodies when the last was answered."""

    answers: list[float]
    refused: int
    lost_lines: int
    sent: dict[bytes, float]
    waiting: int


def run(wish: Webhooks) -> dict[str, Any]:
    """Offer statuses at the wished rate, and tell how fast they were answered and stored."""
    if not wish.doors:
        _build()
    with opened("0", settings={"track_commit_timestamp": "on"}) as world:
        ours = company.founded(0)
        people = _audience(ours, max(1, wish.statuses // len(hookbodies.STEPS)))
        port = _serve(world, wish)
        world.workers(1, "intake")
        world.lastingly("scheduler", "workers.schedule")
        pick = random.Random(7)
        made = hookbodies.bodies(hookbodies.statuses(people, pick), wish, pick)
        digests = hookbodies.write(made, world.folder / "requests", port)
        world.meter.start()
        knocked = _knock(world, wish, port, digests)
        world.until(lambda: _waiting() == 0, LEFT_SECONDS)
        world.meter.stop()
        return _found(world, wish, made, knocked)


def _build() -> None:
    """The web process mounts the screens: they are built as `masteria up` would."""
    folder = environment.data_dir()
    os.environ.update(environment.for_reflex(dict(os.environ), folder))
    from masteria.run.build import build_if_stale  # imports Reflex, which reads the environment

    tree = Supervisor(folder / "logs", tell)
    try:
        build_if_stale(tree, dict(os.environ), folder, tell)
    finally:
        tree.stop()


def _audience(ours: Company, count: int) -> list[tuple[str, str]]:
    """People to whom a campaign was sent, with the vendor's id of each message."""
    company.people(ours, count)
    with work_as(ours.actor) as work:
        campaign_id = company.campaign(work, ours)
        work.session.flush()
        work.execute(
            "update campaign set state = 'completed', total = :n where id = :id", {"n": count, "id": campaign_id}
        )
        rows = work.execute(_SENT, {"company": work.company_id, "campaign": campaign_id}).all()
    company.settle("recipient")
    return [(str(row[0]), row[1]) for row in rows]


def _serve(world: World, wish: Webhooks) -> int:
    port = embedded.free_port()
    world.env |= environment.for_reflex(world.env, world.folder) | {"MASTERIA_PORT": str(port)}
    words = ("masteria.run.bench.hookdoors", str(port)) if wish.doors else ("masteria.run.serve",)
    world.python("web", *words, measured=True)
    world.until(lambda: _answers(port), START_SECONDS)
    return port


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/webhooks/meta", timeout=2):
            return True
    except urllib.error.HTTPError:
        return True  # our handshake without a token is refused: it listens
    except OSError:
        return False


def _knock(world: World, wish: Webhooks, port: int, digests: list[bytes]) -> Knocked:
    out = world.folder / "knocked.json"
    words = (str(world.folder / "requests"), str(port), str(wish.rate), str(out))
    child = world.python("generator", "masteria.run.bench.knock", *words)
    world.until(lambda: not child.runs, LEFT_SECONDS + 2 * wish.statuses / wish.rate)
    if not out.exists():
        raise Invalid("bench", f"The generator failed:\n{world.tree.tail('generator')}\n{world.tree.tail('web')}")
    found = json.loads(out.read_text())
    waiting, sent = _waiting(), dict(zip(digests, found.pop("sent"), strict=True))
    return Knocked(**found, sent=sent, waiting=waiting)


def _waiting() -> int:
    with owner_engine().connect() as connection:
        return connection.scalar(sa.text("select count(*) from intake where state = 'waiting'")) or 0


def _found(world: World, wish: Webhooks, made: list[tuple[int, bytes]], knocked: Knocked) -> dict[str, Any]:
    with owner_engine().connect() as connection:
        stored = {bytes(row[0]): float(row[1]) for row in connection.execute(sa.text(_STORED))}
        states = {row[0]: row[1] for row in connection.execute(sa.text(_INTAKE))}
        missing = connection.scalar(sa.text(_MISSING))
    began, ended = min(knocked.sent.values()), max(stored.values(), default=time.time())
    many = sum(count for count, _ in made)
    lags = [at - knocked.sent[digest] for digest, at in stored.items() if digest in knocked.sent]
    cpu = world.meter.cpu()
    return {
        "statuses": many,
        "bodies": len(made),
        "offered_per_second": wish.rate,
        "batch": wish.batch,
        "web": "doors" if wish.doors else "whole",
        "stored_per_second": round(many / max(ended - began, 1e-6), 1),
        "seconds": round(ended - began, 2),
        "ack_ms": _percentiles(knocked.answers),
        "stored_ms": _percentiles(lags),
        "refused": knocked.refused + knocked.lost_lines,
        "missing": missing,
        "waiting_at_end": knocked.waiting,
        "intake": states,
        "cpu_seconds": cpu,
        "cpu_seconds_per_10k": {name: round(spent / many * 10_000, 2) for name, spent in cpu.items()},
        "rss_mb": {name: world.meter.memory(name, many)["peak"] for name in ("web", "worker")},
        "load_before": world.load_before,
        "strangers": world.meter.strangers,
        "cores": os.cpu_count() or 1,
    }


def _percentiles(seconds: list[float]) -> dict[str, float]:
    found = sorted(seconds) or [0.0]
    return {f"p{n}": round(found[min(len(found) - 1, len(found) * n // 100)] * 1000, 1) for n in (50, 95, 99)} | {
        "worst": round(found[-1] * 1000, 1)
    }


# the commit's time: now() inside the transaction is when it began
_STORED = """select digest, extract(epoch from pg_xact_commit_timestamp(xmin)) from intake where state = 'done'"""
_INTAKE = "select state, count(*) from intake group by 1"
_MISSING = """select count(*) from recipient
    where state <> 'read' or sent_at is null or delivered_at is null or read_at is null"""
_SENT = """insert into recipient (id, company_id, campaign_id, contact_id, phone, variables, state, state_at, provider_id,
     attempts, sending_at, sent_at)
   select uuidv7(), :company, :campaign, id, phone, '{}', 'sent', now(), 'wamid.HBgM' || replace(id::text, '-', ''), 1,
     now(), now() from contact where company_id = :company returning id, provider_id"""
