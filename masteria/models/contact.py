"""People a company writes to, the lists they stand in, and the imports that brought them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field

from masteria.enums import Consent, ImportStatus
from masteria.models.base import Json, Owned, Table, Texts, Time, of_company, parent, words


class Contact(Owned, table=True):
    """`phone` is E.164; `match_key` is equal for the spellings of one number and unique in a company.

    `whatsapp_id` are the digits under which WhatsApp knows the person, `whatsapp_user_id` the business-scoped id that
    stays when a person hides the number. `consent_at` is when the wish was said: an older one never undoes it.
    """

    __table_args__ = (
        parent(),
        sa.UniqueConstraint("company_id", "match_key"),
        sa.Index(
            "ix_contact_newest",
            "company_id",
            sa.text("created_at desc"),
            sa.text("id desc"),
        ),
        sa.Index("ix_contact_name", "company_id", sa.text('lower(name) collate "C"'), "id"),
        sa.Index("ix_contact_tags", "tags", postgresql_using="gin"),
        sa.Index(
            "ix_contact_words",
            sa.text("contact_words(company_id, name, phone, email)"),
            postgresql_using="gin",
            postgresql_with={"gin_pending_list_limit": "1024"},
        ),
        sa.Index(
            "ix_contact_whatsapp",
            "company_id",
            "whatsapp_id",
            postgresql_where=sa.text("whatsapp_id is not null"),
        ),
        sa.Index(
            "ix_contact_whatsapp_user",
            "company_id",
            "whatsapp_user_id",
            postgresql_where=sa.text("whatsapp_user_id is not null"),
        ),
    )

    untold: ClassVar[frozenset[str]] = frozenset({"match_key"})
    personal: ClassVar[frozenset[str]] = frozenset(
        {"phone", "whatsapp_id", "whatsapp_user_id", "name", "email", "tags", "attributes"}
    )

    phone: str | None = Field(default=None, max_length=20)
    match_key: str | None = Field(default=None, max_length=64)
    whatsapp_id: str | None = Field(default=None, max_length=64)
    whatsapp_user_id: str | None = Field(default=None, max_length=160)
    name: str = Field(default="", max_length=200)
    email: str | None = Field(default=None, max_length=254)
    language: str | None = Field(default=None, max_length=16)
    timezone: str | None = Field(default=None, max_length=64)
    tags: list[str] = Field(default_factory=list, sa_type=Texts)  # pyright: ignore[reportArgumentType]
    attributes: dict[str, Any] = Field(default_factory=dict, sa_type=Json)  # pyright: ignore[reportArgumentType]
    consent_whatsapp: Consent = Field(default=Consent.UNKNOWN, sa_type=words(Consent))  # pyright: ignore[reportArgumentType]
    consent_at: datetime | None = Field(default=None, sa_type=Time)  # pyright: ignore[reportArgumentType]
    last_inbound_at: datetime | None = Field(default=None, sa_type=Time)  # pyright: ignore[reportArgumentType]


class ContactList(Owned, table=True):
    """A named set of contacts that people fill by hand or by import."""

    __table_args__ = (parent(), sa.UniqueConstraint("company_id", "name"))

    name: str = Field(max_length=120)


class ListMember(Table, table=True):
    """A contact in a list."""

    __table_args__ = (
        of_company("contact_list", "list_id"),
        of_company("contact", "contact_id"),
        sa.Index(None, "company_id", "contact_id"),
    )

    company_id: UUID = Field(primary_key=True, foreign_key="company.id", ondelete="CASCADE")
    list_id: UUID = Field(primary_key=True)
    contact_id: UUID = Field(primary_key=True)


class ImportBatch(Owned, table=True):
    """One file on its way in. `mapping` is column → field, `options` as in the API; counts add up to `processed`.

    `columns` is the file's header, so that its rejected lines can be handed back as a file.
    """

    __table_args__ = (
        parent(),
        sa.Index("ix_import_batch_newest", "company_id", sa.text("created_at desc")),
    )

    untold: ClassVar[frozenset[str]] = frozenset({"file_key", "lease_until"})

    file_name: str = Field(max_length=255)
    file_key: str = Field(max_length=255)
    status: ImportStatus = Field(default=ImportStatus.QUEUED, sa_type=words(ImportStatus))  # pyright: ignore[reportArgumentType]
    error: str | None = None
    mapping: dict[str, str] = Field(default_factory=dict, sa_type=Json)  # pyright: ignore[reportArgumentType]
    options: dict[str, Any] = Field(default_factory=dict, sa_type=Json)  # pyright: ignore[reportArgumentType]
    columns: list[str] = Field(default_factory=list, sa_type=Texts)  # pyright: ignore[reportArgumentType]
    total: int = 0
    processed: int = 0
    created: int = 0
    updated: int = 0
    skipped: int = 0
    rejected: int = 0
    repeats: int = 0
    lease_until: datetime | None = Field(default=None, sa_type=Time)  # pyright: ignore[reportArgumentType]
    finished_at: datetime | None = Field(default=None, sa_type=Time)  # pyright: ignore[reportArgumentType]


class ImportReject(Table, table=True):
    """A line that could not be taken, as it was, and why (a code the screens have words for)."""

    __table_args__ = (of_company("import_batch", "import_id"),)

    company_id: UUID = Field(primary_key=True, foreign_key="company.id", ondelete="CASCADE")
    import_id: UUID = Field(primary_key=True)
    line: int = Field(primary_key=True)
    reason: str = Field(max_length=64)
    cells: list[str] = Field(sa_type=Texts)  # pyright: ignore[reportArgumentType]
