"""the audit trail tells what was before and after; what it says of a deleted contact can be forgotten"""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op
from masteria.core.audit import FORGET
from masteria.core.db import APP, role_name

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    for name in ("before", "after"):
        column = sa.Column(name, postgresql.JSONB(astext_type=sa.Text()), nullable=False, server_default="{}")
        op.add_column("activity", column)
        op.alter_column("activity", name, server_default=None)
    op.execute(sa.text(FORGET.replace(":", r"\:")))
    op.execute("revoke all on function app.forget_changes(uuid) from public")
    op.execute(f'grant execute on function app.forget_changes(uuid) to "{role_name(APP)}"')


def downgrade() -> None:
    op.execute("drop function app.forget_changes(uuid)")
    op.drop_column("activity", "after")
    op.drop_column("activity", "before")
