"""The house keeps itself: floors, sizes, bans, one home for each concern, models and migrations in agreement."""

from __future__ import annotations

import ast
import importlib
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlmodel import SQLModel

from masteria.core.db import owner_engine
from masteria.core.jobs import QUEUES, Job

ROOT = Path(__file__).resolve().parents[1]
CODE = sorted([*ROOT.glob("masteria/**/*.py"), *ROOT.glob("workers/*.py")])
TESTS = sorted(ROOT.glob("tests/**/*.py"))
FILE_LINES, TEST_LINES, FUNCTION_LINES, PAGE_LINES = 400, 500, 60, 80

ENVIRONMENT_READERS = {"masteria/config.py"}
ENVIRONMENT_FOLDERS = ("masteria/run/", "tests/")
ACROSS = {
    "masteria/core/work.py",
    "masteria/actions/accounts.py",
    "masteria/actions/invites.py",
    "masteria/actions/installation.py",
    "masteria/actions/keys.py",
    "masteria/actions/devices.py",
    "masteria/actions/logins.py",
    "masteria/actions/mail.py",
    "masteria/actions/profile.py",
    "masteria/actions/recovery.py",
    "masteria/actions/members.py",
    "masteria/actions/sealing.py",
    "masteria/actions/sessions.py",
    "masteria/actions/proofs.py",
    "masteria/actions/second_steps.py",
    "masteria/actions/tokens.py",
    "masteria/actions/operators.py",
    "masteria/actions/removal.py",
    "masteria/actions/support.py",
    "masteria/api/hooks.py",
    "masteria/actions/intake.py",
    "masteria/flows/installation.py",
    "masteria/flows/intake.py",
    "masteria/flows/lanes.py",
    "masteria/flows/upkeep.py",
    "masteria/queries/installation.py",
    "masteria/queries/operations.py",
    "masteria/queries/ways_in.py",
}
CHECKS = ("lint-imports", "ruff check .", "ruff format --check .", f"pyright --pythonpath {sys.executable}")
CLOCK_READERS = {"masteria/kit/clock.py"}
HTTP_CALLERS = ("masteria/kit/outbound.py", "masteria/sandbox/", "masteria/run/")


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.split()[0])
def test_what_the_commit_hook_checks_holds(check: str) -> None:
    tool, *rest = check.split()
    command = [str(Path(sys.executable).with_name(tool)), *rest]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert result.returncode == 0, result.stdout + result.stderr


def test_files_stay_readable() -> None:
    long = {name(p): lines(p) for p in CODE if lines(p) > FILE_LINES}
    long |= {name(p): lines(p) for p in TESTS if lines(p) > TEST_LINES}
    assert long == {}


def test_functions_stay_readable() -> None:
    long = {}
    for path in [*CODE, *TESTS]:
        limit = PAGE_LINES if path.name in ("page.py", "parts.py") else FUNCTION_LINES
        for function in functions(path):
            size = (function.end_lineno or 0) - function.lineno + 1
            if size > limit:
                long[f"{name(path)}:{function.name}"] = size
    assert long == {}


def test_every_module_says_what_lives_in_it() -> None:
    silent = [name(p) for p in [*CODE, *TESTS] if p.stat().st_size and not ast.get_docstring(ast.parse(p.read_text()))]
    assert silent == []


def test_public_functions_of_the_domain_say_what_they_do() -> None:
    floors = ("masteria/actions/", "masteria/queries/", "masteria/flows/", "masteria/core/")
    silent = [
        f"{name(path)}:{node.name}"
        for path in CODE
        if name(path).startswith(floors)
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and not node.name.startswith("_")
        and len(ast.unparse(node).splitlines()) > 3
        and not ast.get_docstring(node)
    ]
    assert silent == []


def test_settings_are_read_in_one_place() -> None:
    readers = {name(p) for p in CODE if re.search(r"os\.environ|os\.getenv", p.read_text())}
    assert {p for p in readers - ENVIRONMENT_READERS if not p.startswith(ENVIRONMENT_FOLDERS)} == set()


def test_time_is_asked_in_one_place() -> None:
    asked = {name(p) for p in CODE if re.search(r"datetime\.(now|utcnow|today)\(|date\.today\(", p.read_text())}
    assert {p for p in asked - CLOCK_READERS if not p.startswith(("masteria/sandbox/", "masteria/run/"))} == set()


def test_few_may_pass_the_door_across_companies() -> None:
    users = {name(p) for p in CODE if re.search(r"\bwork_across\b", p.read_text())}
    assert users - ACROSS == set()


def test_only_the_outbound_kit_speaks_http() -> None:
    callers = {
        name(p)
        for p in CODE
        if re.search(r"^\s*(import|from) (httpx|pyreqwest|aiohttp|requests)\b", p.read_text(), re.M)
    }
    assert {p for p in callers if not p.startswith(HTTP_CALLERS)} == set()


def test_nobody_else_commits() -> None:
    commits = {name(p) for p in CODE if re.search(r"\.commit\(\)", p.read_text())}
    assert {p for p in commits if not p.startswith(("masteria/sandbox/", "masteria/run/"))} == set()


def test_every_job_has_its_function_and_queue() -> None:
    module = importlib.import_module("workers.jobs")
    assert all(callable(getattr(module, job.path.rpartition(".")[2])) for job in Job)
    assert all(job.queue in QUEUES for job in Job)


def test_models_and_migrations_agree() -> None:
    with owner_engine().connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        found = [d if isinstance(d, tuple) else d[0] for d in compare_metadata(context, SQLModel.metadata)]
    # PostgreSQL spells an expression in its own way: an index seen as both gone and new is the same index
    seen = [(d[0], d[1].name) for d in found if d[0] in ("add_index", "remove_index")]
    same = {n for kind, n in seen if kind == "add_index"} & {n for kind, n in seen if kind == "remove_index"}
    assert [d for d in found if not (d[0].endswith("_index") and d[1].name in same)] == []


def kept() -> list[Path]:
    """What git keeps; on a machine without git, what looks as if it did."""
    if shutil.which("git") and (ROOT / ".git").exists():
        listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
        return [ROOT / name for name in listed.stdout.split()]
    made = {"node_modules", "__pycache__", "uv.lock", "reflex.lock"}
    return [p for p in ROOT.rglob("*") if not any(w in made or w[0] == "." for w in p.relative_to(ROOT).parts)]


@pytest.mark.parametrize("pattern", [r"/work/", r"\.\./shared", r"registry\.npmjs", r"pypi\.org", r"deb\.debian"])
def test_no_trace_of_a_workplace(pattern: str) -> None:
    texts = [p for p in kept() if p.suffix in {".py", ".md", ".toml", ".json", ".yaml", ".yml", ".sh", ".ini", ""}]
    found = [
        name(p)
        for p in texts
        if p.is_file() and p != Path(__file__) and re.search(pattern, p.read_text("utf-8", "replace"))
    ]
    assert found == []
