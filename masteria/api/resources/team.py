"""The company's people."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from masteria.api.door import Caller, needs, router
from masteria.api.shapes import Cursor, Limit, Listed, Search, Shape, listed, sorted_by
from masteria.core.work import work_as
from masteria.enums import Permission, Role
from masteria.queries import settings as found

routes = router("team")
MemberSort = Annotated[str, sorted_by(found.MEMBER_SORTS)]


class Member(Shape):
    id: UUID
    name: str
    email: str
    role: Role


@routes.get("/members", dependencies=[needs(Permission.ADMIN)])
def list_members(
    caller: Caller,
    limit: Limit = 50,
    cursor: Cursor = None,
    sort: MemberSort = found.MEMBER_SORTS.usual,
    q: Search = "",
) -> Listed[Member]:
    """Everybody who can sign in, or those with `q` in their name or address."""
    with work_as(caller) as work:
        return listed(Member.model_validate, found.members(work, q=q, sort=sort, cursor=cursor, limit=limit))
