"""The peer: BullMQ in Node with a job a message, on PostgreSQL, Redis and receiver of the same kind and settings."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
from pathlib import Path
from typing import Any

import psycopg

from masteria.kit.errors import Invalid
from masteria.run import environment
from masteria.run.bench.dispatch import figures, longest
from masteria.run.bench.receiver import cache_folder, tell
from masteria.run.bench.wishes import Dispatch
from masteria.run.bench.world import START_SECONDS, World, opened
from masteria.run.environment import ROOT
from masteria.run.supervisor import Supervisor

SOURCES = ROOT / "bench" / "peers" / "bullmq"
FILES = ("package.json", "package-lock.json", "peer.mjs")
CONCURRENCIES = (100, 500, 1000)
BEST = {True: 1000, False: 500}  # unlimited; at a rate: measured, see docs/benchmarks.md


def run(wish: Dispatch) -> dict[str, Any]:
    """The same campaign as `dispatch.run`, sent by the peer."""
    folder, node = installed(), str(environment.node())
    with opened(wish.latency, schema=False) as world:
        _table(world, wish.recipients)
        concurrency = wish.concurrency or BEST[not wish.rate]
        world.env |= {
            "RECEIVER_URL": world.receiver.url,
            "RECIPIENTS": str(wish.recipients),
            "CONCURRENCY": str(concurrency),
            "RATE": str(wish.rate),
            "NODE_ENV": "production",
        }
        if world.receiver.kind == "sandbox":
            from masteria.run.bench import company

            company.make_known(world.receiver)
        code, output = world.tree.run([node, "peer.mjs", "enqueue"], world.env, folder)
        if code:
            raise Invalid("peer", "The peer could not fill its queue:\n" + "\n".join(output[-10:]))
        workers = [f"peer-{number + 1}" for number in range(wish.workers)]
        for name in workers:
            world.start(name, node, str(folder / "peer.mjs"), "work", group="worker", measured=True)
        world.until(lambda: all('"ready"' in world.tree.tail(name) for name in workers), START_SECONDS)
        world.meter.start()
        for name in workers:
            process = world.child(name).process
            assert process is not None
            process.send_signal(signal.SIGUSR2)
        world.until(lambda: world.receiver.ask("stats")["unique"] >= wish.recipients, longest(wish))
        world.until(lambda: _recorded(world) >= wish.recipients, longest(wish))
        world.meter.stop()
        return figures(wish, world, _last(world)) | {"concurrency": concurrency}


def installed() -> Path:
    """The peer with its packages, installed on first use; `Invalid` when npm cannot."""
    digest = hashlib.sha256(b"".join((SOURCES / name).read_bytes() for name in FILES)).hexdigest()[:12]
    folder = cache_folder() / f"bullmq-{digest}"
    if (folder / "node_modules").is_dir():
        return folder
    tell("Installing the peer's packages (once)…")
    fresh = folder.with_suffix(".new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    for name in FILES:
        shutil.copy(SOURCES / name, fresh)
    command = [str(environment.BIN / "npm"), "ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund"]
    tree = Supervisor(cache_folder() / "logs", tell)
    try:
        env = {**os.environ, "PATH": f"{environment.BIN}{os.pathsep}{os.environ.get('PATH', os.defpath)}"}
        code, output = tree.run(command, env, fresh)
    finally:
        tree.stop()
    if code:
        raise Invalid("peer", "The peer's packages could not be installed:\n" + "\n".join(output[-10:]))
    fresh.rename(folder)
    return folder


def _table(world: World, count: int) -> None:
    """Its rows are there before the clock starts, with the index that statuses will look them up by, and no other."""
    with psycopg.connect(world.env["DATABASE_URL"], autocommit=True) as connection:
        connection.execute(_TABLE)
        connection.execute("insert into message (id) select generate_series(1, %s::int)", [count])
        connection.execute("create unique index on message (provider_id) where provider_id is not null")
        connection.execute("vacuum analyze message")
        connection.execute("checkpoint")


def _recorded(world: World) -> int:
    with psycopg.connect(world.env["DATABASE_URL"], autocommit=True) as connection:
        row = connection.execute("select count(*) from message where state = 'sent'").fetchone()
        return row[0] if row else 0


def _last(world: World) -> float:
    with psycopg.connect(world.env["DATABASE_URL"], autocommit=True) as connection:
        row = connection.execute("select extract(epoch from max(sent_at)) from message").fetchone()
        return float(row[0]) if row and row[0] else 0.0


_TABLE = """create table message (id bigint primary key, state text not null default 'queued', provider_id text,
    sent_at timestamptz, attempts int not null default 0) with (fillfactor = 70)"""
