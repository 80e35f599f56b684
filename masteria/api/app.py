"""The HTTP application in front of Reflex: REST with its documents, webhooks, sign-in, files, health, metrics."""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse
from starlette.routing import Route

from masteria.api import auth, files, health, hooks, problems
from masteria.api.docs import docs_page
from masteria.api.idempotency import Idempotency
from masteria.api.resources import campaigns, company, connections, contacts, conversations

PREFIX = "/api/v1"
RESOURCES = (company, connections, contacts, campaigns, conversations)


def build() -> FastAPI:
    """Everything that is not a screen. The REST part is an application of its own, so its errors are its own too."""
    front = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    for route in (*auth.routes, *files.routes, *health.routes, *hooks.routes):
        front.router.routes.append(route)
    front.mount(PREFIX, Idempotency(rest()))
    return front


def rest() -> FastAPI:
    """The REST API under `/api/v1`."""
    app = FastAPI(
        title="Masteria",
        version="1",
        description="WhatsApp and SMS mass messaging. Errors are RFC 9457 problem documents.",
        openapi_url="/openapi.json",
        docs_url=None,
        redoc_url=None,
        servers=[{"url": PREFIX}],
    )
    for resource in RESOURCES:
        app.include_router(resource.router)

    async def docs(_request: Request) -> HTMLResponse:
        return HTMLResponse(docs_page(app.openapi()))

    app.router.routes.append(Route("/docs", docs, methods=["GET"]))
    problems.install(app)
    return app
