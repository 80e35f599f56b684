"""What a handler says about who may call it, under `@rx.event`. The guard reads the mark; no mark means nobody."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from masteria.enums import Permission

F = TypeVar("F", bound=Callable[..., Any])
PUBLIC = "public"
SIGNED_IN = "signed in"
MARK = "__masteria_needs__"


def needs(permission: Permission | None) -> Callable[[F], F]:
    """Who may call this handler; None: whoever is signed in, for what is their own."""

    def mark(handler: F) -> F:
        setattr(handler, MARK, permission or SIGNED_IN)
        return handler

    return mark


def public(handler: F) -> F:
    """Anybody may call this handler, signed in or not."""
    setattr(handler, MARK, PUBLIC)
    return handler
