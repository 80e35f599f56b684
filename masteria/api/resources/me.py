"""Who the caller is."""

from __future__ import annotations

from uuid import UUID

from masteria.api.door import Caller, needs, router
from masteria.api.shapes import Shape

routes = router("me")


class Named(Shape):
    id: UUID | None
    name: str


class Person(Named):
    email: str


class Me(Shape):
    """`user` for a person's session, `api_key` for a key."""

    user: Person | None
    api_key: Named | None
    company: Named
    role: str | None
    scopes: list[str]


@routes.get("/me", dependencies=[needs(None)])
def me(caller: Caller) -> Me:
    """Who you are, for which company, and what you may do."""
    return Me(
        user=Person(id=caller.person_id, name=caller.name, email=caller.email) if caller.person_id else None,
        api_key=Named(id=caller.api_key_id, name=caller.name) if caller.api_key_id else None,
        company=Named(id=caller.company_id, name=caller.company_name),
        role=caller.role,
        scopes=sorted(caller.permissions),
    )
