"""the ledger: leases of pumps, tallies of campaigns, and rows that PostgreSQL can change in place

Revision ID: 0003
"""

from collections.abc import Iterator

import sqlalchemy as sa

from alembic import op
from masteria.core.db import OPS, role_name
from masteria.core.isolation import by_key, company_table, open_to_ops

revision = "0003"
down_revision = "0002"

GROUPS = ("pending", "sending", "sent", "delivered", "read", "failed", "skipped", "in_doubt", "replied")
LEDGERS = {"recipient": ["campaign_id", "due_at", "id"], "message": ["due_at", "id"]}
ONCE = "uq_recipient_company_id_contact_id_campaign_id"
WAS_INDEXED = {"recipient": "campaign_id, due_at, id", "message": "due_at, id"}


def upgrade() -> None:
    op.create_table(
        "lease",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("ledger", sa.String(length=16), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"], ["company.id"], name=op.f("fk_lease_company_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lease")),
    )
    op.create_index(op.f("ix_lease_company_id_lease_subject_id"), "lease", ["company_id", "subject_id"])
    op.create_table(
        "campaign_tally",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("folded", sa.Boolean(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False, server_default="0") for name in GROUPS),
        sa.ForeignKeyConstraint(
            ["company_id", "campaign_id"],
            ["campaign.company_id", "campaign.id"],
            name=op.f("fk_campaign_tally_company_id_campaign_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["company_id"], ["company.id"], name=op.f("fk_campaign_tally_company_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign_tally")),
        postgresql_with={"autovacuum_vacuum_scale_factor": "0.02", "autovacuum_vacuum_threshold": "1000"},
    )
    op.create_index(
        op.f("ix_campaign_tally_company_id_campaign_tally_campaign_id_campaign_tally_at"),
        "campaign_tally",
        ["company_id", "campaign_id", "at"],
    )
    op.create_index("ix_campaign_tally_loose", "campaign_tally", ["at"], postgresql_where=sa.text("not folded"))
    for table, columns in LEDGERS.items():
        _reshape(table, columns)
    op.drop_constraint("uq_recipient_campaign_id_contact_id", "recipient")
    op.drop_index("ix_recipient_company_id_recipient_contact_id", table_name="recipient")
    op.create_unique_constraint(ONCE, "recipient", ["company_id", "contact_id", "campaign_id"])
    op.create_index(op.f("ix_recipient_campaign_id_recipient_id"), "recipient", ["campaign_id", "id"])
    op.execute(_RECOUNT)
    for statement in security():
        op.execute(statement)


def security() -> Iterator[str]:
    for table in ("lease", "campaign_tally"):
        yield from company_table(table)
    yield from open_to_ops("lease", "select (id, company_id, subject_id, until)")
    yield from open_to_ops("campaign_tally", "select")
    yield by_key("recipient")


def downgrade() -> None:
    ops = f'"{role_name(OPS)}"'
    for table in LEDGERS:
        op.drop_index(f"ix_{table}_waiting", table_name=table)
        op.drop_index(f"ix_{table}_owner", table_name=table)
        op.drop_constraint(f"ck_{table}_due_while_queued", table)
        op.add_column(table, sa.Column("lease_until", sa.DateTime(timezone=True)))
        op.execute(f"update {table} set lease_until = now() where state in ('claimed', 'sending')")
        op.execute(
            f"create index ix_{table}_leased on {table} (lease_until) where state in ('claimed', 'sending')"
        )
        op.execute(f"create index ix_{table}_queued on {table} ({WAS_INDEXED[table]}) where state = 'queued'")
        op.execute(f'grant select (lease_until) on app."{table}" to {ops}')
    op.execute("update recipient set due_at = state_at where due_at is null")
    op.alter_column("recipient", "due_at", nullable=False)
    op.drop_index("ix_recipient_campaign_id_recipient_id", table_name="recipient")
    op.drop_constraint(ONCE, "recipient")
    op.create_index("ix_recipient_company_id_recipient_contact_id", "recipient", ["company_id", "contact_id"])
    op.create_unique_constraint("uq_recipient_campaign_id_contact_id", "recipient", ["campaign_id", "contact_id"])
    op.drop_table("campaign_tally")
    op.drop_table("lease")


def _reshape(table: str, columns: list[str]) -> None:
    """What was being sent while nobody could migrate is in doubt; what was only claimed waits again."""
    op.drop_index(f"ix_{table}_queued", table_name=table)
    op.drop_index(f"ix_{table}_leased", table_name=table)
    op.drop_column(table, "lease_until")
    op.alter_column(table, "due_at", existing_type=sa.DateTime(timezone=True), nullable=True)
    op.execute(f"update {table} set state = 'queued', attempts = attempts - 1, due_at = now() where state = 'claimed'")
    op.execute(f"update {table} set state = 'in_doubt' where state = 'sending'")
    op.execute(f"update {table} set due_at = null where state is distinct from 'queued' and due_at is not null")
    op.execute(f"update {table} set due_at = now() where state = 'queued' and due_at is null")
    op.create_check_constraint(
        op.f(f"ck_{table}_due_while_queued"),
        table,
        "(state is not distinct from 'queued') = (due_at is not null)",
    )
    op.create_index(f"ix_{table}_waiting", table, columns, postgresql_where=sa.text("due_at is not null"))
    op.create_index(f"ix_{table}_owner", table, ["owner"], postgresql_where=sa.text("owner is not null"))


_RECOUNT = """insert into campaign_tally
    (id, company_id, campaign_id, at, folded, pending, sending, sent, delivered, read, failed, skipped, in_doubt, replied)
  select uuidv7(), company_id, campaign_id, date_trunc('hour', max(state_at)), true,
    count(*) filter (where state = 'queued'), 0, count(*) filter (where state = 'sent'),
    count(*) filter (where state = 'delivered'), count(*) filter (where state = 'read'),
    count(*) filter (where state = 'failed'), count(*) filter (where state = 'skipped'),
    count(*) filter (where state = 'in_doubt'), count(replied_at)
  from recipient group by company_id, campaign_id"""
