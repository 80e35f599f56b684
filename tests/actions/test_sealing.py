"""New keys while everything runs, values that were moved or broken in the table, and what a dump would show."""

from __future__ import annotations

import base64
import os
import secrets
import subprocess
import threading
from collections.abc import Callable, Iterator
from uuid import UUID

import pytest
import sqlalchemy as sa
from redis import Redis
from sqlmodel import Session, col, select

from masteria.actions import intake, keys, sealing, sessions
from masteria.config import settings
from masteria.core.access import Actor
from masteria.core.db import owner_engine, owner_url
from masteria.core.work import work_across, work_as
from masteria.enums import ConnectionStatus
from masteria.kit.clock import now
from masteria.kit.ids import new_id
from masteria.kit.sealing import KeyRing, Unreadable
from masteria.models import Connection, IdempotencyKey, Mail, SecondStep
from masteria.models.sealed import Bound
from masteria.queries import settings as queries
from masteria.run import embedded
from tests.api.api import a_key, client
from tests.cast import PASSWORD, Cast, a_connection

SECRETS = ("access_token", "app_secret", "verify_token")
Ring = Callable[[str], None]


@pytest.fixture
def ring(monkeypatch: pytest.MonkeyPatch) -> Iterator[Ring]:
    """`ring("k2,k1")`: the installation starts anew with these keys."""
    made = {"k1": os.environ["MASTERIA_ENCRYPTION_KEYS"].partition(":")[2]}

    def start(names: str) -> None:
        for name in names.split(","):
            made.setdefault(name, base64.b64encode(os.urandom(32)).decode())
        monkeypatch.setitem(
            os.environ, "MASTERIA_ENCRYPTION_KEYS", ",".join(f"{n}:{made[n]}" for n in names.split(","))
        )
        settings.cache_clear()

    yield start
    # what this test sealed anew must stay readable for the others
    start(",".join(["k1", *(name for name in made if name != "k1")]))
    sealing.rotate()
    monkeypatch.undo()
    settings.cache_clear()


def raw(connection_id: UUID, **values: bytes) -> dict[str, bytes]:
    """A connection's secrets as they lie in the table; with `values`, as somebody with the table's password left them."""
    with owner_engine().begin() as database:
        for name, value in values.items():
            statement = f"update app.connection set {name} = :value where id = :id"
            database.execute(sa.text(statement), {"value": value, "id": connection_id})
        query = f"select {', '.join(SECRETS)} from app.connection where id = :id"
        row = database.execute(sa.text(query), {"id": connection_id}).mappings().one()
        return {name: bytes(value) for name, value in row.items()}


def opened(actor: Actor, connection_id: UUID) -> dict[str, str]:
    with work_as(actor) as work:
        found = work.get(Connection, connection_id)
        return {name: getattr(found, name) for name in SECRETS}


def test_a_secret_comes_back_by_row_and_by_column_and_changes_like_any_other(cast: Cast) -> None:
    made = a_connection(cast.ana, access_token="EAAfirst")
    with work_as(cast.ana) as work:
        work.get(Connection, made.id, lock=True).access_token = "EAAsecond"
    assert opened(cast.ana, made.id)["access_token"] == "EAAsecond"
    assert opened(cast.ana, made.id)["app_secret"] == made.app_secret
    with work_as(cast.ana) as work:
        query = select(col(Connection.access_token)).where(Connection.id == made.id)
        assert work.session.exec(query).one() == "EAAsecond"


def test_a_secret_without_its_row_is_not_written(cast: Cast) -> None:
    made = a_connection(cast.ana)
    statement = sa.update(Connection).where(col(Connection.id) == made.id)
    with pytest.raises(sa.exc.StatementError, match="without its row"), work_as(cast.ana) as work:
        work.execute(statement.values(access_token="EAAnew"))


def test_a_change_beside_a_secret_leaves_it_alone(cast: Cast) -> None:
    made = a_connection(cast.ana)
    before = raw(made.id)
    with work_as(cast.ana) as work:
        work.get(Connection, made.id, lock=True).name = "Outro nome"
    assert raw(made.id) == before


@pytest.mark.parametrize("way", ["column", "row", "company", "flipped", "nonsense"])
def test_a_secret_that_was_moved_or_broken_is_no_secret_and_no_crash(cast: Cast, way: str) -> None:
    ours, sibling, theirs = a_connection(cast.ana), a_connection(cast.ana), a_connection(cast.clara)
    mine = raw(ours.id)["access_token"]
    planted = {
        "column": raw(ours.id)["app_secret"],
        "row": raw(sibling.id)["access_token"],
        "company": raw(theirs.id)["access_token"],
        "flipped": mine[:-1] + bytes((mine[-1] ^ 1,)),
        "nonsense": b"EAAplain",
    }
    raw(ours.id, access_token=planted[way], app_secret=mine if way == "column" else planted[way])
    found = opened(cast.ana, ours.id)
    assert isinstance(found["access_token"], Unreadable)
    assert found["verify_token"] == ours.verify_token
    with work_as(cast.ana) as work:
        row = queries.connection(work, ours.id)
    assert (row.status, row.status_reason) == (ConnectionStatus.FAILED, "secret_unreadable")
    door = intake.door_of(ours.id)
    assert door is not None
    assert door.app_secret not in ("", ours.app_secret, sibling.app_secret, theirs.access_token, "EAAplain")


async def test_the_page_of_a_broken_connection_says_what_to_do(cast: Cast) -> None:
    made = a_connection(cast.ana)
    raw(made.id, access_token=b"broken")
    async with client(a_key(cast.ana)) as api:
        answer = (await api.get(f"/connections/{made.id}")).json()
        assert answer["status"] == "failed"
        assert answer["settings"]["access_token"] == "••••"
        mended = await api.patch(f"/connections/{made.id}", json={"settings": {"access_token": "EAAmended-token"}})
        assert mended.status_code == 200, mended.text
        assert (await api.get(f"/connections/{made.id}")).json()["status"] == "connected"


def test_a_value_from_before_rows_were_bound_still_opens_and_is_bound_by_the_rotation(cast: Cast) -> None:
    made, place = a_connection(cast.ana), "connection|access_token"
    old = KeyRing(settings().encryption_keys).seal(cast.ana.company_id, place, "EAAold")
    assert old[0] == 1
    raw(made.id, access_token=old)
    assert opened(cast.ana, made.id)["access_token"] == "EAAold"
    sealing.rotate()
    assert raw(made.id)["access_token"][0] == 2
    assert opened(cast.ana, made.id)["access_token"] == "EAAold"


def test_every_sealed_column_is_found_without_a_list() -> None:
    found = {place.name for place in sealing.places()}
    assert found >= {f"connection|{name}" for name in SECRETS}
    assert found >= {"idempotency_key|body", "mail|body", "second_step|secret"}


def test_the_old_key_may_go_after_a_rotation(cast: Cast, ring: Ring) -> None:
    made, person = a_connection(cast.ana), cast.ana.person_id
    own = KeyRing(settings().encryption_keys)
    assert person is not None
    with work_across() as database:
        letter = Mail(id=new_id(), address="a@exemplo.com", subject="Oi", due_at=now())
        letter.body = own.seal(letter.id, "mail|body", "https://panel/reset?token=x")
        step = SecondStep(person_id=person, secret=own.seal(person, "second_step|secret", "JBSWY3DP"))
        database.add_all([letter, step])
    ring("k2,k1")
    done = {count.place: (count.done, count.broken) for count in sealing.rotate()}
    assert done["connection|access_token"][0] >= 1
    assert all(done[place][0] >= 1 for place in ("mail|body", "second_step|secret"))
    assert not any(count.done for count in sealing.rotate())
    ring("k2")
    assert opened(cast.ana, made.id) == {name: getattr(made, name) for name in SECRETS}
    alone = KeyRing(settings().encryption_keys)
    with work_across() as database:
        kept = database.get_one(Mail, letter.id)
        assert alone.open(kept.id, "mail|body", kept.body) == "https://panel/reset?token=x"
        assert alone.open(person, "second_step|secret", database.get_one(SecondStep, step.id).secret) == "JBSWY3DP"


def test_what_cannot_be_opened_stays_and_is_counted(cast: Cast) -> None:
    made = a_connection(cast.ana)
    raw(made.id, verify_token=b"broken")
    broken = {count.place: count.broken for count in sealing.rotate()}
    assert broken["connection|verify_token"] >= 1
    assert raw(made.id)["verify_token"] == b"broken"
    raw(made.id, verify_token=b"")


def test_twenty_thousand_values_change_their_key_under_the_eyes_of_readers(cast: Cast, ring: Ring) -> None:
    """C03: whoever reads meanwhile reads the truth, each time."""
    names = _answers(cast.ana, 20_000)
    ring("k3,k1")
    over, wrong, read = threading.Event(), [], []

    def look() -> None:
        while not over.is_set():
            with work_as(cast.ana) as work:
                some = secrets.SystemRandom().sample(names, 50)
                rows = work.session.exec(select(IdempotencyKey).where(col(IdempotencyKey.key).in_(some))).all()
                wrong.extend(row.key for row in rows if row.body != f"answer {row.key}")
                read.append(len(rows))

    readers = [threading.Thread(target=look) for _ in range(2)]
    for reader in readers:
        reader.start()
    done = {count.place: count.done for count in sealing.rotate()}
    over.set()
    for reader in readers:
        reader.join()
    assert done["idempotency_key|body"] >= 20_000
    assert wrong == []
    assert sum(read) >= 1000


def test_a_dump_shows_no_secret(cast: Cast) -> None:
    """C01: whoever steals the database's file or Redis' memory has no key to any door."""
    mark = secrets.token_hex(8)
    made = a_connection(cast.ana, **{name: f"{name}-{mark}" for name in SECRETS})
    with work_as(cast.ana) as work:
        key = keys.create_api_key(work, "loja", ["contacts:read"]).key
    planted = [getattr(made, name) for name in SECRETS]
    planted += [key, sessions.sign_in(cast.ana.email, PASSWORD), PASSWORD]
    tool = embedded._binary("pg_dump")
    url = owner_url().set(drivername="postgresql").render_as_string(hide_password=False)
    dump = subprocess.run([tool, url, "--inserts"], capture_output=True, check=True).stdout
    assert mark.encode() not in dump
    store = Redis.from_url(settings().redis_url)
    kept = b"\n".join(value for name in store.scan_iter() if (value := store.dump(name)))  # pyright: ignore[reportAttributeAccessIssue]
    assert str(made.id).encode() in dump
    for secret in planted:
        assert secret.encode() not in dump, secret[:6]
        assert secret.encode().hex().encode() not in dump, secret[:6]
        assert secret.encode() not in kept, secret[:6]


def _answers(actor: Actor, count: int) -> list[str]:
    """So many sealed values of one company."""
    names = [secrets.token_hex(8) for _ in range(count)]
    with work_as(actor) as work:
        session: Session = work.session
        rows = [
            {
                "company_id": actor.company_id,
                "key": name,
                "created_at": now(),
                "request_hash": b"x",
                "status_code": 200,
                "body": Bound(f"answer {name}", name),
            }
            for name in names
        ]
        session.connection().execute(sa.insert(IdempotencyKey.__table__), rows)  # pyright: ignore[reportAttributeAccessIssue]
    return names
