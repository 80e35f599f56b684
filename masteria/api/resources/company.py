"""The caller, the company's people and its keys."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import Field

from masteria.actions import accounts
from masteria.api.doors import Needs, WorkRoute, caller
from masteria.api.resources.shapes import Body, plain, rows
from masteria.core.access import Actor
from masteria.core.work import Work
from masteria.enums import Permission
from masteria.queries import settings as queries

router = APIRouter(route_class=WorkRoute, tags=["company"])
Admin = Annotated[Work, Needs(Permission.ADMIN)]


class NewKey(Body):
    name: str = Field(min_length=2, max_length=120)
    scopes: list[str] = Field(min_length=1, max_length=50)
    expires_in_days: int | None = Field(None, ge=1, le=3650)


@router.get("/me")
def me(actor: Annotated[Actor, Depends(caller)]) -> dict[str, Any]:
    """Who this key or session is, and what it may do."""
    kind = "api_key" if actor.api_key_id else "user"
    who = {"id": plain(actor.api_key_id or actor.person_id), "name": actor.name, "email": actor.email or None}
    company = {"id": str(actor.company_id), "name": actor.company_name}
    return {kind: who, "company": company, "role": plain(actor.role), "scopes": sorted(map(str, actor.permissions))}


@router.get("/members")
def list_members(work: Admin) -> dict[str, Any]:
    return rows(queries.members(work))


@router.get("/api-keys")
def list_keys(work: Admin) -> dict[str, Any]:
    return rows(queries.api_keys(work))


@router.post("/api-keys", status_code=201)
def create_key(work: Admin, body: NewKey) -> dict[str, Any]:
    """The key's text is in this answer and nowhere else."""
    return plain(accounts.create_api_key(work, body.name, body.scopes, days=body.expires_in_days))


@router.delete("/api-keys/{key_id}", status_code=204)
def revoke_key(work: Admin, key_id: UUID) -> None:
    accounts.revoke_api_key(work, key_id)
