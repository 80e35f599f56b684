"""Limits: shared by everyone who asks, all rules or none, no window above the rule, never open when Redis is silent."""

from __future__ import annotations

import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from redis import Redis

from masteria.core import limits
from masteria.core.limits import PREFIX, Allowance, Rule, ask_all
from masteria.core.redis import bell_url
from masteria.run import embedded
from masteria.run.supervisor import Supervisor

# asks as often as it can for some seconds, and tells when it was let through
HAMMER = """
import sys, time
from masteria.core.limits import Rule, ask_all
key, count, seconds, until = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4])
while time.time() < until - 3: time.sleep(0.01)
while time.time() < until:
    if ask_all([Rule(key, count, seconds)]).allowed: print(time.time())
"""


def a_rule(count: int, scope: str = "key", seconds: float = 3600) -> Rule:
    return Rule(f"{scope}:{secrets.token_hex(8)}", count, seconds)


def test_as_many_as_allowed_and_not_one_more() -> None:
    rule = a_rule(5)
    answers = [ask_all([rule]) for _ in range(7)]
    assert [a.allowed for a in answers] == [True] * 5 + [False] * 2
    assert [a.remaining for a in answers] == [4, 3, 2, 1, 0, 0, 0]
    assert 3_400_000 < answers[-1].wait_ms <= 3600 * 1000


def test_many_at_once_get_exactly_what_there_is() -> None:
    rule = a_rule(50)
    with ThreadPoolExecutor(16) as pool:
        allowed = sum(a.allowed for a in pool.map(lambda _: ask_all([rule]), range(400)))
    assert allowed == 50


def test_r01_eight_processes_share_a_limit() -> None:
    rule, until = a_rule(820, seconds=2), time.time() + 8
    command = [sys.executable, "-c", HAMMER, rule.key, str(rule.count), str(rule.seconds), str(until)]
    crowd = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(8)]
    times = sorted(float(line) for process in crowd for line in process.communicate(timeout=60)[0].splitlines())
    # every window that begins with one that was let through; the callers' clock runs a little behind Redis' own
    fullest = max(sum(at <= other < at + rule.seconds - 0.1 for other in times) for at in times[:: len(times) // 200])
    assert rule.count * 0.98 <= fullest <= rule.count * 1.02
    assert sum(at < times[0] + rule.seconds - 0.1 for at in times) >= rule.count * 0.98


def test_room_comes_back_and_the_wait_tells_when() -> None:
    rule = a_rule(3, seconds=0.6)
    assert [ask_all([rule]).allowed for _ in range(4)] == [True, True, True, False]
    time.sleep(ask_all([rule]).wait_ms / 1000 + 0.005)
    assert ask_all([rule]).allowed


def test_the_tightest_rule_speaks_and_a_refusal_takes_nothing() -> None:
    own, shared = a_rule(10), a_rule(2, "company")
    assert ask_all([own, shared]).rule == shared
    assert ask_all([own, shared]).allowed
    refused = ask_all([own, shared])
    assert (refused.allowed, refused.rule) == (False, shared)
    assert ask_all([own]).remaining == 7


def test_of_two_refusals_the_longer_wait_is_told() -> None:
    short, long = a_rule(1, seconds=30), a_rule(1, "company")
    ask_all([short, long])
    assert ask_all([short, long]).rule == long


def test_a_clock_that_jumped_back_locks_nobody_out() -> None:
    rule = a_rule(2)
    with Redis.from_url(bell_url()) as client:
        client.zadd(PREFIX + rule.key, {f"ahead:{n}": (time.time() + 7200) * 1e6 for n in range(9)})
        assert ask_all([rule]).remaining == 1
        assert client.zcard(PREFIX + rule.key) == 1


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[Supervisor]:
    """A Redis that this test may stop; the limits ask it alone."""
    tree = Supervisor(tmp_path / "logs", print)
    url = embedded.start(tree, embedded.redis(tmp_path))
    limits._silence._until = 0.0
    with pytest.MonkeyPatch.context() as patch, Redis.from_url(url, socket_timeout=0.15) as client:
        patch.setattr(limits, "_redis", lambda: client)
        yield tree
    tree.stop()
    limits._silence._until = 0.0


def asked(rule: Rule, times: int) -> list[bool]:
    return [ask_all([rule]).allowed for _ in range(times)]


def test_with_redis_stopped_each_process_counts_by_itself(own_redis: Supervisor) -> None:
    rule = a_rule(3)
    assert asked(rule, 2) == [True, True]
    own_redis.stop()
    assert asked(rule, 5) == [True, True, True, False, False]
    assert isinstance(answer := ask_all([rule]), Allowance)
    assert answer.wait_ms > 3_400_000


def test_with_redis_stopped_all_rules_count_or_none(own_redis: Supervisor) -> None:
    own_redis.stop()
    own, shared = a_rule(10), a_rule(2, "company")
    assert [ask_all([own, shared]).allowed for _ in range(4)] == [True, True, False, False]
    assert ask_all([own]).remaining == 7
