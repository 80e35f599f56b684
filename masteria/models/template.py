"""Message templates as Meta keeps them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field

from masteria.enums import TemplateStatus
from masteria.models.base import Json, Owned, Texts, Time, of_company, parent, words


class Template(Owned, table=True):
    """`variables` are the body's placeholders in order (`1`, `2` or names); `components` is Meta's own list."""

    __table_args__ = (
        parent(),
        of_company("connection", "connection_id"),
        sa.UniqueConstraint("company_id", "connection_id", "name", "language"),
    )

    connection_id: UUID
    external_id: str = Field(max_length=64)
    name: str = Field(max_length=512)
    language: str = Field(max_length=16)
    category: str = Field(max_length=32)
    status: TemplateStatus = Field(sa_type=words(TemplateStatus))  # pyright: ignore[reportArgumentType]
    parameter_format: str = Field(default="POSITIONAL", max_length=16)
    body: str = ""
    variables: list[str] = Field(default_factory=list, sa_type=Texts)  # pyright: ignore[reportArgumentType]
    components: list[dict[str, Any]] = Field(default_factory=list, sa_type=Json)  # pyright: ignore[reportArgumentType]
    quality: str | None = Field(default=None, max_length=16)
    rejected_reason: str | None = None
    synced_at: datetime = Field(sa_type=Time)  # pyright: ignore[reportArgumentType]
