"""the policies of conversations, contacts and connections no longer mislead the planner"""

from alembic import op
from masteria.core.isolation import OWN_ROWS, by_key

revision = "0011"
down_revision = "0010"

# Each query names its company itself. The policy said so once more, and the planner took the two for independent: it
# expected one conversation where there were thousands, and read and sorted all of them for a page of fifty.
TABLES = ("connection", "contact", "conversation")


def upgrade() -> None:
    for table in TABLES:
        op.execute(by_key(table))


def downgrade() -> None:
    for table in TABLES:
        op.execute(f'alter policy own_company on app."{table}" using ({OWN_ROWS}) with check ({OWN_ROWS})')
