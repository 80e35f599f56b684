"""Limits: shared by everyone who asks, all rules or none, and never open for writes when Redis is silent."""

from __future__ import annotations

import secrets
from concurrent.futures import ThreadPoolExecutor

from masteria.core import limits
from masteria.core.limits import Rule, ask_all


def a_rule(count: int, scope: str = "key") -> Rule:
    return Rule(f"{scope}:{secrets.token_hex(8)}", count, 3600)


def test_as_many_as_allowed_and_not_one_more() -> None:
    rule = a_rule(5)
    answers = [ask_all([rule]) for _ in range(7)]
    assert [a.allowed for a in answers] == [True] * 5 + [False] * 2
    assert [a.remaining for a in answers] == [4, 3, 2, 1, 0, 0, 0]
    assert 0 < answers[-1].wait_ms <= 3600 * 1000 / 5


def test_many_at_once_get_exactly_what_there_is() -> None:
    rule = a_rule(50)
    with ThreadPoolExecutor(16) as pool:
        allowed = sum(a.allowed for a in pool.map(lambda _: ask_all([rule]), range(400)))
    assert allowed == 50


def test_the_tightest_rule_speaks_and_a_refusal_takes_nothing() -> None:
    own, shared = a_rule(10), a_rule(2, "company")
    assert ask_all([own, shared]).rule == shared
    assert ask_all([own, shared]).allowed
    refused = ask_all([own, shared])
    assert (refused.allowed, refused.rule) == (False, shared)
    assert ask_all([own]).remaining == 7


def test_without_redis_reads_stay_open_and_writes_are_counted_here() -> None:
    rule = a_rule(3)
    limits._silence.begin()
    try:
        assert all(ask_all([rule]).allowed for _ in range(10))
        writes = [ask_all([rule], open_when_silent=False).allowed for _ in range(5)]
    finally:
        limits._silence._until = 0.0
    assert writes == [True, True, True, False, False]
