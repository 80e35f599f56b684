"""The only place that asks the time."""

from datetime import UTC, datetime


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)


def spoken(moment: datetime) -> str:
    """As mail says it, to people whose zone nobody knows: `2026-11-24 14:05 UTC`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
