"""What the installation's pages say of levels, quotas, and of what was done."""

from __future__ import annotations

from typing import Any

from masteria.enums import Feature, Level, Quota
from masteria.queries.installation import ActRow, CompanyRow
from masteria.ui.texts import tr

LEVELS = tuple(Level)
FEATURES = tuple(Feature)
QUOTAS: dict[Quota, str] = {
    Quota.MEMBERS: "max_members",
    Quota.CONNECTIONS: "max_connections",
    Quota.CONTACTS: "max_contacts",
    Quota.MESSAGES: "max_messages_per_month",
}
_QUOTA_OF = {column: quota for quota, column in QUOTAS.items()}


def state_of(row: CompanyRow) -> str:
    """In one word."""
    if row.deletion_asked_at:
        return "deleting"
    return "suspended" if row.suspended_at else "open"


def limits_of(row: CompanyRow, language: str) -> list[str]:
    """What is not there in full."""
    return [
        f"{tr(language, f'feature.{feature}')}: {tr(language, f'level.{row.levels[feature]}')}"
        for feature in FEATURES
        if feature in row.levels
    ]


def act_line(row: ActRow, language: str) -> str:
    """What changed, from what to what, and why: nothing where the act says it all."""
    parts = [_part(name, value, language) for name, value in row.details.items()]
    return " · ".join(part for part in parts if part)


def _part(name: str, value: Any, language: str) -> str:
    if name in ("reason", "change_reason", "suspended_reason"):
        text = value[1] if isinstance(value, list) else value
        return tr(language, "admin.why", reason=text) if text and text != "None" else ""
    if name in ("owner", "slug"):
        return str(value)
    if name == "sessions":
        return tr(language, "admin.devices", count=value)
    if not isinstance(value, list):
        return ""
    if name in _QUOTA_OF:
        old, new = (tr(language, "quota.none") if each == "None" else each for each in value)
        return f"{tr(language, f'quota.{_QUOTA_OF[name]}')}: {old} → {new}"
    if name in set(Feature):
        old, new = (tr(language, f"level.{each}") for each in value)
        return f"{tr(language, f'feature.{name}')}: {old} → {new}"
    return ""
