"""what each event of a webhook did; when a wish was said; more that can happen"""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "0008"
down_revision = "0007"

HAPPENED = (
    "connection.degraded",
    "connection.notice",
    "template.approved",
    "template.rejected",
    "template.paused",
    "template.disabled",
    "template.updated",
    "contact.opted_out",
    "contact.opted_in",
    "link.clicked",
    "intake.reprocessed",
)
# the check as it stands by now, with these words before the others
ALLOW = """do $$ declare rule text; begin
  select pg_get_constraintdef(oid) into rule from pg_constraint
    where conrelid = 'app.activity'::regclass and conname = 'ck_activity_happened';
  alter table app.activity drop constraint ck_activity_happened;
  execute 'alter table app.activity add constraint ck_activity_happened '
    || replace(rule, 'ARRAY[', 'ARRAY[{words}, ');
end $$"""


def upgrade() -> None:
    op.add_column("intake", sa.Column("did", postgresql.JSONB(), nullable=True))
    op.add_column("contact", sa.Column("consent_at", sa.DateTime(timezone=True), nullable=True))
    words = ", ".join(f"''{word}''::character varying" for word in HAPPENED)
    op.execute(sa.text(ALLOW.format(words=words).replace(":", r"\:")))


def downgrade() -> None:
    op.drop_column("contact", "consent_at")
    op.drop_column("intake", "did")
