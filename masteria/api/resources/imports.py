"""Imports: a file comes in, is kept and put in line; its progress, and the lines that could not be taken."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import PurePath
from typing import Annotated, Any
from uuid import UUID

from fastapi import Form, UploadFile
from pydantic import Field
from starlette.responses import Response

from masteria import storage
from masteria.api.door import Caller, needs, router
from masteria.api.shapes import Body, Cursor, Limit, Listed, Shape, listed, sorted_by
from masteria.core.work import work_as
from masteria.enums import ImportStatus, Permission
from masteria.flows import importing
from masteria.kit.errors import Invalid
from masteria.kit.tables import MAX_BYTES
from masteria.queries import contacts as found
from masteria.queries.contacts import ImportRow

routes = router("imports")
Sort = Annotated[str, sorted_by(found.IMPORT_SORTS)]
FRAME = 64 * 1024  # what the form adds around the file


class CsvFile(Response):
    media_type = "text/csv"


class Import(Shape):
    id: UUID
    file_name: str
    status: str
    error: str | None
    total: int
    processed: int
    created: int
    updated: int
    skipped: int
    rejected: int
    repeats: int
    dry_run: bool
    rejects_url: str | None
    created_at: datetime
    finished_at: datetime | None


@routes.get("/imports", dependencies=[needs(Permission.READ_CONTACTS)])
def list_imports(
    caller: Caller,
    limit: Limit = 50,
    cursor: Cursor = None,
    sort: Sort = found.IMPORT_SORTS.usual,
    status: ImportStatus | None = None,
) -> Listed[Import]:
    """Every file that came in, and what programs brought at once."""
    with work_as(caller) as work:
        return listed(_shown, found.imports(work, status=status or "", sort=sort, cursor=cursor, limit=limit))


class Upload(Body):
    """A form, not JSON: the file, and two JSON texts."""

    file: Annotated[UploadFile, Field(description="CSV with a header line, any common encoding and separator")]
    mapping: str = Field(default="", description='{"column": "field"}, for columns whose name does not say it')
    options: str = Field(default="", description="dry_run, on_match (update or skip), tags, list")


@routes.post(
    "/imports",
    status_code=202,
    dependencies=[needs(Permission.EDIT_CONTACTS)],
    max_body_size=MAX_BYTES + FRAME,
    openapi_extra={"x-upload": True},
)
def create(caller: Caller, form: Annotated[Upload, Form(media_type="multipart/form-data")]) -> Import:
    """Keep the file and put it in line; what is no table is refused at once."""
    mapping, options = _json("mapping", form.mapping), _json("options", form.options)
    name = PurePath(form.file.filename or "").name or "contacts.csv"
    key = storage.put(form.file.file, PurePath(name).suffix.lower(), company_id=caller.company_id)
    try:
        import_id = importing.start(caller, name, key, {k: str(v or "") for k, v in mapping.items()}, options)
    except Exception:
        storage.delete(key)
        raise
    with work_as(caller) as work:
        return _shown(found.import_row(work, import_id))


@routes.get("/imports/{import_id}", dependencies=[needs(Permission.READ_CONTACTS)])
def get(caller: Caller, import_id: UUID) -> Import:
    """How far it is."""
    with work_as(caller) as work:
        return _shown(found.import_row(work, import_id))


@routes.get(
    "/imports/{import_id}/rejects.csv",
    response_class=CsvFile,
    dependencies=[needs(Permission.READ_CONTACTS)],
)
def rejects(caller: Caller, import_id: UUID) -> Response:
    """The lines that could not be taken, each with its reason."""
    with work_as(caller) as work:
        text = found.rejects_csv(work, import_id)
    return csv_file(text, "rejects.csv")


def csv_file(text: str, name: str) -> Response:
    """A download that spreadsheets read as UTF-8."""
    return CsvFile("\ufeff" + text, headers={"content-disposition": f'attachment; filename="{name}"'})


def _json(field: str, text: str) -> dict[str, Any]:
    try:
        found = json.loads(text) if text.strip() else {}
    except (ValueError, RecursionError):
        raise Invalid(field, "not_json") from None
    if not isinstance(found, dict):
        raise Invalid(field, "not_json")
    return found


def _shown(row: ImportRow) -> Import:
    url = f"/api/v1/imports/{row.id}/rejects.csv" if row.rejected else None
    values = {name: getattr(row, name) for name in ImportRow.__dataclass_fields__}
    return Import(**values, rejects_url=url)
