"""The command line: help with an example everywhere, one plain line when it fails."""

from __future__ import annotations

import argparse
import os
import re
import socket
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from masteria.run import build, cli
from masteria.run.environment import ROOT
from scripts import pin


def masteria(*words: str, **env: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "masteria.run.cli", *words]
    return subprocess.run(command, env={**os.environ, **env}, capture_output=True, text=True, timeout=120)


def commands(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    groups = [a for a in parser._actions if isinstance(a, argparse._SubParsersAction)]
    for found in (sub for group in groups for sub in group.choices.values()):
        if found.add_help:  # the sandbox speaks for itself
            yield from commands(found)
    if not groups:
        yield parser


def test_every_command_shows_an_example() -> None:
    silent = [found.prog for found in commands(cli.parser()) if "example: masteria" not in found.format_help()]
    assert silent == []


def test_wrong_use_ends_with_two() -> None:
    assert masteria("up", "--port", "70000").returncode == 2
    assert masteria("fly").returncode == 2


def test_a_taken_port_is_said_in_one_line_with_what_to_do(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = masteria("up", "--port", port, "--data-dir", str(tmp_path))
    assert done.returncode == 1
    assert done.stderr == f"Port {port} is taken by another program. Choose another with --port.\n"


def test_a_broken_setting_is_named() -> None:
    done = masteria(
        "company", "create", "--name=A", "--owner-email=a@b.example", "--owner-password=x", LOG_LEVEL="LOUD"
    )
    assert done.returncode == 1
    assert re.fullmatch(r"LOG_LEVEL must be one of .*\n", done.stderr)


def test_a_server_that_is_away_is_one_line_without_a_traceback() -> None:
    done = masteria("migrate", DATABASE_URL="postgresql://nobody@127.0.0.1:9/none", REDIS_URL="redis://127.0.0.1:9")
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1
    assert (
        "Traceback"
        in masteria(
            "migrate", "--debug", DATABASE_URL="postgresql://nobody@127.0.0.1:9/none", REDIS_URL="redis://127.0.0.1:9"
        ).stderr
    )


def test_the_bundle_follows_the_page_it_came_with() -> None:
    script = "const e=`ws://localhost:3000/_event`,p=`http://localhost:3000/ping`"
    followed = build.follow_origin(script)
    assert "location.origin" in followed
    assert ":3000" not in followed


def test_the_fingerprint_follows_the_sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "ROOT", tmp_path)
    (tmp_path / "rxconfig.py").write_text("one")
    before = build.fingerprint()
    assert build.fingerprint() == before
    (tmp_path / "rxconfig.py").write_text("two")
    assert build.fingerprint() != before


def test_the_frontends_lock_names_no_registry() -> None:
    assert '"resolved"' not in (ROOT / "reflex.lock" / "package-lock.json").read_text()


def test_pins_say_every_exact_version_and_where_they_fork() -> None:
    source = {"registry": "somewhere"}
    lock = {
        "package": [
            {"name": "b", "version": "1", "source": source},
            {"name": "a", "version": "2", "source": source, "resolution-markers": ["python_full_version < '3.12'"]},
            {"name": "a", "version": "3", "source": source, "resolution-markers": ["python_full_version >= '3.12'"]},
            {"name": "masteria", "version": "0", "source": {"editable": "."}},
        ]
    }
    assert pin.pins(lock) == [
        "a==2 ; (python_full_version < '3.12')",
        "a==3 ; (python_full_version >= '3.12')",
        "b==1",
    ]


def test_every_pin_is_exact() -> None:
    pinned = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["uv"]["constraint-dependencies"]
    assert len(pinned) > 100
    assert all(re.match(r"[a-z0-9.-]+==[^ ]+( ; .+)?$", line) for line in pinned)
