"""Who calls the API, and may they: bearer keys, or a person's session from our own pages; limits per key, company, address."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import wraps
from typing import Annotated, Any, get_args

from fastapi import Depends, HTTPException, Request, Response
from fastapi.routing import APIRoute

from masteria.actions import accounts
from masteria.api.auth import same_origin, session_token
from masteria.api.problems import request_id
from masteria.core import limits
from masteria.core.access import Actor
from masteria.core.work import work_as
from masteria.enums import Permission
from masteria.kit.errors import Forbidden

PER_KEY, PER_COMPANY, PER_ADDRESS = 600, 1200, 1200  # a minute
REFUSED_PER_ADDRESS = 60  # wrong keys a minute before an address is not even looked at


def caller(request: Request, response: Response) -> Actor:
    """The actor of this request; 401 without a right key, 429 over a limit."""
    address = request.client.host if request.client else ""
    found = identify(request)
    if found is None:
        _limit(response, f"refused:{address}", REFUSED_PER_ADDRESS)
        raise HTTPException(
            401, "A right API key is needed: Authorization: Bearer mk_…", {"WWW-Authenticate": "Bearer"}
        )
    _limit(response, f"address:{address}", PER_ADDRESS)
    _limit(response, f"company:{found.company_id}", PER_COMPANY)
    _limit(response, f"caller:{found.api_key_id or found.session_id}", PER_KEY)
    return replace(found, request_id=request_id(request), ip=address)


@dataclass(frozen=True, slots=True)
class Needs:
    """Marks a route's `work` parameter: `Annotated[Work, Needs(permission)]`."""

    permission: Permission


class WorkRoute(APIRoute):
    """Opens the route's `work` around it, in the thread that runs it: commit, announcements and bells come before the answer.

    A dependency with `yield` would open and close it in other threads, where sealed columns know no company.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        super().__init__(path, _with_work(endpoint), **options)


def may(permission: Permission) -> Callable[..., Actor]:
    """A dependency for flows, which open their own transactions: only the actor."""

    def allowed(actor: Annotated[Actor, Depends(caller)]) -> Actor:
        if not actor.may(permission):
            raise Forbidden(permission)
        return actor

    allowed.permission = permission  # pyright: ignore[reportFunctionMemberAccess]
    return allowed


def permission_of(route: Any) -> str | None:
    """The permission a route asks for, `any` for any right key, None for a forgotten one."""
    calls = [d.call for d in route.dependant.dependencies]
    marked = [c.permission for c in calls if hasattr(c, "permission")]
    return str(marked[0]) if marked else "any" if caller in calls else None


def identify(request: Request) -> Actor | None:
    """Who the request is from: a key, or the session of one of our own pages; None for nobody."""
    kind, _, key = request.headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer" and key.startswith(accounts.KEY_PREFIX):
        return accounts.find_key_actor(key.strip())
    if kind:
        return None
    token = session_token(request)
    return accounts.find_actor(token) if token and same_origin(request) else None


def _with_work(endpoint: Callable[..., Any]) -> Callable[..., Any]:
    signature = inspect.signature(endpoint, eval_str=True)
    parameter = signature.parameters.get("work")
    if parameter is None:
        return endpoint
    (marked,) = [m for m in get_args(parameter.annotation) if isinstance(m, Needs)]

    @wraps(endpoint)
    def opened(**values: Any) -> Any:
        with work_as(values.pop("work")) as work:
            return endpoint(work=work, **values)

    actor = parameter.replace(annotation=Annotated[Actor, Depends(may(marked.permission))])
    rest = [p if p.name != "work" else actor for p in signature.parameters.values()]
    opened.__signature__ = signature.replace(parameters=rest)  # pyright: ignore[reportAttributeAccessIssue]
    return opened


def _limit(response: Response, key: str, count: int) -> None:
    found = limits.ask(f"api:{key}", count, 60)
    seconds = str(max(1, -(-found.wait_ms // 1000)))
    headers = {"RateLimit-Limit": str(count), "RateLimit-Remaining": str(found.remaining), "RateLimit-Reset": seconds}
    if not found.allowed:
        raise HTTPException(429, "Too many requests.", {**headers, "Retry-After": seconds})
    response.headers.update(headers)
