"""Each benchmark in its smallest form, so that none rots. Nothing here looks at a clock or a speed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from masteria.run import meter
from masteria.run.bench import rounds, table
from masteria.run.environment import BIN

FIGURES = {
    *("side", "recipients", "rate_limit", "done_per_second", "achieved_per_second", "worst_second", "worst_100ms"),
    *("accepted", "duplicates", "lost", "cpu_seconds", "whole_cpu_seconds_per_10k", "worker_rss_mb", "load_before"),
    *("strangers", "receiver", "latency_ms"),
}


def bench(folder: Path, *words: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "masteria.run.cli", "bench", *words, "--json"]
    env = {**os.environ, "MASTERIA_DATA_DIR": str(folder)}
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_dispatch_tells_all_figures_and_loses_nobody(tmp_path: Path) -> None:
    found = bench(tmp_path, "dispatch", "--recipients", "300", "--unlimited", "--latency", "5-10")
    assert set(found) >= FIGURES | {"receiver_ceiling_per_second", "states"}
    assert (found["accepted"], found["duplicates"], found["lost"]) == (300, 0, 0)


def test_dispatch_survives_what_it_breaks(tmp_path: Path) -> None:
    falls = ("--kills", "1", "--database-restarts", "1", "--flush")
    found = bench(tmp_path, "dispatch", "--recipients", "600", "--rate", "60", *falls)
    assert (found["lost"], found["twice"], found["duplicates"]) == (0, 0, 0)
    assert found["kills"] + found["database_restarts"] + found["flushes"] >= 1
    assert {"in_doubt", "in_doubt_per_kill", "in_doubt_worst_kill", "one_slot"} <= set(found)


def test_two_workers_share_a_number_and_a_pause_stops_both(tmp_path: Path) -> None:
    found = bench(tmp_path, "dispatch", "--recipients", "300", "--rate", "200", "--workers", "2", "--pause")
    assert (found["accepted"], found["duplicates"]) == (300, 0)
    assert found["pause_to_last_send_ms"] is not None


def test_webhooks_are_all_stored(tmp_path: Path) -> None:
    found = bench(tmp_path, "webhooks", "--doors", "--statuses", "600", "--rate", "300", "--batch", "5")
    assert (found["missing"], found["refused"]) == (0, 0)
    assert found["intake"] == {"done": found["bodies"]}
    assert {"stored_per_second", "ack_ms", "stored_ms", "waiting_at_end", "cpu_seconds", "strangers"} <= set(found)


def test_growth_compares_sizes(tmp_path: Path) -> None:
    found = bench(tmp_path, "growth", "--sizes", "1000,3000", "--rounds", "2")
    assert set(found["steps"]) == {"1000", "3000"}
    assert {"claim", "mark", "record", "campaign page", "list of campaigns"} <= set(found["ratios"])


def test_the_walls_are_measured_in_pairs(tmp_path: Path) -> None:
    found = bench(tmp_path, "walls", "--size", "1000", "--pairs", "3")
    assert set(found["ratios"]) == {"list of conversations", "claim"}
    assert all(step["walled_ms"] > 0 and step["open_ms"] > 0 for step in found["steps"].values())
    assert found["permission_us"] < 50


def test_the_peer_sends_the_same_campaign(tmp_path: Path) -> None:
    asked = [str(BIN / "npm"), "ping", "--fetch-retries=0", "--fetch-timeout=5000"]
    env = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    if subprocess.run(asked, env=env, capture_output=True, timeout=60).returncode:
        pytest.skip("the registry that npm is set up for does not answer: the peer cannot be installed")
    found = bench(tmp_path, "dispatch", "--recipients", "300", "--unlimited", "--peer", "--rounds", "1")
    for side in ("masteria", rounds.PEER):
        assert set(found[side]) >= FIGURES
        assert (found[side]["accepted"], found[side]["duplicates"], found[side]["lost"]) == (300, 0, 0)
    assert set(found["ratios"]) == {"done_per_second", "whole_cpu", "worker_memory"}


def test_rounds_take_medians_and_keep_the_worst_of_what_must_not_be() -> None:
    found = rounds.merged(
        [{"rate": 1.0, "lost": 0, "cpu": {"worker": n}} for n in (3, 1, 2)]
        + [{"rate": 9.0, "lost": 1, "cpu": {"worker": 2}}]
    )
    assert (found["rate"], found["lost"], found["cpu"], len(found["rounds"])) == (1.0, 1, {"worker": 2}, 4)


def test_a_row_says_whether_its_promise_holds() -> None:
    _, verdict = table.GROUPS["eighty"]
    found = {"achieved_share": 0.995, "achieved_per_second": 79.6, "worst_second": 85, "lost": 0, "duplicates": 0}
    assert [row.holds for row in verdict(found)] == [True, False, True]


def test_a_straight_line_is_found_again() -> None:
    assert meter.slope_of([(0.0, 1.0), (1.0, 3.0), (2.0, 5.0)]) == 2.0
    assert meter.slope_of([(0.0, 1.0)]) == 0.0
