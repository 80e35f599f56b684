"""the doors: logins, second steps, tickets, mail, teams, own roles, invites, refresh tokens, features, quotas"""

from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op
from masteria.core.db import APP, OPS, role_name
from masteria.core.isolation import company_table, open_to_ops, ops_table

revision = "0009"
down_revision = "0008"

COMPANY_TABLES = {
    "company_feature": "select",
    "custom_role": "select, insert, update, delete",
    "invite": "select, insert, update",
    "refresh_token": "select, update",
    "team": "select, insert, update, delete",
    "team_member": "select, insert, delete",
}
OF_PEOPLE = ("backup_code", "login", "mail", "second_step", "ticket")
OPS_GRANTS = {
    "company_feature": "select, insert, update, delete",
    "custom_role": "select",
    "invite": "select, update",
    "refresh_token": "select, insert, update, delete",
    "team_member": "insert",
}
HAPPENED = (
    "api_key.updated",
    "member.updated",
    "member.removed",
    "invite.created",
    "invite.accepted",
    "invite.revoked",
    "team.created",
    "team.updated",
    "team.deleted",
    "role.created",
    "role.updated",
    "role.deleted",
    "company.updated",
    "company.suspended",
    "company.restored",
    "feature.updated",
    "session.started",
    "session.ended",
    "sign_in.refused",
    "door.refused",
    "password.changed",
    "email.changed",
    "email.verified",
    "second_step.enabled",
    "second_step.disabled",
    "login.linked",
    "login.unlinked",
    "support.entered",
    "support.left",
    "conversation.assigned",
)
# the checks as they stand by now, with these words before the others
ALLOW = """do $$ declare rule text; begin
  select pg_get_constraintdef(oid) into rule from pg_constraint
    where conrelid = 'app.{table}'::regclass and conname = '{name}';
  alter table app.{table} drop constraint {name};
  execute 'alter table app.{table} add constraint {name} ' || replace(rule, 'ARRAY[', 'ARRAY[{words}, ');
end $$"""


def upgrade() -> None:
    _tables()
    _columns()
    op.execute("update person set email_verified_at = created_at")
    allow("activity", "ck_activity_happened", HAPPENED)
    allow("member", "ck_member_role", ("supervisor",))
    for statement in security():
        op.execute(statement)


def security() -> Iterator[str]:
    """Who may see and change what, table by table. What belongs to people is no company's: only `ops` sees it."""
    for table, grants in COMPANY_TABLES.items():
        yield from company_table(table, grants)
    for table in OF_PEOPLE:
        yield from ops_table(table, "select, insert, update, delete")
    for table, grants in OPS_GRANTS.items():
        yield from open_to_ops(table, grants)
    yield f'grant select (email_verified_at, second_step_at) on app.person to "{role_name(APP)}"'
    ops = role_name(OPS)
    yield f'grant update on app.company, app.member to "{ops}"'
    yield f'grant delete on app.member to "{ops}"'


def allow(table: str, name: str, more: tuple[str, ...]) -> None:
    words = ", ".join(f"''{word}''::character varying" for word in more)
    op.execute(sa.text(ALLOW.format(table=table, name=name, words=words).replace(":", r"\:")))


def downgrade() -> None:
    op.drop_column("session", "support_reason")
    op.drop_column("session", "proven_at")
    op.drop_column("session", "method")
    op.drop_column("person", "is_operator")
    op.drop_column("person", "second_step_at")
    op.drop_column("person", "email_verified_at")
    op.drop_constraint(op.f("fk_member_company_id_custom_role_id"), "member", type_="foreignkey")
    op.drop_column("member", "own_only")
    op.drop_column("member", "custom_role_id")
    op.drop_constraint(op.f("fk_conversation_assignee_id"), "conversation", type_="foreignkey")
    op.drop_index(
        "ix_conversation_assignee", table_name="conversation", postgresql_where=sa.text("assignee_id is not null")
    )
    op.drop_column("conversation", "assignee_id")
    op.drop_column("company", "suspended_reason")
    op.drop_column("company", "suspended_at")
    op.drop_column("company", "max_messages_per_month")
    op.drop_column("company", "max_contacts")
    op.drop_column("company", "max_connections")
    op.drop_column("company", "max_members")
    op.drop_column("company", "requires_second_step")
    op.drop_constraint(op.f("fk_api_key_created_by"), "api_key", type_="foreignkey")
    op.drop_column("api_key", "created_by")
    op.drop_column("api_key", "addresses")
    op.drop_index(op.f("ix_team_member_member_id"), table_name="team_member")
    op.drop_table("team_member")
    op.drop_constraint(op.f("uq_member_company_id_id"), "member", type_="unique")
    op.drop_index(op.f("ix_invite_company_id"), table_name="invite")
    op.drop_table("invite")
    op.drop_index(op.f("ix_ticket_person_id"), table_name="ticket")
    op.drop_table("ticket")
    op.drop_table("team")
    op.drop_table("second_step")
    op.drop_index(op.f("ix_refresh_token_person_id"), table_name="refresh_token")
    op.drop_index(op.f("ix_refresh_token_family"), table_name="refresh_token")
    op.drop_index(op.f("ix_refresh_token_company_id"), table_name="refresh_token")
    op.drop_table("refresh_token")
    op.drop_table("login")
    op.drop_table("custom_role")
    op.drop_table("company_feature")
    op.drop_index(op.f("ix_backup_code_person_id"), table_name="backup_code")
    op.drop_table("backup_code")
    op.drop_index("ix_mail_due", table_name="mail", postgresql_where=sa.text("state = 'queued'"))
    op.drop_table("mail")


def _tables() -> None:
    op.create_unique_constraint(op.f("uq_member_company_id_id"), "member", ["company_id", "id"])
    op.create_table(
        "mail",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column(
            "state",
            sa.Enum("queued", "sent", "failed", name="mailstate", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail")),
    )
    op.create_index("ix_mail_due", "mail", ["due_at"], unique=False, postgresql_where=sa.text("state = 'queued'"))
    op.create_table(
        "backup_code",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_backup_code_person_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_backup_code")),
    )
    op.create_index(op.f("ix_backup_code_person_id"), "backup_code", ["person_id"], unique=False)
    op.create_table(
        "company_feature",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column(
            "feature",
            sa.Enum(
                "contacts",
                "conversations",
                "campaigns",
                "templates",
                "connections",
                "api",
                name="feature",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "level",
            sa.Enum("full", "limited", "read_only", name="level", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["company_id"], ["company.id"], name=op.f("fk_company_feature_company_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("company_id", "feature", name=op.f("pk_company_feature")),
    )
    op.create_table(
        "custom_role",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("permissions", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"], ["company.id"], name=op.f("fk_custom_role_company_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_custom_role")),
        sa.UniqueConstraint("company_id", "id", name=op.f("uq_custom_role_company_id_id")),
        sa.UniqueConstraint("company_id", "name", name=op.f("uq_custom_role_company_id_name")),
    )
    op.create_table(
        "login",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column(
            "provider",
            sa.Enum("google", "facebook", name="provider", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_login_person_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login")),
        sa.UniqueConstraint("person_id", "provider", name=op.f("uq_login_person_id_provider")),
        sa.UniqueConstraint("provider", "subject", name=op.f("uq_login_provider_subject")),
    )
    op.create_table(
        "refresh_token",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("family", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("ip", sa.String(length=64), nullable=False),
        sa.Column("user_agent", sa.String(length=300), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["company_id"], ["company.id"], name=op.f("fk_refresh_token_company_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_refresh_token_person_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refresh_token")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_refresh_token_token_hash")),
    )
    op.create_index(op.f("ix_refresh_token_company_id"), "refresh_token", ["company_id"], unique=False)
    op.create_index(op.f("ix_refresh_token_family"), "refresh_token", ["family"], unique=False)
    op.create_index(op.f("ix_refresh_token_person_id"), "refresh_token", ["person_id"], unique=False)
    op.create_table(
        "second_step",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_counter", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_second_step_person_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_second_step")),
        sa.UniqueConstraint("person_id", name=op.f("uq_second_step_person_id")),
    )
    op.create_table(
        "team",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_team_company_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_team")),
        sa.UniqueConstraint("company_id", "id", name=op.f("uq_team_company_id_id")),
        sa.UniqueConstraint("company_id", "name", name=op.f("uq_team_company_id_name")),
    )
    op.create_table(
        "ticket",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "purpose",
            sa.Enum(
                "verify_email",
                "change_email",
                "reset_password",
                "second_step",
                name="ticketpurpose",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_ticket_person_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_ticket_token_hash")),
    )
    op.create_index(op.f("ix_ticket_person_id"), "ticket", ["person_id"], unique=False)
    op.create_table(
        "invite",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "owner",
                "admin",
                "supervisor",
                "agent",
                "viewer",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("custom_role_id", sa.Uuid(), nullable=True),
        sa.Column("team_id", sa.Uuid(), nullable=True),
        sa.Column("own_only", sa.Boolean(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("invited_by", sa.Uuid(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["company_id", "custom_role_id"],
            ["custom_role.company_id", "custom_role.id"],
            name=op.f("fk_invite_company_id_custom_role_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "team_id"],
            ["team.company_id", "team.id"],
            name=op.f("fk_invite_company_id_team_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_invite_company_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["invited_by"], ["person.id"], name=op.f("fk_invite_invited_by"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invite")),
        sa.UniqueConstraint("company_id", "id", name=op.f("uq_invite_company_id_id")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_invite_token_hash")),
    )
    op.create_index(op.f("ix_invite_company_id"), "invite", ["company_id"], unique=False)
    op.create_table(
        "team_member",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("team_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "member_id"],
            ["member.company_id", "member.id"],
            name=op.f("fk_team_member_company_id_member_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "team_id"],
            ["team.company_id", "team.id"],
            name=op.f("fk_team_member_company_id_team_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["company_id"], ["company.id"], name=op.f("fk_team_member_company_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("company_id", "team_id", "member_id", name=op.f("pk_team_member")),
    )
    op.create_index(op.f("ix_team_member_member_id"), "team_member", ["member_id"], unique=False)


def _columns() -> None:
    op.add_column("api_key", sa.Column("addresses", postgresql.ARRAY(sa.Text()), nullable=False, server_default="{}"))
    op.add_column("api_key", sa.Column("created_by", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_api_key_created_by"), "api_key", "person", ["created_by"], ["id"], ondelete="SET NULL"
    )
    op.add_column("company", sa.Column("requires_second_step", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("company", sa.Column("max_members", sa.Integer(), nullable=True))
    op.add_column("company", sa.Column("max_connections", sa.Integer(), nullable=True))
    op.add_column("company", sa.Column("max_contacts", sa.Integer(), nullable=True))
    op.add_column("company", sa.Column("max_messages_per_month", sa.Integer(), nullable=True))
    op.add_column("company", sa.Column("suspended_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("company", sa.Column("suspended_reason", sa.String(length=500), nullable=True))
    op.add_column("conversation", sa.Column("assignee_id", sa.Uuid(), nullable=True))
    op.create_index(
        "ix_conversation_assignee",
        "conversation",
        ["company_id", "assignee_id"],
        unique=False,
        postgresql_where=sa.text("assignee_id is not null"),
    )
    op.create_foreign_key(
        op.f("fk_conversation_assignee_id"), "conversation", "person", ["assignee_id"], ["id"], ondelete="SET NULL"
    )
    op.add_column("member", sa.Column("custom_role_id", sa.Uuid(), nullable=True))
    op.add_column("member", sa.Column("own_only", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_foreign_key(
        op.f("fk_member_company_id_custom_role_id"),
        "member",
        "custom_role",
        ["company_id", "custom_role_id"],
        ["company_id", "id"],
        ondelete="RESTRICT",
    )
    op.add_column("person", sa.Column("email_verified_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("person", sa.Column("second_step_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("person", sa.Column("is_operator", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("session", sa.Column("method", sa.String(length=16), nullable=False, server_default="password"))
    op.add_column(
        "session", sa.Column("proven_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now())
    )
    op.add_column("session", sa.Column("support_reason", sa.String(length=500), nullable=True))
