"""the audit trail's usual page: what somebody did, without the product's own steps"""

import sqlalchemy as sa

from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.create_index(
        "ix_activity_deeds",
        "activity",
        ["company_id", sa.text("created_at desc"), sa.text("id desc")],
        postgresql_where=sa.text("actor_kind <> 'system'"),
    )


def downgrade() -> None:
    op.drop_index("ix_activity_deeds", table_name="activity")
