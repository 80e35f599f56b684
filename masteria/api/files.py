"""Files to and from the screens, by the person's cookie: a contact file comes in, CSVs go out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import BinaryIO
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from masteria import storage
from masteria.api.entry import find_person, same_origin
from masteria.core.access import Actor
from masteria.core.work import Work, work_as
from masteria.enums import Permission
from masteria.kit.errors import Forbidden, MasteriaError
from masteria.kit.ids import parse_id
from masteria.kit.tables import MAX_BYTES
from masteria.queries import campaigns, contacts

HEAD_ROOM = 64_000  # the multipart frame around the file


async def bring(request: Request) -> Response:
    """A contact file from the import page; kept, then shown. Too large is refused before it is read."""
    if not same_origin(request):
        return PlainTextResponse("cross-site request refused", 403)
    actor = await find_person(request)
    if actor is None:
        return RedirectResponse("/login", 303)
    if not actor.may(Permission.EDIT_CONTACTS):
        return RedirectResponse("/contacts/import?problem=forbidden", 303)
    length = request.headers.get("content-length", "")
    if not length.isdigit() or int(length) > MAX_BYTES + HEAD_ROOM:
        return RedirectResponse("/contacts/import?problem=too_large", 303)
    async with request.form(max_files=1, max_fields=5) as form:
        upload = form.get("file")
        if upload is None or isinstance(upload, str) or not upload.filename:
            return RedirectResponse("/contacts/import?problem=empty", 303)
        name, stream = upload.filename, upload.file
        key = await asyncio.to_thread(_keep, actor, stream)
    return RedirectResponse(f"/contacts/import?file={key}&name={quote(name[:120])}", 303)


async def rejects(request: Request) -> Response:
    """The lines of an import that could not be taken."""
    return await _csv(request, contacts.rejects_csv, "import_id", "linhas-com-problema.csv")


async def recipients(request: Request) -> Response:
    """Who got a campaign."""
    return await _csv(request, campaigns.recipients_csv, "campaign_id", "campanha.csv")


async def _csv(request: Request, query: Callable[..., str], name: str, file_name: str) -> Response:
    actor = await find_person(request)
    if actor is None:
        return RedirectResponse("/login", 303)

    def read() -> str:
        with work_as(actor) as work:
            return _ask(work, query, request.path_params[name])

    try:
        text = await asyncio.to_thread(read)
    except Forbidden:
        return PlainTextResponse("not allowed", 403)
    except MasteriaError:
        return PlainTextResponse("not found", 404)
    headers = {"content-disposition": f'attachment; filename="{file_name}"'}
    return Response("\ufeff" + text, media_type="text/csv; charset=utf-8", headers=headers)


def _ask(work: Work, query: Callable[..., str], row_id: str) -> str:
    return query(work, parse_id(row_id))


def _keep(actor: Actor, stream: BinaryIO) -> str:
    return storage.put(stream, ".csv", company_id=actor.company_id)


routes = [
    Route("/files/contacts", bring, methods=["POST"]),
    Route("/files/imports/{import_id}/rejects.csv", rejects, methods=["GET"]),
    Route("/files/campaigns/{campaign_id}/recipients.csv", recipients, methods=["GET"]),
]
