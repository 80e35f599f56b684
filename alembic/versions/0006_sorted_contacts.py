"""contacts are sorted by time or name, either way"""

import sqlalchemy as sa

from alembic import op
from masteria.core.search import FIND

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.execute(sa.text(FIND.replace(":", r"\:")))


def downgrade() -> None:
    """0002 as it stands makes the same function."""
