"""What a key may, in words: `Contatos: ler e alterar`, not `contacts:write`."""

from __future__ import annotations

from collections.abc import Iterable

from masteria.core.access import GIVABLE, permissions_of
from masteria.enums import Permission
from masteria.ui.texts import tr

# the parts of the product that a key may be let into, and what it may do there
AREAS: dict[str, tuple[str, ...]] = {
    "contacts": ("read", "write"),
    "conversations": ("read", "write"),
    "messages": ("read", "send"),
    "campaigns": ("read", "write"),
    "templates": ("read", "write"),
    "connections": ("read", "write"),
    "members": ("read", "write"),
    "audit": ("read",),
}
SCOPES = tuple(f"{area}:{verb}" for area, verbs in AREAS.items() for verb in verbs)


def scope_words(language: str, scopes: Iterable[str]) -> list[str]:
    """One line for each part of the product; whoever may administer may everything."""
    found = permissions_of(list(scopes))
    if found == GIVABLE:
        return [tr(language, "keys.everything")]
    lines = [(area, [verb for verb in verbs if f"{area}:{verb}" in found]) for area, verbs in AREAS.items()]
    told = [line(language, area, verbs) for area, verbs in lines if verbs]
    return [*told, tr(language, "keys.administer")] if Permission.ADMIN in found else told


def line(language: str, area: str, verbs: list[str]) -> str:
    """`Contatos: ler e alterar`."""
    told = f" {tr(language, 'keys.and')} ".join(tr(language, f"keys.may.{verb}") for verb in verbs)
    return f"{tr(language, f'keys.area.{area}')}: {told}"
