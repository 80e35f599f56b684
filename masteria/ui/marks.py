"""What a handler says about who may call it, under `@rx.event`. The guard reads the mark; no mark means nobody."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from masteria.enums import Permission

F = TypeVar("F", bound=Callable[..., Any])
PUBLIC = "public"
MARK = "__masteria_needs__"


def needs(permission: Permission) -> Callable[[F], F]:
    """Who may call this handler."""

    def mark(handler: F) -> F:
        setattr(handler, MARK, permission)
        return handler

    return mark


def public(handler: F) -> F:
    """Anybody may call this handler, signed in or not."""
    setattr(handler, MARK, PUBLIC)
    return handler
