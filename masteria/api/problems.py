"""Errors as `application/problem+json` (RFC 9457): the API's door, where the five errors become a status."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import sqlalchemy.exc as sa
from fastapi.exceptions import RequestValidationError
from pydantic_core import ErrorDetails
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from masteria.actions.keys import KeyRefused
from masteria.api.sentences import sentence
from masteria.core.access import Suspended, Unenrolled, Unproven, Unverified
from masteria.kit.errors import Conflict, Forbidden, Invalid, NotFound, OutsideError

log = logging.getLogger(__name__)
MEDIA_TYPE = "application/problem+json"
WANTED = 'Bearer realm="masteria"'
Errors = list[dict[str, str]]


class SignedOut(Exception):
    """No key or token, or one that opens nothing; the reason is a code."""

    def __init__(self, reason: str = "") -> None:
        super().__init__(reason)
        self.reason = reason


class TooOften(Exception):
    """A limit is used up; `seconds` until it has room again."""

    def __init__(self, seconds: int) -> None:
        super().__init__(seconds)
        self.seconds = seconds


def problem(
    request: Request,
    status: int,
    detail: str,
    *,
    code: str | None = None,
    errors: Errors | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """One problem document; `code` is the machine's word for it."""
    content: dict[str, Any] = {
        "type": f"urn:masteria:problem:{code}" if code else "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "request_id": request_id(request),
    }
    if errors is not None:
        content["errors"] = errors
    body = json.dumps(content, ensure_ascii=False).encode("utf-8", "replace")
    return Response(body, status, media_type=MEDIA_TYPE, headers=dict(headers or {}))


def request_id(request: Request) -> str:
    return request.scope.get("state", {}).get("request_id", "")


def answer_to(request: Request, error: Exception) -> Response:
    """The response for any error. What nobody expected is logged with the request's id and says nothing of itself."""
    for kind, answer in _ANSWERS.items():
        if isinstance(error, kind):
            return answer(request, error)
    log.error("request %s failed", request_id(request), exc_info=error)
    return problem(request, 500, f"Something went wrong here. Tell us the request id {request_id(request)}.")


async def handle(request: Request, error: Exception) -> Response:
    """The same, as Starlette wants its handlers."""
    return answer_to(request, error)


def _signed_out(request: Request, error: SignedOut) -> Response:
    detail = sentence(error.reason or "signed_out")
    return problem(request, 401, detail, code=error.reason or None, headers={"www-authenticate": WANTED})


def _elsewhere(request: Request, error: KeyRefused) -> Response:
    return problem(request, 403, sentence("key_address"), code="key_address")


def _forbidden(request: Request, error: Forbidden) -> Response:
    for kind, code in ((Unverified, "unverified"), (Unenrolled, "second_step_needed"), (Unproven, "proof_needed")):
        if isinstance(error, kind):
            return problem(request, 403, sentence(code), code=code)
    return problem(request, 403, f"This needs the permission {error}." if str(error) else "This is not allowed.")


def _suspended(request: Request, error: Suspended) -> Response:
    detail = f"The company is suspended: {error.reason}" if error.reason else "The company is suspended."
    return problem(request, 403, detail, code="suspended")


def _not_found(request: Request, error: NotFound) -> Response:
    return problem(request, 404, "There is no such thing here.")


def _conflict(request: Request, error: Conflict) -> Response:
    return problem(request, 409, sentence(error.reason, error.details), code=error.reason)


def _invalid(request: Request, error: Invalid) -> Response:
    message = sentence(error.reason, error.details)
    return problem(request, 422, message, code="invalid", errors=[{"field": error.field, "message": message}])


def _outside(request: Request, error: OutsideError) -> Response:
    wait = {"retry-after": str(int(error.retry_after))} if error.retry_after else {}
    return problem(request, 502, f"The provider did not do it: {sentence(error.reason)}", code="outside", headers=wait)


def _too_often(request: Request, error: TooOften) -> Response:
    detail = f"Too many requests. Ask again in {error.seconds} s."
    return problem(request, 429, detail, code="too_often", headers={"retry-after": str(error.seconds)})


def _http(request: Request, error: HTTPException) -> Response:
    words = {404: "There is no such address.", 405: "This address does not know this method."}
    words |= {413: "The body is too large.", 400: "The body cannot be read."}
    return problem(request, error.status_code, words.get(error.status_code, str(error.detail)), headers=error.headers)


def _unreadable(request: Request, error: RequestValidationError) -> Response:
    found: list[ErrorDetails] = list(error.errors())
    if found and all(e["loc"][:1] == ("path",) for e in found):
        return problem(request, 404, "There is no such thing here.")
    if any(e["type"] == "json_invalid" for e in found):
        return problem(request, 400, sentence("not_json"), code="not_json")
    errors = [{"field": _field(e), "message": _message(e)} for e in found[:50]]
    named = ", ".join(dict.fromkeys(e["field"] for e in errors))
    return problem(request, 422, f"Look again at: {named}", code="invalid", errors=errors)


def _field(error: ErrorDetails) -> str:
    return ".".join(str(part) for part in error["loc"][1:]) or str(error["loc"][0])


def _message(error: ErrorDetails) -> str:
    words = {"extra_forbidden": sentence("unknown_field"), "missing": sentence("missing")}
    return words.get(error["type"], str(error["msg"]).removeprefix("Value error, "))


def _cannot_store(request: Request, error: sa.DataError) -> Response:
    message = "A value holds a character that cannot be stored, or is out of range."
    return problem(request, 422, message, code="invalid", errors=[{"field": "body", "message": message}])


def _at_once(request: Request, error: sa.IntegrityError) -> Response:
    return problem(request, 409, "This exists already, or another request was faster.", code="exists")


def _not_now(request: Request, error: Exception) -> Response:
    log.warning("request %s: the database is away: %s", request_id(request), type(error).__name__)
    return problem(request, 503, "The database is away for a moment.", headers={"retry-after": "5"})


_ANSWERS: dict[type[Exception], Any] = {
    SignedOut: _signed_out,
    Suspended: _suspended,  # before its parent
    KeyRefused: _elsewhere,
    Forbidden: _forbidden,
    NotFound: _not_found,
    Conflict: _conflict,
    Invalid: _invalid,
    OutsideError: _outside,
    TooOften: _too_often,
    HTTPException: _http,
    RequestValidationError: _unreadable,
    sa.DataError: _cannot_store,
    sa.IntegrityError: _at_once,
    sa.OperationalError: _not_now,
    sa.TimeoutError: _not_now,
}
HANDLERS: dict[Any, Any] = {kind: handle for kind in (*_ANSWERS, Exception)}
