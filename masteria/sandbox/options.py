"""How the sandbox behaves. Each field may change while it runs, by `POST /_sandbox/options`."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, cast

from masteria.sandbox.errors import GraphError

AT_START = ("callback", "data", "seed")


@dataclass
class SandboxOptions:
    """Times are seconds, chances 0 to 1, ranges (low, high). `callback`, `data` and `seed` count at the start only."""

    callback: str = ""
    """Where the webhooks of the sample number go."""
    data: Path | None = None
    """A file that keeps phones, templates and numbers between starts."""
    seed: int = 7

    latency: tuple[float, float] = (0.05, 0.15)
    rate: float = 0.0
    """Messages a second a number may send, with a second's burst (130429 above it); 0 for no limit."""
    pair_limit: bool = False
    """One message in 6 s to one person, 45 in advance (131056 above it)."""
    window_check: bool = True
    """Free-form messages fail with 131047 unless the person wrote within 24 hours."""
    marketing_cap: int = 0
    """Marketing templates one person takes, then 131049; 0 for no cap."""
    magic: bool = True
    """Whether the last four digits of a number choose an outcome."""

    statuses: bool = True
    hold_statuses: bool = False
    """Statuses wait for `POST /_sandbox/release`."""
    status_delay: tuple[float, float] = (0.2, 2.0)
    read_chance: float = 0.7
    skip_delivered: float = 0.0
    disorder: float = 0.0
    duplicates: float = 0.0
    wrong_signature: float = 0.0
    retry_scale: float = 1.0
    """Stretches or shrinks the gaps between tries of a webhook."""
    review_delay: float = 2.0

    refuse: int = 0
    """Every message is refused with this code; 0 for none."""
    retry_after: int = 0
    """And then with HTTP status 429 and so many seconds in `Retry-After`."""
    error_chance: float = 0.0
    """Taken, but answered with 131000."""
    silent_chance: float = 0.0
    """Taken, but never answered."""
    usage: int = 0
    """The percentage in the usage headers; from 100 on, everything but sending is refused with 80007."""

    living: bool = False
    living_gap: float = 4.0
    """At least so long between two answers that customers give by themselves."""
    keep_phones: bool = True

    def change(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """Set fields by name; `GraphError` names what does not fit. Returns all of them."""
        kinds = {f.name: f for f in fields(self)}
        for name, value in wanted.items():
            if name not in kinds or name in AT_START:
                raise GraphError(100, f"There is no option {name} to change.")
            if not _fits(getattr(self, name), value):
                raise GraphError(100, f"Option {name} cannot be {value!r}.")
        for name, value in wanted.items():
            setattr(self, name, tuple(cast(list[float], value)) if isinstance(value, list) else value)
        return self.shown()

    def shown(self) -> dict[str, Any]:
        found = asdict(self)
        return {**found, "data": str(self.data) if self.data else None}


def _fits(now: Any, wanted: Any) -> bool:
    if isinstance(now, bool):
        return isinstance(wanted, bool)
    if isinstance(now, tuple):
        found = cast(list[Any], wanted) if isinstance(wanted, list) else []
        return len(found) == 2 and all(_is_time(v) for v in found)
    return _is_time(wanted)


def _is_time(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0
