"""Tables kept by the month: partitions made ahead, and dropped whole when their time is over.

Partitions live in a schema of their own that no role may enter: rows are reached through the table alone, whose row
security then holds. Only the owner makes and drops them.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID

import sqlalchemy as sa

from masteria.core.db import owner_engine

SCHEMA = "months"
AHEAD = 3  # months that are always there, the running one not counted
# what each table is divided by: a UUIDv7, which begins with its milliseconds, or the first day of the month
DIVIDED_BY = {"message": "id", "intake": "month"}
_LOCK = 0x6D6F6E74  # "mont"


def prepare() -> None:
    """See that the partitions of this month and the next exist."""
    with owner_engine().begin() as connection:
        connection.execute(sa.text("select pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        now = connection.scalar(sa.text("select now()"))
        for table in DIVIDED_BY:
            for statement in partitions(table, now, AHEAD + 1):
                connection.execute(sa.text(statement))


def drop_before(table: str, months: int, *, keep_if: str = "") -> list[str]:
    """Drop what is older than the last `months` whole months; a month with a row for which `keep_if` holds stays."""
    dropped: list[str] = []
    with owner_engine().begin() as connection:
        connection.execute(sa.text("select pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        first = _first_of_month(connection.scalar(sa.text("select now()")), -months)
        for name in connection.scalars(sa.text(_PARTITIONS), {"table": table, "schema": SCHEMA}).all():
            if name >= _name(table, first):
                continue
            if keep_if and connection.scalar(sa.text(f"select exists (select from {SCHEMA}.{name} where {keep_if})")):
                continue
            connection.execute(sa.text(f"drop table {SCHEMA}.{name}"))
            dropped.append(name)
    return dropped


def partitions(table: str, since: datetime, count: int) -> Iterator[str]:
    """The statements that make `count` months of a table, from that of `since`, where they are missing."""
    for number in range(count):
        first, after = _first_of_month(since, number), _first_of_month(since, number + 1)
        yield (
            f"create table if not exists {SCHEMA}.{_name(table, first)} partition of {table} "
            f"for values from ('{_bound(table, first)}') to ('{_bound(table, after)}')"
        )


def the_rest(table: str) -> str:
    """Where rows go for which no month was made: nothing is ever refused."""
    return f"create table if not exists {SCHEMA}.{table}_rest partition of {table} default"


def _bound(table: str, moment: datetime) -> str:
    if DIVIDED_BY[table] == "month":
        return moment.date().isoformat()
    return str(UUID(int=int(moment.timestamp() * 1000) << 80))


def _name(table: str, first: datetime) -> str:
    return f"{table}_{first:%Y_%m}"


def _first_of_month(moment: datetime, later: int = 0) -> datetime:
    months = moment.astimezone(UTC).year * 12 + moment.astimezone(UTC).month - 1 + later
    return datetime(months // 12, months % 12 + 1, 1, tzinfo=UTC)


_PARTITIONS = r"""select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
    join pg_class p on p.oid = i.inhparent join pg_namespace n on n.oid = c.relnamespace
  where p.relname = :table and n.nspname = :schema and c.relname ~ '_\d{4}_\d{2}$' order by 1"""
