"""The OpenAPI 3.1 document: what FastAPI finds, with our errors, keys and headers said once for all routes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

DESCRIPTION = """Send `Authorization: Bearer …` with an API key (`mk_…`) or a token of `POST /auth/token`. Bodies are JSON in UTF-8; unknown fields are refused. Ids are UUIDs,
times RFC 3339 in UTC, phone numbers E.164. Lists are pages: ask again with `next_cursor` as `cursor`, and with `sort`
as a field, or `-` and a field for the other way round; a cursor belongs to its sort. Errors are `application/problem+json`. Any POST may carry an `Idempotency-Key`: within 24 hours the same request under the same
key gets the first answer again. `RateLimit-*` headers tell how much room is left."""
PROBLEM = {
    "title": "Problem",
    "description": "RFC 9457",
    "type": "object",
    "required": ["type", "title", "status", "detail", "request_id"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "request_id": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "message"],
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
}
ERRORS = {"401": "No valid key", "403": "Not allowed", "429": "Too many requests; see Retry-After"}
WITH_ID = {"404": "No such thing in this company"}
CHANGES = {"409": "Not in the state it is in"}
WITH_BODY = {"400": "No valid JSON", "413": "Too large", "415": "Not the type wanted"}
SCHEMES = {
    "key": {"type": "http", "scheme": "bearer", "bearerFormat": "mk_…", "description": "A company's API key"},
    "token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "A person's access token"},
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "__Host-masteria_session",
        "description": "A person's session, for requests that Masteria's own pages send; `masteria_session` without TLS",
    },
}
GOOD = {"200": "Done", "201": "Created", "202": "Accepted, and at work", "204": "Done; there is nothing to say"}
KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "The same key and body within 24 hours: carried out once, answered alike",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
}


def document(app: FastAPI) -> dict[str, Any]:
    """Made once, at the first request."""
    if app.openapi_schema is None:
        app.openapi_schema = _made(app)
    return app.openapi_schema


def _made(app: FastAPI) -> dict[str, Any]:
    found = get_openapi(
        title=app.title,
        version=app.version,
        openapi_version="3.1.0",
        description=DESCRIPTION,
        routes=app.routes,
        servers=[{"url": "/api/v1"}],
    )
    for path, method, operation in operations(found):
        operation["responses"].pop("422", None)
        for status, response in operation["responses"].items():
            response["description"] = GOOD[status]
        for status, words in _errors(path, method).items():
            content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
            operation["responses"][status] = {"description": words, "content": content}
        if method == "post" and operation["security"]:
            operation.setdefault("parameters", []).append(KEY)
    parts = found.setdefault("components", {})
    schemas = parts.setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas["Problem"] = PROBLEM
    parts["securitySchemes"] = SCHEMES
    return found


def operations(found: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every operation of a document: path, method in lower case, and its own part."""
    for path, methods in found["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def _errors(path: str, method: str) -> dict[str, str]:
    errors = {**ERRORS, "422": "A value that cannot be used; `errors` names each field"}
    errors |= WITH_ID if "{" in path else {}
    errors |= CHANGES if method != "get" else {}
    return errors | (WITH_BODY if method in ("post", "patch") else {})
