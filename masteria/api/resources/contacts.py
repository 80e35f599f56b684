"""Contacts, lists, tags and imports."""

from __future__ import annotations

import json
from pathlib import PurePath
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, File, Form, HTTPException, Request, Response, UploadFile
from fastapi.responses import PlainTextResponse
from pydantic import Field

from masteria import storage
from masteria.actions import contacts as actions
from masteria.actions import imports
from masteria.api.doors import Needs, WorkRoute
from masteria.api.resources.shapes import Body, Cursor, Limit, page, plain, rows
from masteria.core.work import Work
from masteria.enums import Permission
from masteria.kit.errors import Invalid, MasteriaError
from masteria.kit.tables import MAX_BYTES
from masteria.queries import contacts as queries

router = APIRouter(route_class=WorkRoute, tags=["contacts"])
Reader = Annotated[Work, Needs(Permission.READ_CONTACTS)]
Writer = Annotated[Work, Needs(Permission.EDIT_CONTACTS)]
MULTIPART_FRAME = 64_000


class Changes(Body):
    name: str | None = None
    email: str | None = None
    language: str | None = None
    timezone: str | None = None
    attributes: dict[str, Any] | None = None
    add_tags: list[str] | None = Field(None, max_length=50)
    remove_tags: list[str] | None = Field(None, max_length=50)
    lists: list[UUID] | None = Field(None, max_length=50)
    consent: str | None = None


class NewContact(Changes):
    phone: str = Field(max_length=40)


class Bulk(Body):
    contacts: list[NewContact] = Field(min_length=1, max_length=1000)


class Named(Body):
    name: str = Field(min_length=1, max_length=120)


def shape(row: queries.ContactRow) -> dict[str, Any]:
    """A contact as the API shows it."""
    found = plain(row)
    consent = found.pop("consent")
    kinds = (("phone", row.phone), ("email", row.email))
    identities = [{"kind": kind, "value": value} for kind, value in kinds if value]
    return {**found, "consent": {"whatsapp": consent, "sms": "unknown"}, "identities": identities}


@router.get("/contacts")
def list_contacts(
    work: Reader, q: str = "", tag: str = "", list_id: UUID | None = None, cursor: Cursor = None, limit: Limit = 50
) -> dict[str, Any]:
    found = queries.list_contacts(work, q=q, tag=tag, list_id=str(list_id or ""), cursor=cursor, limit=limit)
    return page(found, shape)


@router.post("/contacts", status_code=201)
def create_contact(work: Writer, body: NewContact) -> dict[str, Any]:
    values = body.model_dump(exclude_unset=True)
    return shape(queries.contact(work, actions.create(work, values.pop("phone"), **values)))


@router.post("/contacts/bulk")
def create_contacts(work: Writer, body: Bulk) -> dict[str, Any]:
    """Up to 1,000 at once; each line succeeds or fails by itself."""
    done: list[dict[str, Any]] = []
    for number, one in enumerate(body.contacts):
        values = one.model_dump(exclude_unset=True)
        try:
            with work.session.begin_nested():
                done.append({"index": number, "id": str(actions.create(work, values.pop("phone"), **values))})
        except MasteriaError as error:
            done.append({"index": number, "error": str(getattr(error, "reason", error))})
    return {"data": done, "created": sum("id" in d for d in done), "failed": sum("error" in d for d in done)}


@router.get("/contacts/{contact_id}")
def get_contact(work: Reader, contact_id: UUID) -> dict[str, Any]:
    return shape(queries.contact(work, contact_id))


@router.patch("/contacts/{contact_id}")
def update_contact(work: Writer, contact_id: UUID, body: Changes) -> dict[str, Any]:
    actions.update(work, contact_id, **body.model_dump(exclude_unset=True))
    work.session.flush()
    return shape(queries.contact(work, contact_id))


@router.delete("/contacts/{contact_id}", status_code=204)
def delete_contact(work: Writer, contact_id: UUID) -> None:
    actions.delete(work, contact_id)


@router.get("/tags")
def list_tags(work: Reader) -> dict[str, Any]:
    return rows(queries.tags(work), lambda t: {"name": t.name, "count": t.count})


@router.get("/lists")
def list_lists(work: Reader) -> dict[str, Any]:
    return rows(queries.lists(work))


@router.post("/lists", status_code=201)
def create_list(work: Writer, body: Named) -> dict[str, Any]:
    return {"id": str(actions.create_list(work, body.name)), "name": body.name, "count": 0}


@router.patch("/lists/{list_id}")
def rename_list(work: Writer, list_id: UUID, body: Named) -> dict[str, Any]:
    actions.rename_list(work, list_id, body.name)
    return {"id": str(list_id), "name": body.name}


@router.delete("/lists/{list_id}", status_code=204)
def delete_list(work: Writer, list_id: UUID) -> None:
    actions.delete_list(work, list_id)


def not_too_large(request: Request) -> None:
    """Refuse a file over 50 MB by what the request announces, before it is read."""
    length = request.headers.get("content-length", "")
    if not length.isdigit() or int(length) > MAX_BYTES + MULTIPART_FRAME:
        raise HTTPException(413, "The file is larger than 50 MB.")


@router.post("/imports", status_code=202, dependencies=[Depends(not_too_large)])
def start_import(
    work: Writer,
    file: Annotated[UploadFile, File()],
    mapping: Annotated[str, Form()] = "{}",
    options: Annotated[str, Form()] = "{}",
) -> dict[str, Any]:
    """A CSV file as multipart; `mapping` (column → field) and `options` are JSON."""
    wanted = {"mapping": _json("mapping", mapping), "options": _json("options", options)}
    imports.check_mapping(wanted["mapping"])
    imports.check_options(wanted["options"])
    name = PurePath(file.filename or "contacts.csv").name
    key = storage.put(file.file, PurePath(name).suffix.lower(), company_id=work.company_id)
    import_id = imports.start(work, name, key, wanted["mapping"], wanted["options"])
    return _import(queries.import_row(work, import_id))


@router.get("/imports")
def list_imports(work: Reader) -> dict[str, Any]:
    return rows(queries.imports(work), _import)


@router.get("/imports/{import_id}")
def get_import(work: Reader, import_id: UUID) -> dict[str, Any]:
    return _import(queries.import_row(work, import_id))


@router.get("/imports/{import_id}/rejects.csv", response_class=PlainTextResponse)
def get_rejects(work: Reader, import_id: UUID) -> Response:
    return Response(queries.rejects_csv(work, import_id), media_type="text/csv; charset=utf-8")


def _import(row: queries.ImportRow) -> dict[str, Any]:
    url = f"/api/v1/imports/{row.id}/rejects.csv" if row.rejected and not row.dry_run else None
    return {**plain(row), "rejects_url": url}


def _json(field: str, text: str) -> dict[str, Any]:
    try:
        found = json.loads(text or "{}")
    except ValueError:
        raise Invalid(field, "is not JSON") from None
    if not isinstance(found, dict):
        raise Invalid(field, "is not an object")
    return found
