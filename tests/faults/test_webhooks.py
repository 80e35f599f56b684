"""The webhook doors under a crowd and under poison, from a real web process to what the intake worker makes of it."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import httpx
import pytest

from masteria.core.work import work_as
from masteria.models import Connection, Conversation, Message
from tests.faults.scene import Scene
from tests.metahooks import encoded, envelope, message, signature, status
from tests.stage import until

pytestmark = pytest.mark.faults
LIMIT = 3 * 1024 * 1024
FIRST = "primeira"


def test_w02_one_delivery_a_hundred_times_at_once_is_one_message(scene: Scene) -> None:
    url, connection = door(scene)
    raw = encoded(envelope(connection, messages=[message("uma vez só")]))
    assert [code for code, _ in asyncio.run(posted(url, connection, [raw] * 100))] == [200] * 100
    until(lambda: texts(scene) == ["uma vez só"], 10, lambda: texts(scene))
    assert asyncio.run(posted(url, connection, [raw]))[0][0] == 200
    time.sleep(1)
    with work_as(scene.actor) as work:
        talks = work.session.exec(work.select(Conversation)).all()
    assert texts(scene) == ["uma vez só"]
    assert [talk.unread_count for talk in talks] == [2]  # with the first one


def test_w03_a_hundred_a_second_are_all_taken_and_read(scene: Scene) -> None:
    seconds = 10
    url, connection = door(scene)
    raws = [encoded(envelope(connection, messages=[message(f"n {n}")])) for n in range(100 * seconds)]
    answers = asyncio.run(posted(url, connection, raws, rate=100))
    taken = sorted(spent for _, spent in answers)
    print(f"w03: p50 {taken[len(taken) // 2] * 1000:.0f} ms, p95 {taken[len(taken) * 95 // 100] * 1000:.0f} ms")
    assert {code for code, _ in answers} == {200}
    until(lambda: len(texts(scene)) == len(raws), 60, lambda: len(texts(scene)))
    assert sorted(texts(scene)) == sorted(f"n {n}" for n in range(len(raws)))


def test_w04_poison_and_then_a_good_one(scene: Scene) -> None:
    url, connection = door(scene)
    deep = b'{"object":' + b'{"a":' * 100_000 + b"1" + b"}" * 100_000 + b"}"
    huge = encoded(envelope(connection, statuses=[status("wamid.X", "read", 1)])).replace(b'"1"', b"9" * 5000)
    padded = encoded({**envelope(connection, messages=[message("cheia")]), "padding": ""})
    full = padded.replace(b'"padding": ""', b'"padding": "' + b"x" * (LIMIT - len(padded)) + b'"')
    answers = {
        "nul": (encoded(envelope(connection, messages=[message("com\x00nulo")])), {200}),
        "surrogate": (json.dumps(envelope(connection, messages=[message("meio \ud83d")])).encode(), {200}),
        "bytes": (b'{"object": "\xff\xfe"}', {200, 400}),
        "deep": (deep, {200, 400}),
        "huge": (huge, {200, 400}),
        "full": (full, {200}),
        "more": (full + b" ", {413}),
    }
    for name, (raw, wanted) in answers.items():
        assert asyncio.run(posted(url, connection, [raw]))[0][0] in wanted, name
    good = encoded(envelope(connection, messages=[message("boa", sender="5511900000002")]))
    assert asyncio.run(posted(url, connection, [good]))[0][0] == 200
    until(lambda: "boa" in texts(scene), 5, lambda: texts(scene))
    until(lambda: sorted(texts(scene)) == ["boa", "cheia", "comnulo", "meio ?"], 10, lambda: texts(scene))


def door(scene: Scene) -> tuple[str, Connection]:
    scene.sandbox()
    web = scene.web()
    scene.around("intake")
    connection = scene.number(0)
    url = f"{web}/webhooks/meta/{connection.id}"
    asyncio.run(posted(url, connection, [encoded(envelope(connection, messages=[message(FIRST)]))]))
    until(lambda: texts(scene, FIRST), 60)  # the worker has started
    return url, connection


async def posted(url: str, connection: Connection, raws: list[bytes], rate: float = 0) -> list[tuple[int, float]]:
    """Status and seconds of each; all at once, or so many a second."""
    limits = httpx.Limits(max_connections=100)

    async def post(client: httpx.AsyncClient, n: int, raw: bytes) -> tuple[int, float]:
        await asyncio.sleep(n / rate if rate else 0)
        headers: dict[str, Any] = {"x-hub-signature-256": signature(raw, connection.app_secret)}
        began = time.monotonic()
        answer = await client.post(url, content=raw, headers=headers)
        return answer.status_code, time.monotonic() - began

    async with httpx.AsyncClient(timeout=30, limits=limits) as client:
        return await asyncio.gather(*(post(client, n, raw) for n, raw in enumerate(raws)))


def texts(scene: Scene, *only: str) -> list[str]:
    """Those given, or all but the first."""
    with work_as(scene.actor) as work:
        found = [m.text for m in work.session.exec(work.select(Message)).all()]
    return [text for text in found if (text in only if only else text != FIRST)]
