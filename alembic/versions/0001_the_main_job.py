"""the main job"""

from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op
from masteria.core.isolation import (
    CURRENT_COMPANY,
    OWN_ROWS,
    company_table,
    open_to_ops,
    shared_table,
)

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "company",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("slug", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("timezone", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("country", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_company")),
        sa.UniqueConstraint("slug", name=op.f("uq_company_slug")),
    )
    op.create_table(
        "person",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("email", name=op.f("uq_person_email")),
    )
    op.create_table(
        "activity",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "happened",
            sa.Enum(
                "contact.created",
                "contact.updated",
                "contact.deleted",
                "list.created",
                "list.updated",
                "list.deleted",
                "conversation.created",
                "conversation.updated",
                "message.received",
                "campaign.created",
                "campaign.updated",
                "campaign.deleted",
                "campaign.launched",
                "campaign.paused",
                "campaign.resumed",
                "campaign.cancelled",
                "campaign.completed",
                "campaign.failed",
                "connection.created",
                "connection.updated",
                "connection.deleted",
                "connection.connected",
                "connection.disconnected",
                "connection.checked",
                "templates.synced",
                "import.started",
                "import.finished",
                "api_key.created",
                "api_key.revoked",
                "member.created",
                name="happened",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("subject_kind", sa.String(length=32), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("actor_kind", sa.String(length=16), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("actor_name", sa.String(length=120), nullable=False),
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.Column("ip", sa.String(length=64), nullable=False),
        sa.Column("details", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"],
            ["company.id"],
            name=op.f("fk_activity_company_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activity")),
    )
    op.create_index(
        "ix_activity_newest",
        "activity",
        [
            "company_id",
            sa.literal_column("created_at desc"),
            sa.literal_column("id desc"),
        ],
        unique=False,
    )
    op.create_index("ix_activity_subject", "activity", ["company_id", "subject_id"], unique=False)
    op.create_table(
        "api_key",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("key_hash", sa.LargeBinary(), nullable=False),
        sa.Column("hint", sa.String(length=8), nullable=False),
        sa.Column("scopes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["company_id"],
            ["company.id"],
            name=op.f("fk_api_key_company_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_key")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_api_key_key_hash")),
    )
    op.create_index(op.f("ix_api_key_company_id"), "api_key", ["company_id"], unique=False)
    op.create_table(
        "connection",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "whatsapp_cloud",
                name="connectionkind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("external_id", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("access_token", sa.LargeBinary(), nullable=False),
        sa.Column("app_secret", sa.LargeBinary(), nullable=False),
        sa.Column("verify_token", sa.LargeBinary(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "pending",
                "connected",
                "degraded",
                "disconnected",
                "failed",
                name="connectionstatus",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("status_reason", sa.String(), nullable=True),
        sa.Column("rate_per_second", sa.Integer(), nullable=False),
        sa.Column("quality", sa.String(), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_event_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("bad_signatures", sa.Integer(), nullable=False),
        sa.CheckConstraint("rate_per_second between 1 and 100000", name=op.f("ck_connection_rate")),
        sa.ForeignKeyConstraint(
            ["company_id"],
            ["company.id"],
            name=op.f("fk_connection_company_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_connection")),
        sa.UniqueConstraint("company_id", "id", name=op.f("uq_connection_company_id_id")),
        sa.UniqueConstraint("kind", "external_id", name=op.f("uq_connection_kind_external_id")),
    )
    op.create_table(
        "contact",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("phone", sa.String(length=20), nullable=True),
        sa.Column("match_key", sa.String(length=64), nullable=True),
        sa.Column("whatsapp_id", sa.String(length=64), nullable=True),
        sa.Column("whatsapp_user_id", sa.String(length=160), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("language", sa.String(length=16), nullable=True),
        sa.Column("timezone", sa.String(length=64), nullable=True),
        sa.Column("tags", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("attributes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "consent_whatsapp",
            sa.Enum(
                "unknown",
                "opted_in",
                "opted_out",
                name="consent",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("last_inbound_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["company_id"],
            ["company.id"],
            name=op.f("fk_contact_company_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact")),
        sa.UniqueConstraint("company_id", "id", name=op.f("uq_contact_company_id_id")),
        sa.UniqueConstraint("company_id", "match_key", name=op.f("uq_contact_company_id_match_key")),
    )
    op.create_index(
        "ix_contact_name",
        "contact",
        ["company_id", sa.literal_column('lower(name) collate "C"'), "id"],
        unique=False,
    )
    op.create_index(
        "ix_contact_newest",
        "contact",
        [
            "company_id",
            sa.literal_column("created_at desc"),
            sa.literal_column("id desc"),
        ],
        unique=False,
    )
    op.create_index("ix_contact_tags", "contact", ["tags"], unique=False, postgresql_using="gin")
    op.create_index(
        "ix_contact_whatsapp",
        "contact",
        ["company_id", "whatsapp_id"],
        unique=False,
        postgresql_where=sa.text("whatsapp_id is not null"),
    )
    op.create_index(
        "ix_contact_whatsapp_user",
        "contact",
        ["company_id", "whatsapp_user_id"],
        unique=False,
        postgresql_where=sa.text("whatsapp_user_id is not null"),
    )
    op.create_table(
        "contact_list",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"],
            ["company.id"],
            name=op.f("fk_contact_list_company_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_list")),
        sa.UniqueConstraint("company_id", "id", name=op.f("uq_contact_list_company_id_id")),
        sa.UniqueConstraint("company_id", "name", name=op.f("uq_contact_list_company_id_name")),
    )
    op.create_table(
        "idempotency_key",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("request_hash", sa.LargeBinary(), nullable=False),
        sa.Column("status_code", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"],
            ["company.id"],
            name=op.f("fk_idempotency_key_company_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("company_id", "key", name=op.f("pk_idempotency_key")),
    )
    op.create_table(
        "import_batch",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("file_name", sa.String(length=255), nullable=False),
        sa.Column("file_key", sa.String(length=255), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "queued",
                "running",
                "done",
                "failed",
                name="importstatus",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("mapping", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("options", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("processed", sa.Integer(), nullable=False),
        sa.Column("created", sa.Integer(), nullable=False),
        sa.Column("updated", sa.Integer(), nullable=False),
        sa.Column("skipped", sa.Integer(), nullable=False),
        sa.Column("rejected", sa.Integer(), nullable=False),
        sa.Column("repeats", sa.Integer(), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["company_id"],
            ["company.id"],
            name=op.f("fk_import_batch_company_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_batch")),
        sa.UniqueConstraint("company_id", "id", name=op.f("uq_import_batch_company_id_id")),
    )
    op.create_index(
        "ix_import_batch_newest",
        "import_batch",
        ["company_id", sa.literal_column("created_at desc")],
        unique=False,
    )
    op.create_table(
        "member",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "owner",
                "admin",
                "agent",
                "viewer",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["company_id"],
            ["company.id"],
            name=op.f("fk_member_company_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
            name=op.f("fk_member_person_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_member")),
        sa.UniqueConstraint("company_id", "person_id", name=op.f("uq_member_company_id_person_id")),
    )
    op.create_index(op.f("ix_member_person_id"), "member", ["person_id"], unique=False)
    op.create_table(
        "session",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("user_agent", sa.String(length=300), nullable=False),
        sa.Column("ip", sa.String(length=64), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["company_id"],
            ["company.id"],
            name=op.f("fk_session_company_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
            name=op.f("fk_session_person_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_session_token_hash")),
    )
    op.create_index(op.f("ix_session_company_id"), "session", ["company_id"], unique=False)
    op.create_index(op.f("ix_session_person_id"), "session", ["person_id"], unique=False)
    op.create_table(
        "conversation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "open",
                "pending",
                "resolved",
                "archived",
                name="conversationstatus",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("unread_count", sa.Integer(), nullable=False),
        sa.Column("last_message_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_message_text", sa.String(), nullable=False),
        sa.Column("last_message_kind", sa.String(length=32), nullable=False),
        sa.Column("window_expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["company_id", "connection_id"],
            ["connection.company_id", "connection.id"],
            name=op.f("fk_conversation_company_id_connection_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "contact_id"],
            ["contact.company_id", "contact.id"],
            name=op.f("fk_conversation_company_id_contact_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["company_id"],
            ["company.id"],
            name=op.f("fk_conversation_company_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversation")),
        sa.UniqueConstraint(
            "company_id",
            "connection_id",
            "contact_id",
            name=op.f("uq_conversation_company_id_connection_id_contact_id"),
        ),
        sa.UniqueConstraint("company_id", "id", name=op.f("uq_conversation_company_id_id")),
    )
    op.create_index(
        "ix_conversation_newest",
        "conversation",
        [
            "company_id",
            sa.literal_column("last_message_at desc"),
            sa.literal_column("id desc"),
        ],
        unique=False,
    )
    op.create_table(
        "import_reject",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=False),
        sa.Column("cells", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "import_id"],
            ["import_batch.company_id", "import_batch.id"],
            name=op.f("fk_import_reject_company_id_import_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["company_id"],
            ["company.id"],
            name=op.f("fk_import_reject_company_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("company_id", "import_id", "line", name=op.f("pk_import_reject")),
    )
    op.create_table(
        "intake",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "waiting",
                "done",
                "parked",
                name="intakestate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("processed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["company_id", "connection_id"],
            ["connection.company_id", "connection.id"],
            name=op.f("fk_intake_company_id_connection_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["company_id"],
            ["company.id"],
            name=op.f("fk_intake_company_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_intake")),
        sa.UniqueConstraint("connection_id", "digest", name=op.f("uq_intake_connection_id_digest")),
    )
    op.create_index(
        "ix_intake_newest",
        "intake",
        ["company_id", sa.literal_column("created_at desc")],
        unique=False,
    )
    op.create_index(
        "ix_intake_waiting",
        "intake",
        ["created_at"],
        unique=False,
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "list_member",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("list_id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "contact_id"],
            ["contact.company_id", "contact.id"],
            name=op.f("fk_list_member_company_id_contact_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "list_id"],
            ["contact_list.company_id", "contact_list.id"],
            name=op.f("fk_list_member_company_id_list_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["company_id"],
            ["company.id"],
            name=op.f("fk_list_member_company_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("company_id", "list_id", "contact_id", name=op.f("pk_list_member")),
    )
    op.create_index(
        op.f("ix_list_member_company_id_list_member_contact_id"),
        "list_member",
        ["company_id", "contact_id"],
        unique=False,
    )
    op.create_table(
        "stray_status",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("external_id", sa.String(length=128), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("error_code", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(
            ["company_id", "connection_id"],
            ["connection.company_id", "connection.id"],
            name=op.f("fk_stray_status_company_id_connection_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["company_id"],
            ["company.id"],
            name=op.f("fk_stray_status_company_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stray_status")),
        sa.UniqueConstraint(
            "company_id",
            "connection_id",
            "external_id",
            "status",
            name=op.f("uq_stray_status_company_id_connection_id_external_id_status"),
        ),
    )
    op.create_table(
        "template",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("external_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=512), nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("category", sa.String(length=32), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "pending",
                "approved",
                "rejected",
                "paused",
                "disabled",
                "unknown",
                name="templatestatus",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("parameter_format", sa.String(length=16), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("variables", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("components", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("quality", sa.String(length=16), nullable=True),
        sa.Column("rejected_reason", sa.String(), nullable=True),
        sa.Column("synced_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "connection_id"],
            ["connection.company_id", "connection.id"],
            name=op.f("fk_template_company_id_connection_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["company_id"],
            ["company.id"],
            name=op.f("fk_template_company_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_template")),
        sa.UniqueConstraint(
            "company_id",
            "connection_id",
            "name",
            "language",
            name=op.f("uq_template_company_id_connection_id_name_language"),
        ),
        sa.UniqueConstraint("company_id", "id", name=op.f("uq_template_company_id_id")),
    )
    op.create_table(
        "campaign",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "template",
                "text",
                name="campaignkind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("template_id", sa.Uuid(), nullable=True),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("variables", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("audience", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("rate_per_second", sa.Integer(), nullable=True),
        sa.Column("legal_basis", sa.String(length=64), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "draft",
                "scheduled",
                "running",
                "paused",
                "completed",
                "cancelled",
                "failed",
                name="campaignstate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("state_reason", sa.String(), nullable=True),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("launched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["company_id", "connection_id"],
            ["connection.company_id", "connection.id"],
            name=op.f("fk_campaign_company_id_connection_id"),
            ondelete="NO ACTION",
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "template_id"],
            ["template.company_id", "template.id"],
            name=op.f("fk_campaign_company_id_template_id"),
            ondelete="NO ACTION",
        ),
        sa.ForeignKeyConstraint(
            ["company_id"],
            ["company.id"],
            name=op.f("fk_campaign_company_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign")),
        sa.UniqueConstraint("company_id", "id", name=op.f("uq_campaign_company_id_id")),
    )
    op.create_index(
        "ix_campaign_due",
        "campaign",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("state in ('scheduled', 'running')"),
    )
    op.create_index(
        "ix_campaign_newest",
        "campaign",
        [
            "company_id",
            sa.literal_column("created_at desc"),
            sa.literal_column("id desc"),
        ],
        unique=False,
    )
    op.create_table(
        "message",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column(
            "direction",
            sa.Enum(
                "inbound",
                "outbound",
                name="direction",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("external_id", sa.String(length=128), nullable=True),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column("client_id", sa.String(length=64), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "queued",
                "claimed",
                "sending",
                "sent",
                "delivered",
                "read",
                "failed",
                "skipped",
                "in_doubt",
                name="sendstate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("reason_code", sa.String(length=64), nullable=True),
        sa.Column("attempt_id", sa.Uuid(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("owner", sa.Uuid(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sending_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["company_id", "conversation_id"],
            ["conversation.company_id", "conversation.id"],
            name=op.f("fk_message_company_id_conversation_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["company_id"],
            ["company.id"],
            name=op.f("fk_message_company_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
        sa.UniqueConstraint("company_id", "id", name=op.f("uq_message_company_id_id")),
    )
    op.create_index(
        "ix_message_external",
        "message",
        ["company_id", "external_id"],
        unique=True,
        postgresql_where=sa.text("external_id is not null"),
    )
    op.create_index(
        "ix_message_leased",
        "message",
        ["lease_until"],
        unique=False,
        postgresql_where=sa.text("state in ('claimed', 'sending')"),
    )
    op.create_index(
        "ix_message_queued",
        "message",
        ["due_at", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'queued'"),
    )
    op.create_index(
        "ix_message_thread",
        "message",
        [
            "company_id",
            "conversation_id",
            sa.literal_column("created_at desc"),
            sa.literal_column("id desc"),
        ],
        unique=False,
    )
    op.create_table(
        "recipient",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=True),
        sa.Column("phone", sa.String(length=20), nullable=True),
        sa.Column("variables", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "queued",
                "claimed",
                "sending",
                "sent",
                "delivered",
                "read",
                "failed",
                "skipped",
                "in_doubt",
                name="sendstate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("state_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason_code", sa.String(length=64), nullable=True),
        sa.Column("provider_id", sa.String(length=128), nullable=True),
        sa.Column("attempt_id", sa.Uuid(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("owner", sa.Uuid(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sending_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("replied_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["company_id", "campaign_id"],
            ["campaign.company_id", "campaign.id"],
            name=op.f("fk_recipient_company_id_campaign_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "contact_id"],
            ["contact.company_id", "contact.id"],
            name=op.f("fk_recipient_company_id_contact_id"),
            ondelete="NO ACTION",
        ),
        sa.ForeignKeyConstraint(
            ["company_id"],
            ["company.id"],
            name=op.f("fk_recipient_company_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recipient")),
        sa.UniqueConstraint(
            "campaign_id",
            "contact_id",
            name=op.f("uq_recipient_campaign_id_contact_id"),
        ),
        postgresql_with={"fillfactor": "70", "autovacuum_vacuum_scale_factor": "0.02"},
    )
    op.create_index(
        op.f("ix_recipient_company_id_recipient_contact_id"),
        "recipient",
        ["company_id", "contact_id"],
        unique=False,
    )
    op.create_index(
        "ix_recipient_leased",
        "recipient",
        ["lease_until"],
        unique=False,
        postgresql_where=sa.text("state in ('claimed', 'sending')"),
    )
    op.create_index(
        "ix_recipient_provider",
        "recipient",
        ["provider_id"],
        unique=True,
        postgresql_where=sa.text("provider_id is not null"),
    )
    op.create_index(
        "ix_recipient_queued",
        "recipient",
        ["campaign_id", "due_at", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'queued'"),
    )

    op.execute(CURRENT_COMPANY)
    for statement in security():
        op.execute(statement)


def security() -> Iterator[str]:
    """Who may see and change what, table by table."""
    for table in COMPANY_TABLES:
        yield from company_table(table)
    yield from company_table("activity", "select, insert")
    yield from shared_table("company", "id = (select app.current_company())", "select, update")
    member = f"exists (select from app.member m where m.person_id = person.id and m.{OWN_ROWS})"
    yield from shared_table("person", member, "select (id, created_at, changed_at, email, name, language)")
    for table, grants in OPS_GRANTS.items():
        yield from open_to_ops(table, grants)


COMPANY_TABLES = (
    "api_key",
    "campaign",
    "connection",
    "contact",
    "contact_list",
    "conversation",
    "idempotency_key",
    "import_batch",
    "import_reject",
    "intake",
    "list_member",
    "member",
    "message",
    "recipient",
    "session",
    "stray_status",
    "template",
)

OPS_GRANTS = {
    "company": "select, insert",
    "person": "select, insert, update",
    "member": "select, insert",
    "session": "select, insert, update, delete",
    "api_key": "select, insert, update (last_used_at, changed_at)",
    "activity": "insert",
    "connection": "select (id, company_id, kind, external_id, account_id, status)",
    "campaign": "select (id, company_id, connection_id, state, due_at)",
    "recipient": "select (id, company_id, campaign_id, state, due_at, lease_until)",
    "message": "select (id, company_id, state, due_at, lease_until)",
    "intake": "select (id, company_id, connection_id, state, created_at), delete",
    "stray_status": "select (created_at), delete",
    "import_batch": "select (id, company_id, status, lease_until)",
    "idempotency_key": "select (created_at), delete",
}


def downgrade() -> None:
    op.drop_index(
        "ix_recipient_queued",
        table_name="recipient",
        postgresql_where=sa.text("state = 'queued'"),
    )
    op.drop_index(
        "ix_recipient_provider",
        table_name="recipient",
        postgresql_where=sa.text("provider_id is not null"),
    )
    op.drop_index(
        "ix_recipient_leased",
        table_name="recipient",
        postgresql_where=sa.text("state in ('claimed', 'sending')"),
    )
    op.drop_index(op.f("ix_recipient_company_id_recipient_contact_id"), table_name="recipient")
    op.drop_table("recipient")
    op.drop_index("ix_message_thread", table_name="message")
    op.drop_index(
        "ix_message_queued",
        table_name="message",
        postgresql_where=sa.text("state = 'queued'"),
    )
    op.drop_index(
        "ix_message_leased",
        table_name="message",
        postgresql_where=sa.text("state in ('claimed', 'sending')"),
    )
    op.drop_index(
        "ix_message_external",
        table_name="message",
        postgresql_where=sa.text("external_id is not null"),
    )
    op.drop_table("message")
    op.drop_index("ix_campaign_newest", table_name="campaign")
    op.drop_index(
        "ix_campaign_due",
        table_name="campaign",
        postgresql_where=sa.text("state in ('scheduled', 'running')"),
    )
    op.drop_table("campaign")
    op.drop_table("template")
    op.drop_table("stray_status")
    op.drop_index(
        op.f("ix_list_member_company_id_list_member_contact_id"),
        table_name="list_member",
    )
    op.drop_table("list_member")
    op.drop_index(
        "ix_intake_waiting",
        table_name="intake",
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.drop_index("ix_intake_newest", table_name="intake")
    op.drop_table("intake")
    op.drop_table("import_reject")
    op.drop_index("ix_conversation_newest", table_name="conversation")
    op.drop_table("conversation")
    op.drop_index(op.f("ix_session_person_id"), table_name="session")
    op.drop_index(op.f("ix_session_company_id"), table_name="session")
    op.drop_table("session")
    op.drop_index(op.f("ix_member_person_id"), table_name="member")
    op.drop_table("member")
    op.drop_index("ix_import_batch_newest", table_name="import_batch")
    op.drop_table("import_batch")
    op.drop_table("idempotency_key")
    op.drop_table("contact_list")
    op.drop_index("ix_contact_whatsapp_user", table_name="contact")
    op.drop_index("ix_contact_whatsapp", table_name="contact")
    op.drop_index("ix_contact_tags", table_name="contact", postgresql_using="gin")
    op.drop_index("ix_contact_newest", table_name="contact")
    op.drop_index("ix_contact_name", table_name="contact")
    op.drop_table("contact")
    op.drop_table("connection")
    op.drop_index(op.f("ix_api_key_company_id"), table_name="api_key")
    op.drop_table("api_key")
    op.drop_index("ix_activity_subject", table_name="activity")
    op.drop_index("ix_activity_newest", table_name="activity")
    op.drop_table("activity")
    op.drop_table("person")
    op.drop_table("company")
    op.execute("drop function app.current_company()")
