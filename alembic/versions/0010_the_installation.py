"""the installation: what companies hold, what its people did, deletion"""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op
from masteria.core.db import OPS, role_name
from masteria.core.isolation import company_table, open_to_ops, ops_table

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.add_column("company", sa.Column("deletion_asked_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "company_usage",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("contacts", sa.Integer(), nullable=False),
        sa.Column("messages", sa.Integer(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("last_activity_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"], ["company.id"], name=op.f("fk_company_usage_company_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("company_id", name=op.f("pk_company_usage")),
    )
    op.create_table(
        "operator_act",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("act", sa.String(length=40), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("actor_name", sa.String(length=120), nullable=False),
        sa.Column("ip", sa.String(length=64), nullable=False),
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.Column("about_id", sa.Uuid(), nullable=True),
        sa.Column("subject", sa.String(length=254), nullable=False),
        sa.Column("details", postgresql.JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operator_act")),
    )
    op.execute("create index ix_operator_act_newest on operator_act (created_at desc, id desc)")
    for statement in company_table("company_usage", "select, insert, update"):
        op.execute(statement)
    for statement in open_to_ops("company_usage", "select"):
        op.execute(statement)
    for statement in _acts():
        op.execute(statement)
    ops = role_name(OPS)
    op.execute(f'grant delete on app.company, app.person to "{ops}"')


def _acts() -> list[str]:
    """Above companies, and append-only: `ops` may write and read, nobody may change or delete."""
    return list(ops_table("operator_act", "select, insert"))


def downgrade() -> None:
    ops = role_name(OPS)
    op.execute(f'revoke delete on app.company, app.person from "{ops}"')
    op.drop_table("operator_act")
    op.drop_table("company_usage")
    op.drop_column("company", "deletion_asked_at")
