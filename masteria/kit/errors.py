"""The five errors of the house. Raised low, turned into words at three doors: screen, API, worker."""

from __future__ import annotations


class MasteriaError(Exception):
    """The common parent, so that a door can tell an expected error from a fault."""


class NotFound(MasteriaError):
    """No such thing in this company. Another company's row is this too, never `Forbidden`."""


class Forbidden(MasteriaError):
    """The actor's role or key does not allow it."""


class Conflict(MasteriaError):
    """The row's state does not allow it now; `reason` is a short code the doors have words for."""

    def __init__(self, reason: str, /, **details: object) -> None:
        super().__init__(reason)
        self.reason = reason
        self.details = details


class Invalid(MasteriaError):
    """A value that cannot be used: `field` names it, `reason` is a code or a plain sentence."""

    def __init__(self, field: str, reason: str, /, **details: object) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason
        self.details = details


class OutsideError(MasteriaError):
    """A vendor refused or could not be reached."""

    def __init__(
        self,
        reason: str,
        *,
        permanent: bool,
        code: int = 0,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.permanent = permanent
        self.code = code
        self.retry_after = retry_after
