"""The webhook doors over real HTTP: what is refused, what is kept, and that it is kept once."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from masteria.core.access import Actor
from masteria.core.db import APP, owner_engine, role_name
from masteria.core.work import work_as
from masteria.enums import ConnectionStatus
from masteria.flows import intake
from masteria.models import Connection
from tests.cast import Cast, a_connection
from tests.channels.test_meta_inbound import BAD
from tests.metahooks import encoded, envelope, message, signature
from tests.stage import HookProcess, until


@pytest.fixture(scope="module")
def hooks() -> Iterator[HookProcess]:
    process = HookProcess()
    yield process
    process.stop()


def post(url: str, raw: bytes, header: str | None) -> httpx.Response:
    headers = {"x-hub-signature-256": header.encode("utf-8")} if header is not None else {}
    return httpx.post(url, content=raw, headers=headers, timeout=30)


def signed(url: str, connection: Connection, body: Any) -> httpx.Response:
    raw = body if isinstance(body, bytes) else encoded(body)
    return post(url, raw, signature(raw, connection.app_secret))


def kept(actor: Actor) -> list[bytes]:
    with work_as(actor) as work:
        rows = work.execute("select body from intake where company_id = :id", {"id": actor.company_id})
        return [bytes(row) for row in rows.scalars()]


def bad_signatures(actor: Actor, connection: Connection) -> int:
    with work_as(actor) as work:
        return work.get(Connection, connection.id).bad_signatures


def test_bad_signatures_are_refused_counted_and_leave_nothing(cast: Cast, hooks: HookProcess) -> None:
    connection = a_connection(cast.ana)
    url, raw = f"{hooks.url}/{connection.id}", encoded(envelope(connection, messages=[message()]))
    headers = [h for name, h in BAD.items() if name not in ("a line after it",)]  # which no HTTP client would send
    headers.append(signature(raw, connection.app_secret) + " x")
    assert [post(url, raw, header).status_code for header in headers] == [401] * 12
    assert kept(cast.ana) == []
    until(lambda: bad_signatures(cast.ana, connection) == 12)


def test_the_shared_address_trusts_only_the_secret_of_the_number(cast: Cast, hooks: HookProcess) -> None:
    mine, other = a_connection(cast.ana), a_connection(cast.clara)
    body = envelope(mine, messages=[message()])
    assert signed(hooks.url, other, body).status_code == 401
    until(lambda: bad_signatures(cast.ana, mine) == 1)
    assert signed(hooks.url, mine, body).status_code == 200
    assert kept(cast.ana) == [encoded(body)]
    assert kept(cast.clara) == []


def test_an_unknown_number_is_answered_like_a_wrong_signature(cast: Cast, hooks: HookProcess) -> None:
    known = a_connection(cast.ana)
    stranger = Connection(external_id="9", account_id="8", app_secret="x" * 16)
    unknown = signed(hooks.url, stranger, envelope(stranger, messages=[message()]))
    wrong = post(hooks.url, encoded(envelope(known, messages=[message()])), None)
    nowhere = signed(f"{hooks.url}/0192f000-0000-7000-8000-000000000001", known, envelope(known))
    no_id = signed(f"{hooks.url}/none", known, envelope(known))
    answers = {(r.status_code, r.text) for r in (unknown, wrong, nowhere, no_id)}
    assert answers == {(401, "refused")}


def test_an_event_of_the_whole_account_finds_it(cast: Cast, hooks: HookProcess) -> None:
    connection = a_connection(cast.ana)
    change = {"field": "account_update", "value": {"event": "DISABLED_UPDATE"}}
    body = {"entry": [{"id": connection.account_id, "changes": [change]}]}
    assert signed(hooks.url, connection, body).status_code == 200
    assert kept(cast.ana) == [encoded(body)]


def test_companies_of_one_app_get_only_their_own_part(cast: Cast, hooks: HookProcess) -> None:
    ana, clara = (a_connection(actor, app_secret="the secret of the app") for actor in (cast.ana, cast.clara))
    body = envelope(ana, messages=[message("para a Aurora")])
    body["entry"] += envelope(clara, messages=[message("para a Boreal")])["entry"]
    assert signed(hooks.url, ana, body).status_code == 200
    for actor, own, foreign in ((cast.ana, b"Aurora", b"Boreal"), (cast.clara, b"Boreal", b"Aurora")):
        (raw,) = kept(actor)
        assert own in raw
        assert foreign not in raw


@pytest.mark.parametrize(
    "raw",
    [b"", b"hello", b"[1]", b"\xff", b"[" * 100_000, b'{"n":' + b"9" * 5000 + b"}"],
    ids=["empty", "text", "list", "bytes", "deep", "huge integer"],
)
def test_signed_but_no_json_object_is_400(cast: Cast, hooks: HookProcess, raw: bytes) -> None:
    connection = a_connection(cast.ana)
    assert signed(f"{hooks.url}/{connection.id}", connection, raw).status_code == 400
    assert signed(hooks.url, connection, raw).status_code == 401
    assert kept(cast.ana) == []


def test_three_megabytes_are_taken_and_a_byte_more_is_413(cast: Cast, hooks: HookProcess) -> None:
    connection = a_connection(cast.ana)
    url = f"{hooks.url}/{connection.id}"
    raw = b'{"entry":[]}'.ljust(3 * 1024 * 1024)
    assert signed(url, connection, raw).status_code == 200
    assert signed(url, connection, raw + b" ").status_code == 413
    assert signed(url, connection, envelope(connection, messages=[message()])).status_code == 200
    assert len(kept(cast.ana)) == 2


def deliver(hooks: HookProcess, connection: Connection, raws: list[bytes]) -> list[int]:
    """All at once, as Meta does it."""

    async def posts() -> list[int]:
        async with httpx.AsyncClient(timeout=30) as client:
            signatures = [{"x-hub-signature-256": signature(raw, connection.app_secret)} for raw in raws]
            url = f"{hooks.url}/{connection.id}"
            sent = [client.post(url, content=raw, headers=h) for raw, h in zip(raws, signatures, strict=True)]
            return [answer.status_code for answer in await asyncio.gather(*sent)]

    return asyncio.run(posts())


def stored(actor: Actor) -> list[str]:
    """The messages that a drain makes of what is kept."""
    intake.read()
    with work_as(actor) as work:
        query = "select text from message where company_id = :id order by text"
        return list(work.execute(query, {"id": actor.company_id}).scalars())


def test_a_hundred_identical_deliveries_at_once_have_one_effect(cast: Cast, hooks: HookProcess) -> None:
    connection = a_connection(cast.ana)
    raw = encoded(envelope(connection, messages=[message("uma vez")]))
    assert deliver(hooks, connection, [raw] * 100) == [200] * 100
    assert kept(cast.ana) == [raw]
    assert stored(cast.ana) == ["uma vez"]


def test_a_hundred_different_ones_at_once_lose_none(cast: Cast, hooks: HookProcess) -> None:
    connection = a_connection(cast.ana)
    texts = [f"mensagem {n:03}" for n in range(100)]
    raws = [encoded(envelope(connection, messages=[message(text)])) for text in texts]
    assert deliver(hooks, connection, raws) == [200] * 100
    assert sorted(kept(cast.ana)) == sorted(raws)
    assert stored(cast.ana) == texts


def test_hostile_bodies_are_answered_and_a_good_one_behind_them_is_stored(cast: Cast, hooks: HookProcess) -> None:
    connection = a_connection(cast.ana)
    deep: Any = "x"
    for _ in range(300):
        deep = {"d": deep}
    hostile = [
        encoded(envelope(connection, messages=[message("com\x00nulo")])),
        encoded(envelope(connection, messages=[message("meio \ud83d")])),
        encoded(envelope(connection, messages=[message("fundo", context=deep)])),
        encoded(envelope(connection, messages=[message("grande", timestamp=10**40)])),
        b"[" * 100_000,
        b'{"n":' + b"9" * 5000 + b"}",
        b'{"entry":[]}'.ljust(3 * 1024 * 1024),
        b'{"entry":[]}'.ljust(3 * 1024 * 1024 + 1),
        encoded(envelope(connection, messages=[message("boa")])),
    ]
    url = f"{hooks.url}/{connection.id}"
    answers = [signed(url, connection, raw).status_code for raw in hostile]
    assert answers == [200, 200, 200, 200, 400, 400, 200, 413, 200]
    assert stored(cast.ana) == ["boa", "comnulo", "fundo", "grande", "meio ?"]


def test_the_first_signed_event_connects_a_number(cast: Cast, hooks: HookProcess) -> None:
    connection = a_connection(cast.ana, status=ConnectionStatus.PENDING)
    signed(f"{hooks.url}/{connection.id}", connection, envelope(connection, messages=[message()]))
    with work_as(cast.ana) as work:
        found = work.get(Connection, connection.id)
    assert found.status == ConnectionStatus.CONNECTED
    assert found.last_event_at is not None


def test_without_a_database_the_sender_is_asked_to_come_again(cast: Cast, hooks: HookProcess) -> None:
    connection = a_connection(cast.ana)
    url, role = f"{hooks.url}/{connection.id}", role_name(APP)
    body = envelope(connection, messages=[message()])
    assert signed(url, connection, envelope(connection)).status_code == 200
    with owner_engine().connect() as owner:
        owner = owner.execution_options(isolation_level="AUTOCOMMIT")
        owner.execute(sa.text(f'alter role "{role}" nologin'))
        try:
            owner.execute(
                sa.text("select pg_terminate_backend(pid) from pg_stat_activity where usename = :r"), {"r": role}
            )
            assert signed(url, connection, body).status_code == 503
        finally:
            owner.execute(sa.text(f'alter role "{role}" login'))
    assert signed(url, connection, body).status_code == 200
    assert encoded(body) in kept(cast.ana)


def test_the_handshake_echoes_exactly_the_challenge(cast: Cast, hooks: HookProcess) -> None:
    connection = a_connection(cast.ana)
    query = {"hub.mode": "subscribe", "hub.verify_token": connection.verify_token, "hub.challenge": "11<b>58"}
    for url in (f"{hooks.url}/{connection.id}", hooks.url):
        good = httpx.get(url, params=query)
        assert (good.status_code, good.text) == (200, "11<b>58")
        assert good.headers["content-type"].startswith("text/plain")
        assert httpx.get(url, params={**query, "hub.verify_token": "x"}).status_code == 403
        assert httpx.get(url, params={**query, "hub.mode": "x"}).status_code == 403
        assert httpx.get(url).status_code == 403
    assert httpx.get(f"{hooks.url}/{a_connection(cast.ana).id}", params=query).status_code == 403


def test_a_changed_secret_holds_within_five_seconds(cast: Cast, hooks: HookProcess) -> None:
    connection = a_connection(cast.ana)
    url, body = f"{hooks.url}/{connection.id}", envelope(connection, messages=[message()])
    assert signed(url, connection, body).status_code == 200
    with work_as(cast.ana) as work:
        work.get(Connection, connection.id).app_secret = "another secret of the app"
    renewed = Connection(app_secret="another secret of the app")
    until(lambda: signed(url, renewed, body).status_code == 200, seconds=15)
    assert signed(url, connection, body).status_code == 401
    assert json.loads(kept(cast.ana)[0]) == body
