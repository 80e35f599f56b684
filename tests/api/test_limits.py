"""Limits over REST: told in headers, refused with the time to wait, each company its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from masteria.api.callers import Limits
from masteria.core import limits as counted
from masteria.core.work import work_as
from masteria.enums import SendState
from masteria.kit.clock import now
from masteria.models import Conversation
from masteria.run import embedded
from masteria.run.supervisor import Supervisor
from tests.api.api import PLENTY, a_key, client, problem
from tests.api.test_doors import belongings
from tests.cast import Cast


async def test_headers_tell_how_much_room_is_left(cast: Cast) -> None:
    async with client(a_key(cast.ana), limits=replace(PLENTY, caller=10)) as api:
        first, second = await api.get("/me"), await api.get("/me")
    assert first.headers["ratelimit-limit"] == "10"
    assert (first.headers["ratelimit-remaining"], second.headers["ratelimit-remaining"]) == ("9", "8")
    assert int(second.headers["ratelimit-reset"]) > 0


async def test_a_key_that_asks_too_often_waits_and_others_do_not(cast: Cast) -> None:
    limits = replace(PLENTY, caller=3)
    async with client(a_key(cast.ana), limits=limits) as api:
        for _ in range(3):
            assert (await api.get("/me")).status_code == 200
        refused = await api.get("/me")
    problem(refused, 429)
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert refused.headers["ratelimit-remaining"] == "0"
    async with client(a_key(cast.ana), limits=limits) as other:
        assert (await other.get("/me")).status_code == 200


async def test_a_companys_keys_share_its_limit(cast: Cast) -> None:
    limits = replace(PLENTY, company=2)
    for _ in range(2):
        async with client(a_key(cast.ana), limits=limits) as api:
            assert (await api.get("/me")).status_code == 200
    async with client(a_key(cast.ana), limits=limits) as api:
        problem(await api.get("/me"), 429)
    async with client(a_key(cast.clara), limits=limits) as outsider:
        assert (await outsider.get("/me")).status_code == 200


async def test_guesses_from_one_address_are_counted_before_the_key_is_looked_up() -> None:
    limits = Limits(ip=1)
    async with client("mk_guess", limits=limits, host="203.0.113.9") as api:
        answers = [(await api.get("/me")).status_code for _ in range(3)]
    assert answers == [401, 429, 429]


@pytest.fixture
def without_redis(tmp_path: Path, elsewhere: Callable[..., None]) -> Iterator[None]:
    """A real Redis that this process knows, stopped."""
    tree = Supervisor(tmp_path / "logs", print)
    elsewhere(REDIS_URL=embedded.start(tree, embedded.redis(tmp_path)))
    tree.stop()
    yield
    counted._silence._until = 0.0


async def test_without_redis_reads_are_counted_by_this_process(cast: Cast, without_redis: None) -> None:
    async with client(a_key(cast.ana), limits=replace(PLENTY, caller=3)) as api:
        answers = [await api.get("/me") for _ in range(5)]
    assert [a.status_code for a in answers] == [200, 200, 200, 429, 429]
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 60


async def test_without_redis_what_is_to_be_sent_waits_in_line(cast: Cast, without_redis: None) -> None:
    ids = belongings(cast)
    with work_as(cast.ana) as work:
        work.get(Conversation, ids["conversation_id"]).window_expires_at = now() + timedelta(hours=1)
    async with client(a_key(cast.ana)) as api:
        made = await api.post(f"/conversations/{ids['conversation_id']}/messages", json={"text": "Oi"})
    assert made.status_code == 202
    assert made.json()["state"] == SendState.QUEUED
