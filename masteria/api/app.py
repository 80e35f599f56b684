"""The HTTP application in front of Reflex: REST under /api/v1, webhooks, sign-in, files, health, metrics."""

from __future__ import annotations

from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Mount, Route

from masteria.api import account, auth, files, health, hooks, joining, oauth, recovery, second_step, support
from masteria.api.callers import Limits
from masteria.api.docs import page
from masteria.api.document import document
from masteria.api.door import ApiDoor, doors_of
from masteria.api.frame import Frame, Inside
from masteria.api.problems import HANDLERS
from masteria.api.resources import (
    audit,
    campaigns,
    company,
    connections,
    contacts,
    conversations,
    events,
    imports,
    keys,
    lists,
    me,
    members,
    recipients,
    roles,
    sessions,
    templates,
    tokens,
)

PREFIX = "/api/v1"
MAX_BODY = 1024 * 1024
RESOURCES = (
    tokens,
    me,
    connections,
    contacts,
    lists,
    imports,
    templates,
    campaigns,
    recipients,
    conversations,
    members,
    roles,
    company,
    keys,
    sessions,
    audit,
    events,
)
# routes beside the REST API, and what each checks by itself
BESIDE = (
    (auth.routes, "public"),
    (joining.routes, "public"),
    (recovery.routes, "public"),
    (support.routes, "installation"),
    (account.routes, "session"),
    (oauth.routes, "public"),
    (second_step.routes, "public"),
    (files.routes, "session"),
    (health.routes, "public"),
    (health.measured, "token or this machine"),
    (hooks.routes, "signature"),
)


def build(limits: Limits | None = None) -> Starlette:
    """The app that stands in front of the screens; without limits named, the usual ones hold."""
    beside = [route for routes, _ in BESIDE for route in routes]
    framed = Frame(rest(limits or Limits()))
    short = [Route(path, Inside(framed, PREFIX), methods=["POST"]) for path in tokens.PATHS]
    return Starlette(routes=[Mount(PREFIX, framed), *short, *beside])


def rest(limits: Limits) -> FastAPI:
    """The REST API alone."""
    app = FastAPI(
        title="Masteria API",
        version="1",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        max_body_size=MAX_BODY,
        exception_handlers=HANDLERS,
        generate_unique_id_function=_operation_id,
    )
    app.state.limits = limits
    for resource in RESOURCES:
        app.include_router(resource.routes)
    app.add_route("/openapi.json", _document, methods=["GET"], include_in_schema=False)
    app.add_route("/docs", _docs, methods=["GET"], include_in_schema=False)
    return app


def api_doors() -> list[ApiDoor]:
    """Every HTTP route of ours with what it asks for: a permission, or the word for another check."""
    found = [door for resource in RESOURCES for door in doors_of(resource.routes, PREFIX)]
    found += [ApiDoor("GET", f"{PREFIX}{path}", "public") for path in ("/openapi.json", "/docs")]
    found += [ApiDoor("POST", path, "public") for path in tokens.PATHS]
    found += [
        ApiDoor(method, route.path, check)
        for routes, check in BESIDE
        for route in routes
        for method in sorted((route.methods or set()) - {"HEAD"})
    ]
    return found


async def _document(request: Request) -> Response:
    return JSONResponse(document(request.app))


async def _docs(request: Request) -> Response:
    return HTMLResponse(page(document(request.app)))


def _operation_id(route: APIRoute) -> str:
    return f"{route.tags[0] if route.tags else 'api'}_{route.name}".replace("-", "_")
