"""Who acts, and what each role may do. The one permission table of the product."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from masteria.enums import Feature, Level, Permission, Role
from masteria.kit.errors import Forbidden

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
_SUPERVISOR = _AGENT | {P.EDIT_CAMPAIGNS, P.EDIT_TEMPLATES, P.READ_MEMBERS}
_OWNER = frozenset(P) - {P.OPERATE}
_ADMIN = _OWNER - {P.OWN_COMPANY}

ROLES: dict[Role, frozenset[Permission]] = {
    Role.VIEWER: _VIEWER,
    Role.AGENT: _AGENT,
    Role.SUPERVISOR: _SUPERVISOR,
    Role.ADMIN: _ADMIN,
    Role.OWNER: _OWNER,
}
RANKS = tuple(ROLES)  # from the least to the most; nobody gives a role above their own
GIVABLE = _ADMIN  # what a role of a company's own making, or a key, may be given
# what the installation's people may in somebody else's company, looking or helping: never its people, keys or secrets
LOOKING = _VIEWER | {P.READ_MEMBERS, P.READ_AUDIT}
HELPING = _SUPERVISOR | {P.READ_AUDIT}
# what changes something, by feature: gone where the installation lets a company only read
WRITES: dict[Feature, frozenset[Permission]] = {
    Feature.CONTACTS: frozenset({P.EDIT_CONTACTS}),
    Feature.CONVERSATIONS: frozenset({P.EDIT_CONVERSATIONS, P.SEND_MESSAGES}),
    Feature.CAMPAIGNS: frozenset({P.EDIT_CAMPAIGNS}),
    Feature.TEMPLATES: frozenset({P.EDIT_TEMPLATES}),
    Feature.CONNECTIONS: frozenset({P.EDIT_CONNECTIONS}),
    Feature.API: frozenset(),
}
# what somebody whose address is not confirmed may do: look
READS = frozenset(permission for permission in P if permission.endswith(":read"))


PROVEN_FOR = timedelta(minutes=10)


class Unenrolled(Forbidden):
    """The company asks for a second step, and the person has none yet: until then nothing but their own account."""


class Unproven(Forbidden):
    """The role allows it, but this is dangerous, and the person showed too long ago who they are."""


class Unverified(Forbidden):
    """The role would allow it, but the person has not confirmed their address yet."""


class Suspended(Forbidden):
    """The installation has closed the company for a while; `reason` is what it says about that."""

    def __init__(self, company: str, reason: str) -> None:
        super().__init__("suspended")
        self.company = company
        self.reason = reason


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
    member_id: UUID | None = None
    own_only: bool = False
    is_support: bool = False
    proven_at: datetime | None = None
    levels: Mapping[str, str] | None = None
    is_verified: bool = True
    must_enrol: bool = False

    @classmethod
    def system(cls, company_id: UUID) -> Actor:
        """The product itself, in a job of this company."""
        return cls(company_id, "system", "Masteria", _OWNER)

    def may(self, permission: Permission) -> bool:
        return permission in self.permissions

    def require(self, permission: Permission) -> None:
        """Raise `Forbidden` unless the actor may."""
        if self.may(permission):
            return
        if self.must_enrol:
            raise Unenrolled(str(permission))
        raise Forbidden(str(permission)) if self.is_verified else Unverified(str(permission))

    def is_proven(self, moment: datetime) -> bool:
        """Whether the person showed who they are a short while ago. Programs are not asked: they have nothing to show."""
        if self.session_id is None:
            return True
        return self.proven_at is not None and moment - self.proven_at < PROVEN_FOR

    def may_give(self, given: frozenset[Permission]) -> bool:
        """Whether a role with these may be handed on: nobody gives more than they have, in rank or in rights."""
        is_above = self.role is not None and RANKS.index(rank_of(given)) > RANKS.index(self.role)
        return not is_above and within(given, self.levels) <= self.permissions

    def level(self, feature: Feature) -> Level:
        """How much of a feature the company has."""
        return Level((self.levels or {}).get(feature, Level.FULL))

    def only_reads(self, permission: str) -> bool:
        """Whether it is the installation that lets the company only read here, whatever the role says."""
        return any(permission in WRITES[f] and self.level(f) is Level.READ_ONLY for f in Feature)


def rights(
    role: Role, *, custom: Iterable[str] | None = None, levels: Mapping[str, str] | None = None, operates: bool = False
) -> frozenset[Permission]:
    """What a member may: by the role or the company's own role, less what the installation lets the company only read."""
    given = ROLES[role] if custom is None else frozenset(Permission(word) for word in custom) & GIVABLE
    return within(given, levels) | ({P.OPERATE} if operates else frozenset())


def within(given: frozenset[Permission], levels: Mapping[str, str] | None) -> frozenset[Permission]:
    """These permissions without those of features that a company may only read."""
    for feature, level in (levels or {}).items():
        if level == Level.READ_ONLY:
            given = given - WRITES[Feature(feature)]
    return given


def rank_of(given: frozenset[Permission]) -> Role:
    """The least role that may do all of this: the rank of a company's own role."""
    return next(role for role, may in ROLES.items() if given <= may)


def with_reading(given: Iterable[Permission]) -> frozenset[Permission]:
    """Nobody changes what they cannot see: each `…:write` brings its `…:read`, answering brings reading."""
    found = set(given)
    found |= {Permission(p.replace(":write", ":read")) for p in found if p.endswith(":write")}
    if found & {P.SEND_MESSAGES, P.READ_CONVERSATIONS}:
        found |= {P.READ_MESSAGES, P.READ_CONVERSATIONS}
    return frozenset(found)


def of_key(given: frozenset[Permission], levels: Mapping[str, str] | None) -> frozenset[Permission]:
    """The same for a program; where the company may only read over the API, no key changes anything."""
    given = within(given, levels)
    reads_only = (levels or {}).get(Feature.API) == Level.READ_ONLY
    return frozenset(p for p in given if p.endswith(":read")) if reads_only else given


def permissions_of(scopes: list[str]) -> frozenset[Permission]:
    """What an API key's scopes allow: `contacts:*` is all of contacts, `contacts:write` may also read, `admin` is all."""
    if P.ADMIN in scopes:
        return GIVABLE
    wanted = {*scopes, *(f"{s.removesuffix(':write')}:read" for s in scopes if s.endswith(":write"))}
    return frozenset(p for p in GIVABLE if p in wanted or f"{p.partition(':')[0]}:*" in wanted)


def known_scopes() -> frozenset[str]:
    """Every scope a key may carry."""
    return frozenset(GIVABLE) | {f"{p.partition(':')[0]}:*" for p in GIVABLE if ":" in p}
