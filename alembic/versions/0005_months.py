"""months: messages and webhook bodies kept by the month

Revision ID: 0005
"""

from collections.abc import Iterator

import sqlalchemy as sa

from alembic import op
from masteria.core import months
from masteria.core.isolation import company_table, open_to_ops

revision = "0005"
down_revision = "0004"

OPS = {
    "message": "select (id, company_id, state, due_at)",
    "intake": "select (id, company_id, connection_id, state, created_at)",
    "message_key": "select (created_at), delete",
}


def upgrade() -> None:
    op.execute(f"create schema if not exists {months.SCHEMA}")
    op.create_table(
        "message_key",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("external_id", sa.String(length=128), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"], ["company.id"], name=op.f("fk_message_key_company_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("company_id", "external_id", name=op.f("pk_message_key")),
    )
    op.create_index("ix_message_key_age", "message_key", ["created_at"])
    op.execute(
        """insert into message_key select company_id, external_id, created_at from message
             where external_id is not null and direction = 'inbound' on conflict do nothing"""
    )
    op.execute("alter table intake add column month date not null default date_trunc('month', now())")
    op.execute("update intake set month = date_trunc('month', created_at at time zone 'UTC')")
    op.execute("alter table intake alter column month drop default")
    for table, key in (("message", "id"), ("intake", "id, month")):
        _divide(table, key)
    for table, grants in OPS.items():
        for statement in (*company_table(table), *open_to_ops(table, grants)):
            op.execute(statement)


def downgrade() -> None:
    for table, key in (("message", "id"), ("intake", "id")):
        _gather(table, key)
    op.drop_column("intake", "month")
    op.drop_table("message_key")
    op.execute(f"drop schema {months.SCHEMA} cascade")
    for table, grants in {**OPS, "intake": f"{OPS['intake']}, delete"}.items():
        if table != "message_key":
            for statement in (*company_table(table), *open_to_ops(table, grants)):
                op.execute(statement)


def _divide(table: str, key: str) -> None:
    """The same table by the month, its rows in it. Constraints and indexes keep their names."""
    connection = op.get_bind()
    op.execute(f"alter table {table} rename to {table}_whole")
    op.execute(
        f"""create table {table} (like {table}_whole including defaults including constraints)
            partition by range ({months.DIVIDED_BY[table]})"""
    )
    for statement in _keys(table, key, divided=True):
        op.execute(statement)
    since = connection.scalar(sa.text(f"select least(min(created_at), now()) from {table}_whole"))
    now = connection.scalar(sa.text("select now()"))
    count = (now.year - since.year) * 12 + now.month - since.month + months.AHEAD + 1
    for statement in (months.the_rest(table), *months.partitions(table, since, count)):
        op.execute(statement)
    op.execute(f"insert into {table} select * from {table}_whole")
    op.execute(f"drop table {table}_whole")
    for statement in _indexes(table, divided=True):
        op.execute(statement)


def _gather(table: str, key: str) -> None:
    op.execute(f"alter table {table} rename to {table}_divided")
    op.execute(f"create table {table} (like {table}_divided including defaults including constraints)")
    op.execute(f"insert into {table} select * from {table}_divided")
    op.execute(f"drop table {table}_divided")
    for statement in (*_keys(table, key, divided=False), *_indexes(table, divided=False)):
        op.execute(statement)


def _keys(table: str, key: str, *, divided: bool) -> Iterator[str]:
    old = {"message": ("conversation",), "intake": ("connection",)}[table]
    if divided:
        for name in (f"pk_{table}", f"uq_{table}_company_id_id", "uq_intake_connection_id_digest"):
            op.execute(f"alter table {table}_whole drop constraint if exists {name}")
    yield f"alter table {table} add constraint pk_{table} primary key ({key})"
    for parent in old:
        yield (
            f"alter table {table} add constraint fk_{table}_company_id_{parent}_id "
            f"foreign key (company_id, {parent}_id) references {parent} (company_id, id) on delete cascade"
        )
    yield (
        f"alter table {table} add constraint fk_{table}_company_id "
        "foreign key (company_id) references company (id) on delete cascade"
    )
    if table == "message":
        yield "alter table message add constraint uq_message_company_id_id unique (company_id, id)"
    else:
        digest = "connection_id, digest, month" if divided else "connection_id, digest"
        yield f"alter table intake add constraint uq_intake_connection_id_digest unique ({digest})"


def _indexes(table: str, *, divided: bool) -> Iterator[str]:
    if table == "message":
        yield "create index ix_message_thread on message (company_id, conversation_id, created_at desc, id desc)"
        unique = "" if divided else "unique "
        yield f"create {unique}index ix_message_external on message (company_id, external_id) where external_id is not null"
        yield "create index ix_message_waiting on message (due_at, id) where due_at is not null"
        yield "create index ix_message_owner on message (owner) where owner is not null"
    else:
        yield "create index ix_intake_waiting on intake (created_at) where state = 'waiting'"
        yield "create index ix_intake_newest on intake (company_id, created_at desc)"
