"""limits: the portfolio's people a day, and marketing messages to one person

Revision ID: 0004
"""

import sqlalchemy as sa

from alembic import op
from masteria.core.db import OPS, role_name
from masteria.core.isolation import company_table, open_to_ops

revision = "0004"
down_revision = "0003"

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("company", sa.Column("marketing_cap_per_day", sa.Integer()))
    op.add_column("connection", sa.Column("portfolio_id", sa.String(length=64), nullable=False, server_default=""))
    op.add_column("connection", sa.Column("tier", sa.String(length=64), nullable=False, server_default=""))
    op.add_column("connection", sa.Column("people_per_day", sa.Integer()))
    op.add_column("campaign", sa.Column("held_until", TIME))
    op.create_table(
        "portfolio_budget",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("portfolio_id", sa.String(length=64), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.Column("counted_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"], ["company.id"], name=op.f("fk_portfolio_budget_company_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("company_id", "portfolio_id", name=op.f("pk_portfolio_budget")),
    )
    op.create_table(
        "portfolio_person",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("portfolio_id", sa.String(length=64), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"], ["company.id"], name=op.f("fk_portfolio_person_company_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "contact_id"],
            ["contact.company_id", "contact.id"],
            name=op.f("fk_portfolio_person_company_id_contact_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("company_id", "portfolio_id", "contact_id", name=op.f("pk_portfolio_person")),
    )
    op.create_index(
        op.f("ix_portfolio_person_company_id_portfolio_person_portfolio_id_portfolio_person_at"),
        "portfolio_person",
        ["company_id", "portfolio_id", "at"],
    )
    for table in ("portfolio_budget", "portfolio_person"):
        for statement in company_table(table):
            op.execute(statement)
    for statement in open_to_ops("portfolio_person", "select (at), delete"):
        op.execute(statement)
    op.execute(f'grant select (held_until) on app.campaign to "{role_name(OPS)}"')


def downgrade() -> None:
    op.drop_table("portfolio_person")
    op.drop_table("portfolio_budget")
    op.drop_column("campaign", "held_until")
    for column in ("people_per_day", "tier", "portfolio_id"):
        op.drop_column("connection", column)
    op.drop_column("company", "marketing_cap_per_day")
