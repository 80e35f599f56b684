"""What a handler says about who may call it, under `@rx.event`. The guard reads the mark; no mark means nobody."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from masteria.enums import Permission

F = TypeVar("F", bound=Callable[..., Any])
PUBLIC = "public"
SIGNED_IN = "signed in"
MARK = "__masteria_needs__"
RECENT = "__masteria_recent__"


def needs(permission: Permission | None, *, recent: bool = False) -> Callable[[F], F]:
    """Who may call this handler; None: whoever is signed in, for what is their own.

    `recent` is for dangerous acts: unless the session showed within ten minutes who is sitting there, the guard opens the
    dialog of `ui/prove.py` instead, and the very same event goes on once the answer was right. REST has the same word in
    `api/door.py`.
    """

    def mark(handler: F) -> F:
        setattr(handler, MARK, permission or SIGNED_IN)
        setattr(handler, RECENT, recent)
        return handler

    return mark


def public(handler: F) -> F:
    """Anybody may call this handler, signed in or not."""
    setattr(handler, MARK, PUBLIC)
    return handler
