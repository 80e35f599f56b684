"""Every REST route is a `Door`: it names its permission, and lets nobody in before it knows who calls. Few are `OpenDoor`s.

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
from masteria.core.access import Actor, Unproven
from masteria.enums import Permission
from masteria.kit.clock import now
from masteria.kit.errors import Forbidden

Handler = Callable[[Request], Coroutine[Any, Any, Response]]
ANYONE_SIGNED_IN = "signed in"
ANYONE = "public"
WAYS_IN = [{"key": []}, {"token": []}, {"session": []}]


class Needs:
    """The mark on a route; it does its work in `Door`, before the body is read."""

    def __init__(self, permission: Permission | None, *, recent: bool = False) -> None:
        self.permission, self.recent = permission, recent

    async def __call__(self) -> None:
        """Nothing is left to do here."""


def needs(permission: Permission | None, *, recent: bool = False) -> Dependency:
    """`dependencies=[needs(Permission.X)]` on every route; None: whoever is signed in.

    `recent` is for dangerous acts: a session must have shown within ten minutes who is sitting there (`POST
    /auth/prove`), else the answer is 403 with the code `proof_needed`. Keys and tokens are not asked.
    """
    return Depends(Needs(permission, recent=recent))


class Door(APIRoute):
    """A route that cannot be made without saying whom it lets in."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        marks = [d.dependency for d in options.get("dependencies") or [] if isinstance(d.dependency, Needs)]
        if len(marks) != 1:
            raise TypeError(f"{path} must name what it needs, once")
        self.permission: Permission | None = marks[0].permission
        self.recent: bool = marks[0].recent
        extra = {"x-permission": self.permission or ANYONE_SIGNED_IN, "security": WAYS_IN}
        options["openapi_extra"] = {**extra, **(options.get("openapi_extra") or {})}
        super().__init__(path, endpoint, **options)

    def get_route_handler(self) -> Handler:
        inner = super().get_route_handler()

        async def handle(request: Request) -> Response:
            actor = await callers.find(request)
            request.state.actor = actor
            try:
                if self.permission is not None:
                    actor.require(self.permission)
                if self.recent and not actor.is_proven(now()):
                    raise Unproven(str(self.permission or ""))
                return await _answer(request, self, actor, inner)
            except Forbidden as error:
                await callers.refuse(request, actor, str(error))
                raise

        return handle


class OpenDoor(APIRoute):
    """A route for whoever has no key yet: counted by address alone, it checks by itself what it is given."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        options["openapi_extra"] = {"x-permission": ANYONE, "security": []}
        super().__init__(path, endpoint, **options)

    def get_route_handler(self) -> Handler:
        inner = super().get_route_handler()

        async def handle(request: Request) -> Response:
            await callers.count_address(request)
            _check_type(request, self)
            return await inner(request)

        return handle


async def _answer(request: Request, door: Door, actor: Actor, inner: Handler) -> Response:
    _check_type(request, door)
    key = request.headers.get(repeats.HEADER)
    if request.method == "POST" and key is not None:
        return await repeats.once(request, actor, key, inner)
    return await inner(request)


def _check_type(request: Request, door: APIRoute) -> None:
    """A body that is neither JSON nor the form a route wants is refused by its type, not field by field."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if door.body_field is not None and kind:
        wants_form = (door.openapi_extra or {}).get("x-upload", False)
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


def router(tag: str, kind: type[APIRoute] = Door) -> APIRouter:
    """The routes of one resource."""
    return APIRouter(route_class=kind, tags=[tag], strict_content_type=False)


def doors_of(found: APIRouter, prefix: str) -> list[ApiDoor]:
    """What each of its routes asks for."""
    return [
        ApiDoor(method, prefix + route.path, (route.openapi_extra or {})["x-permission"])
        for route in found.routes
        if isinstance(route, Door | OpenDoor)
        for method in sorted(route.methods or ())
    ]
