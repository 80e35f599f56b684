"""Tries are counted over a sliding window by all processes together; with Redis silent, by each alone."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from masteria.config import settings
from masteria.core import attempts
from tests.ports import free_port


def fresh() -> tuple[str, str]:
    return f"{secrets.token_hex(4)}@exemplo.com", f"10.{secrets.randbelow(256)}.{secrets.randbelow(256)}.1"


def test_the_sixth_try_waits_a_quarter_of_an_hour_at_most() -> None:
    email, ip = fresh()
    assert [attempts.sign_in(email, ip).wait for _ in range(5)] == [0] * 5
    assert 890 <= attempts.sign_in(email, ip).wait <= 900


def test_many_at_once_count_as_many() -> None:
    email, ip = fresh()
    with ThreadPoolExecutor(16) as pool:
        waits = list(pool.map(lambda _: attempts.sign_in(email, ip).wait, range(40)))
    assert waits.count(0) == 5


def test_who_was_right_is_forgiven() -> None:
    email, ip = fresh()
    for _ in range(3):
        tries = [attempts.sign_in(email, ip) for _ in range(5)]
        assert all(t.wait == 0 for t in tries)
        attempts.forgive(tries[-1])


def test_one_address_may_not_try_many_accounts() -> None:
    _, ip = fresh()
    waits = [attempts.sign_in(fresh()[0], ip).wait for _ in range(31)]
    assert [bool(wait) for wait in waits] == [False] * 30 + [True]


def test_many_addresses_may_not_try_one_account() -> None:
    email, _ = fresh()
    waits = [attempts.sign_in(email, f"{fresh()[1]}{n}").wait for n in range(21)]
    assert [bool(wait) for wait in waits] == [False] * 20 + [True]


def test_a_refused_try_does_not_lengthen_the_wait() -> None:
    email, ip = fresh()
    for _ in range(5):
        attempts.sign_in(email, ip)
    first = attempts.sign_in(email, ip).wait
    assert all(attempts.sign_in(email, ip).wait <= first for _ in range(10))


def test_companies_are_not_made_by_the_dozen() -> None:
    _, ip = fresh()
    assert [bool(attempts.sign_up(fresh()[0], ip).wait) for _ in range(11)] == [False] * 10 + [True]


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nobody answers where Redis should be."""

    def forget() -> None:
        settings.cache_clear()
        attempts._redis.cache_clear()
        attempts._silence._until = 0.0

    monkeypatch.setitem(os.environ, "REDIS_URL", f"redis://127.0.0.1:{free_port()}/0")
    forget()
    yield
    monkeypatch.undo()
    forget()


@pytest.mark.usefixtures("silent")
def test_with_redis_silent_it_is_still_not_open() -> None:
    email, ip = fresh()
    tries = [attempts.sign_in(email, ip) for _ in range(5)]
    assert [t.wait for t in tries] == [0] * 5
    assert 890 <= attempts.sign_in(email, ip).wait <= 900
    attempts.forgive(tries[0])
    assert attempts.sign_in(email, ip).wait == 0
