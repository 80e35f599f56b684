"""The HTTP application in front of Reflex: REST, webhooks, sign-in, files, health, metrics."""

from __future__ import annotations

from fastapi import FastAPI

from masteria.api import auth, files, health, hooks


def build() -> FastAPI:
    """Everything that is not a screen."""
    app = FastAPI(title="Masteria", version="0.1.0", docs_url=None, redoc_url=None, openapi_url=None)
    for route in (*auth.routes, *files.routes, *health.routes, *hooks.routes):
        app.router.routes.append(route)
    return app
