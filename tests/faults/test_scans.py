"""What can be read in the code itself: how workers are started, who may look into RQ, whose clock sending goes by."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from masteria.core.jobs import QUEUES

pytestmark = pytest.mark.faults
ROOT = Path(__file__).resolve().parents[2]
CODE = sorted([*ROOT.glob("masteria/**/*.py"), *ROOT.glob("workers/*.py")])
# of what RQ keeps, only what these do not touch may be read: they clean up without a lock, and jobs run twice
CLEANING = re.compile(r"\b(\w*Registry|get_job_ids|get_job_count|registry\.count|len\(\w*registry\w*\))\b")
SENDING = ("actions/sending.py", "actions/receipts.py", "actions/leases.py", "actions/budgets.py", "actions/tally.py")
SENDING += (
    "flows/sending.py",
    "flows/pump.py",
    "flows/recorder.py",
    "flows/lanes.py",
    "core/throttle.py",
    "core/pairs.py",
)


def test_q05_each_worker_process_hears_one_queue() -> None:
    named = ("compose.yaml", "Dockerfile", "masteria/run/up.py", "masteria/run/cli.py")
    places = [*(ROOT / name for name in named), *ROOT.glob("masteria/run/bench/*.py")]
    lines = [
        line for place in places for line in place.read_text().splitlines() if '"--queue"' in line or "--queue," in line
    ]
    assert len(lines) >= len(QUEUES) + 2
    assert [line for line in lines if line.count("--queue") != 1] == []
    for asked in (["--queue", "campaigns", "intake"], ["--queue", "campaigns,intake"], []):
        command = [sys.executable, "-m", "workers", *asked]
        assert subprocess.run(command, cwd=ROOT, capture_output=True, timeout=60).returncode == 2


def test_q05_jobs_travel_as_json_and_nothing_cleans_up_from_a_page() -> None:
    made = [call for path in CODE for call in calls(path) if call.func_name in ("Queue", "SimpleWorker", "Worker")]
    assert len(made) >= 3
    for call in made:
        assert call.options.get("serializer") == "JSONSerializer", call.place
    queues = [call.first for call in made if call.func_name == "Worker"]
    assert [first.count("Queue(") for first in queues] == [1]
    found = {p.relative_to(ROOT).as_posix(): CLEANING.findall(p.read_text()) for p in CODE if "rq" in p.read_text()}
    allowed = {"RegistrationContext"}
    assert {name: words for name, words in found.items() if set(words) - allowed} == {}


def test_sending_goes_by_the_clock_of_the_database() -> None:
    """The process' own clock may be wrong by hours; how long something took is measured by one that cannot jump."""
    wall = re.compile(r"\btime\.time\(|\bclock\b|\bnow\(\)(?!\W*[+-]\W*interval)")
    found = []
    for name in SENDING:
        for line in outside_sql(ROOT / "masteria" / name):
            if wall.search(line):
                found.append(f"{name}: {line}")
    assert found == []


class Call:
    """A call as it is written."""

    def __init__(self, path: Path, node: ast.Call) -> None:
        self.place = f"{path.relative_to(ROOT)}:{node.lineno}"
        self.func_name = ast.unparse(node.func)
        self.first = ast.unparse(node.args[0]) if node.args else ""
        self.options = {word.arg: ast.unparse(word.value) for word in node.keywords}


def calls(path: Path) -> list[Call]:
    tree = ast.parse(path.read_text())
    if not any(isinstance(n, ast.ImportFrom) and (n.module or "").split(".")[0] == "rq" for n in ast.walk(tree)):
        return []
    return [Call(path, node) for node in ast.walk(tree) if isinstance(node, ast.Call)]


def outside_sql(path: Path) -> list[str]:
    """The code without its texts: `now()` inside SQL is the database's."""
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            node.value = ""
    return ast.unparse(tree).splitlines()
