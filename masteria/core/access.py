"""Who acts, and what each role may do. The one permission table of the product."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from masteria.enums import Permission, Role

P = Permission

_VIEWER = frozenset(
    {
        P.READ_CONTACTS,
        P.READ_MESSAGES,
        P.READ_CAMPAIGNS,
        P.READ_CONVERSATIONS,
        P.READ_TEMPLATES,
        P.READ_CONNECTIONS,
    }
)
_AGENT = _VIEWER | {P.EDIT_CONTACTS, P.SEND_MESSAGES, P.EDIT_CONVERSATIONS}
_ADMIN = frozenset(P)

ROLES: dict[Role, frozenset[Permission]] = {
    Role.VIEWER: _VIEWER,
    Role.AGENT: _AGENT,
    Role.ADMIN: _ADMIN,
    Role.OWNER: _ADMIN,
}


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody or something acting for one company. Made from a session, a key or a job; never from the browser."""

    company_id: UUID
    kind: str
    name: str
    permissions: frozenset[Permission]
    role: Role | None = None
    person_id: UUID | None = None
    session_id: UUID | None = None
    api_key_id: UUID | None = None
    email: str = ""
    company_name: str = ""
    language: str = "pt_BR"
    timezone: str = "America/Sao_Paulo"
    request_id: str = ""
    ip: str = ""

    @classmethod
    def system(cls, company_id: UUID) -> Actor:
        """The product itself, in a job of this company."""
        return cls(company_id, "system", "Masteria", frozenset(Permission))

    def may(self, permission: Permission) -> bool:
        return permission in self.permissions


def permissions_of(scopes: list[str]) -> frozenset[Permission]:
    """What an API key's scopes allow: `contacts:*` is all of contacts, `contacts:write` may also read, `admin` is all."""
    if P.ADMIN in scopes:
        return _ADMIN
    wanted = {*scopes, *(f"{s.removesuffix(':write')}:read" for s in scopes if s.endswith(":write"))}
    return frozenset(p for p in P if p in wanted or f"{p.partition(':')[0]}:*" in wanted)


def known_scopes() -> frozenset[str]:
    """Every scope a key may carry."""
    return frozenset(P) | {f"{p.partition(':')[0]}:*" for p in P if ":" in p}
