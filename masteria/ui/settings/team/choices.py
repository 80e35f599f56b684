"""Roles as the team's pages offer them: the built-in ones and the company's own, none above the reader's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from masteria.core.access import RANKS, ROLES, Actor
from masteria.enums import Permission, Role
from masteria.kit.ids import parse_id
from masteria.queries.team import RoleRow

LIMITED = (Role.VIEWER, Role.AGENT)


@dataclass
class Choice:
    """`value` is a built-in role or the id of a custom one, which has a `custom` name; `limited` may be held to their own."""

    value: str
    custom: str
    limited: bool


@dataclass
class Option:
    """A person or team to choose."""

    id: str
    name: str


def choices(actor: Actor, own: list[RoleRow]) -> list[Choice]:
    """What the actor may give, from the least to the most, then the company's own by name."""
    built_in = [Choice(role, "", role in LIMITED) for role in RANKS if actor.may_give(ROLES[role])]
    return built_in + [Choice(str(r.id), r.name, r.rank in LIMITED) for r in own if actor.may_give(permissions(r))]


def permissions(row: RoleRow) -> frozenset[Permission]:
    """What a custom role may do."""
    return frozenset(Permission(word) for word in row.permissions)


def as_role(value: str) -> dict[str, Any]:
    """What was chosen, as the actions take it; what is neither is `NotFound`."""
    value = str(value)
    if value in RANKS:
        return {"role": Role(value)}
    return {"custom_role_id": parse_id(value)}
