"""Errors as `application/problem+json` (RFC 9457), each with the request's id; never a trace."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from masteria.kit.errors import Conflict, Forbidden, Invalid, NotFound, OutsideError
from masteria.kit.ids import new_id

log = logging.getLogger(__name__)
MEDIA_TYPE = "application/problem+json"


def problem(
    request: Request,
    status: int,
    detail: str,
    *,
    errors: list[dict[str, str]] | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """One problem document."""
    title = HTTPStatus(status).phrase
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": detail,
        "request_id": request_id(request),
    }
    if errors is not None:
        body["errors"] = errors
    return JSONResponse(body, status, headers=dict(headers or {}), media_type=MEDIA_TYPE)


def request_id(request: Request) -> str:
    """The id of this request, made at its first use."""
    found = getattr(request.state, "request_id", None)
    if found is None:
        found = request.state.request_id = str(new_id())
    return found


def install(app: FastAPI) -> None:
    """Every error of the house and of the framework gets its status."""

    @app.exception_handler(NotFound)
    def _(request: Request, error: NotFound) -> JSONResponse:
        return problem(request, 404, "There is no such thing in this company.")

    @app.exception_handler(Forbidden)
    def _(request: Request, error: Forbidden) -> JSONResponse:
        return problem(request, 403, f"This needs the permission {error}.")

    @app.exception_handler(Conflict)
    def _(request: Request, error: Conflict) -> JSONResponse:
        return problem(request, 409, f"Not possible now: {error.reason.replace('_', ' ')}.")

    @app.exception_handler(Invalid)
    def _(request: Request, error: Invalid) -> JSONResponse:
        return problem(
            request, 422, "A value cannot be used.", errors=[{"field": error.field, "message": _sentence(error)}]
        )

    @app.exception_handler(OutsideError)
    def _(request: Request, error: OutsideError) -> JSONResponse:
        return problem(request, 502, f"The provider could not be asked: {error.reason}.")

    @app.exception_handler(RequestValidationError)
    def _(request: Request, error: RequestValidationError) -> JSONResponse:
        found = error.errors()
        if any(e["type"] == "json_invalid" for e in found):
            return problem(request, 400, "The body is not JSON.")
        errors = [{"field": _field(e["loc"]), "message": str(e["msg"])} for e in found]
        return problem(request, 422, "A value cannot be used.", errors=errors)

    @app.exception_handler(HTTPException)
    def _(request: Request, error: HTTPException) -> JSONResponse:
        return problem(request, error.status_code, str(error.detail), headers=error.headers)

    @app.exception_handler(Exception)
    def _(request: Request, error: Exception) -> JSONResponse:
        log.error("request %s failed", request_id(request), exc_info=error)
        return problem(request, 500, "Something failed on our side; it is logged.")


def _field(location: tuple[Any, ...]) -> str:
    return ".".join(str(part) for part in location[1:]) or str(location[0])


def _sentence(error: Invalid) -> str:
    if " " in error.reason:
        return error.reason
    details = "".join(f" ({name}: {value})" for name, value in error.details.items() if value not in ("", None))
    return error.reason.replace("_", " ") + details
