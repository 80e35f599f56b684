"""Tables by the month: each row lies in its own, months go whole, and nobody reaches a month but through its table."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest
import sqlalchemy as sa

from masteria.core import months
from masteria.core.db import APP, OPS, engine, owner_engine
from masteria.core.work import work_as
from masteria.enums import Direction
from masteria.kit.clock import now
from masteria.models import Conversation, Message
from tests.cast import Cast, a_connection, contacts


def a_month_of(table: str, older: int) -> datetime:
    """Make the partition of so many months ago; its first day."""
    with owner_engine().begin() as connection:
        then: datetime = connection.scalar(
            sa.text("select date_trunc('month', now()) - make_interval(months => :n)"), {"n": older}
        )
        for statement in months.partitions(table, then, 1):
            connection.execute(sa.text(statement))
    return then


def a_conversation(cast: Cast) -> UUID:
    connection, person = a_connection(cast.ana), contacts(cast.ana, 1)[0]
    with work_as(cast.ana) as work:
        return work.add(Conversation(connection_id=connection.id, contact_id=person.id, last_message_at=now())).id


def a_message(cast: Cast, talk: UUID, at: datetime) -> UUID:
    early = int(at.timestamp() * 1000) << 80 | 0x7 << 76 | 0x2 << 62 | int(now().timestamp() * 1e6) & 0xFFFF
    with work_as(cast.ana) as work:
        row = Message(id=UUID(int=early), conversation_id=talk, direction=Direction.INBOUND, text="Oi")
        return work.add(row).id


def whereabouts(table: str, row_id: UUID) -> str:
    with owner_engine().connect() as connection:
        query = f"select tableoid::regclass::text from {table} where id = :id"
        return str(connection.scalar(sa.text(query), {"id": row_id}))


def test_a_row_lies_in_the_month_of_its_id(cast: Cast) -> None:
    moment = now()
    assert (
        whereabouts("message", a_message(cast, a_conversation(cast), moment))
        == f"months.message_{moment.astimezone(UTC):%Y_%m}"
    )


def test_the_next_months_are_there_before_they_begin() -> None:
    with owner_engine().connect() as connection:
        found = set(connection.scalars(sa.text("select relname from pg_class where relname ~ '^message_[0-9]'")))
    moment = now().astimezone(UTC)
    for later in range(months.AHEAD + 1):
        month = (moment.year * 12 + moment.month - 1 + later) // 12, (moment.month - 1 + later) % 12 + 1
        assert f"message_{month[0]}_{month[1]:02d}" in found


def test_an_old_month_goes_whole_and_a_young_one_stays(cast: Cast) -> None:
    talk = a_conversation(cast)
    old = a_message(cast, talk, a_month_of("message", 3))
    young = a_message(cast, talk, a_month_of("message", 2))
    assert [name[-7:] for name in months.drop_before("message", 2)] != []
    with work_as(cast.ana) as work:
        assert set(work.execute("select id from message where id in (:a, :b)", {"a": old, "b": young}).scalars()) == {
            young
        }


@pytest.mark.parametrize("role", [APP, OPS])
def test_nobody_reaches_a_month_but_through_its_table(role: str) -> None:
    query = sa.text(f"select 1 from months.message_{now().astimezone(UTC):%Y_%m}")
    with engine(role).connect() as connection, pytest.raises(sa.exc.ProgrammingError, match="permission denied"):
        connection.execute(query)


def test_no_partition_is_missing_what_its_table_has() -> None:
    query = """select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
        join pg_namespace n on n.oid = c.relnamespace where n.nspname <> 'months'"""
    with owner_engine().connect() as connection:
        assert connection.scalars(sa.text(query)).all() == []
