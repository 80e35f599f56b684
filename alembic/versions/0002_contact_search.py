"""contacts are found by words, and a file's columns are kept for its rejected lines"""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op
from masteria.core.search import search_functions

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    for statement in search_functions():
        op.execute(sa.text(statement.replace(":", r"\:")))
    op.create_index(
        "ix_contact_words",
        "contact",
        [sa.literal_column("contact_words(company_id, name, phone, email)")],
        postgresql_using="gin",
        postgresql_with={"gin_pending_list_limit": "1024"},
    )
    op.add_column(
        "import_batch",
        sa.Column("columns", postgresql.ARRAY(sa.Text()), nullable=False, server_default="{}"),
    )
    op.alter_column("import_batch", "columns", server_default=None)


def downgrade() -> None:
    op.drop_column("import_batch", "columns")
    op.drop_index("ix_contact_words", table_name="contact")
    for function in ("find_contacts", "count_contacts", "contact_words", "contact_query", "plain"):
        op.execute(f"drop function app.{function}")
