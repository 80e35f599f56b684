"""Every REST route is a `Door`: it names its permission, and lets nobody in before it knows who calls.

The order matters: limits, caller, permission, then `Idempotency-Key`, and only then the body is read.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.params import Depends as Dependency
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from masteria.api import callers, repeats
from masteria.core.access import Actor
from masteria.enums import Permission

Handler = Callable[[Request], Coroutine[Any, Any, Response]]
ANYONE_SIGNED_IN = "signed in"


class Needs:
    """The mark on a route; it does its work in `Door`, before the body is read."""

    def __init__(self, permission: Permission | None) -> None:
        self.permission = permission

    async def __call__(self) -> None:
        """Nothing is left to do here."""


def needs(permission: Permission | None) -> Dependency:
    """`dependencies=[needs(Permission.X)]` on every route; None: whoever is signed in."""
    return Depends(Needs(permission))


class Door(APIRoute):
    """A route that cannot be made without saying whom it lets in."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        marks = [d.dependency for d in options.get("dependencies") or [] if isinstance(d.dependency, Needs)]
        if len(marks) != 1:
            raise TypeError(f"{path} must name what it needs, once")
        self.permission: Permission | None = marks[0].permission
        extra = {"x-permission": self.permission or ANYONE_SIGNED_IN, "security": [{"key": []}]}
        options["openapi_extra"] = {**extra, **(options.get("openapi_extra") or {})}
        super().__init__(path, endpoint, **options)

    def get_route_handler(self) -> Handler:
        inner = super().get_route_handler()

        async def handle(request: Request) -> Response:
            actor = await callers.find(request)
            if self.permission is not None:
                actor.require(self.permission)
            request.state.actor = actor
            self._check_type(request)
            key = request.headers.get(repeats.HEADER)
            if request.method == "POST" and key is not None:
                return await repeats.once(request, actor, key, inner)
            return await inner(request)

        return handle

    def _check_type(self, request: Request) -> None:
        """A body that is neither JSON nor the form a route wants is refused by its type, not field by field."""
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if self.body_field is None or not kind:
            return
        wants_form = request.scope["route"].openapi_extra.get("x-upload", False)
        right = kind == "multipart/form-data" if wants_form else kind == "application/json" or kind.endswith("+json")
        if not right:
            raise HTTPException(415, f"Send {'multipart/form-data' if wants_form else 'application/json'}.")


async def _caller(request: Request) -> Actor:
    return request.state.actor


Caller = Annotated[Actor, Depends(_caller)]


@dataclass(frozen=True, slots=True)
class ApiDoor:
    """One route with what it asks for; `needs` is a permission, or the word for another check."""

    method: str
    path: str
    needs: str


def router(tag: str) -> APIRouter:
    """The routes of one resource."""
    return APIRouter(route_class=Door, tags=[tag], strict_content_type=False)


def doors_of(found: APIRouter, prefix: str) -> list[ApiDoor]:
    """What each of its routes asks for."""
    return [
        ApiDoor(method, prefix + route.path, str(route.permission or ANYONE_SIGNED_IN))
        for route in found.routes
        if isinstance(route, Door)
        for method in sorted(route.methods or ())
    ]
