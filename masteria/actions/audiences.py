"""Whom a campaign reaches: one parametrised query that labels each person as eligible or excluded, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from masteria.core.work import Work
from masteria.enums import CampaignKind
from masteria.kit.errors import Invalid
from masteria.kit.placeholders import PLACEHOLDER, placeholders_in
from masteria.models import Campaign, Template

TEMPLATE_LIMIT, TEXT_LIMIT = 1024, 4096  # characters after filling (Cloud API, message reference)
COLUMNS = {
    "name": "c.name",
    "first_name": "split_part(c.name, ' ', 1)",
    "phone": "c.phone",
    "email": "c.email",
}


@dataclass(frozen=True, slots=True)
class Audience:
    """The query `judged(id, phone, variables, excluded)` and its parameters, for INSERT … SELECT and for counting."""

    sql: str
    values: dict[str, Any]


def placeholders(campaign: Campaign, template: Template | None) -> list[str]:
    """What must be mapped, in order; a header's begin with `header.`."""
    if campaign.kind == CampaignKind.TEMPLATE:
        return list(template.variables) if template else []
    return placeholders_in(campaign.body)


def unmapped(campaign: Campaign, template: Template | None) -> list[str]:
    """Placeholders without a field or a fixed text."""
    mapped = campaign.variables
    return [
        key
        for key in placeholders(campaign, template)
        if not (mapped.get(key, {}).get("field") or mapped.get(key, {}).get("fallback", "").strip())
    ]


def compile_audience(work: Work, campaign: Campaign, template: Template | None) -> Audience:
    """Nothing of the person's own text becomes SQL: fields are looked up here, all else are parameters."""
    people, values = _people(campaign.audience)
    values |= {"company": work.company_id, "connection": campaign.connection_id}
    keys = placeholders(campaign, template)
    variables = _variables(campaign, keys, values)
    text = template.body if template else campaign.body
    values["plain"] = len(PLACEHOLDER.sub("", text))
    values["limit"] = TEMPLATE_LIMIT if template else TEXT_LIMIT
    values["keys"] = PLACEHOLDER.findall(text)  # one that stands twice counts twice
    closed = "" if template else _WINDOW_CLOSED
    return Audience(_JUDGED.format(variables=variables, people=people, closed=closed), values)


def _people(audience: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    try:
        if audience.get("list_id"):
            exists = "exists (select from list_member l where l.contact_id = c.id and l.list_id = :list)"
            return exists, {"list": UUID(str(audience["list_id"]))}
        if audience.get("tag"):
            return "c.tags @> array[cast(:tag as text)]", {"tag": str(audience["tag"])}
        if audience.get("contact_ids"):
            return "c.id = any(cast(:people as uuid[]))", {"people": [UUID(str(i)) for i in audience["contact_ids"]]}
    except ValueError:
        raise Invalid("audience", "not_an_id") from None
    if audience.get("all") is True:
        return "true", {}
    raise Invalid("audience", "missing")


def _variables(campaign: Campaign, keys: list[str], values: dict[str, Any]) -> str:
    """`jsonb_build_object('1', …)`: the field, else the fallback, white space flattened, empty counts as missing."""
    parts = []
    for n, key in enumerate(keys):
        field = campaign.variables.get(key, {}).get("field", "")
        values |= {f"key{n}": key, f"fallback{n}": campaign.variables.get(key, {}).get("fallback", "")}
        if field.startswith("attributes."):
            values[f"attribute{n}"] = field.removeprefix("attributes.")
            source = f"c.attributes ->> cast(:attribute{n} as text)"
        elif field and field not in COLUMNS:
            raise Invalid("variables", "unknown_field", field=field)
        else:
            source = COLUMNS.get(field, "null")
        flat = f"regexp_replace(coalesce(nullif(trim({source}), ''), cast(:fallback{n} as text)), '\\s+', ' ', 'g')"
        parts.append(f"cast(:key{n} as text), nullif(trim({flat}), '')")
    return f"jsonb_build_object({', '.join(parts)})"


_WINDOW_CLOSED = """when not exists (select from conversation v where v.company_id = c.company_id
      and v.contact_id = c.id and v.connection_id = :connection and v.window_expires_at > now()) then 'window_closed'"""
_JUDGED = """with judged as (
  select c.id, c.phone, made.variables, case
    when c.phone is null then 'no_phone'
    when c.consent_whatsapp = 'opted_out' then 'opted_out'
    {closed}
    when made.variables @? '$.* ? (@ == null)' then 'missing_variable'
    when :plain + (select coalesce(sum(length(e.value)), 0) from jsonb_each_text(made.variables) e
      join unnest(cast(:keys as text[])) k(key) using (key)) > :limit then 'too_long'
    end as excluded
  from contact c cross join lateral (select {variables} as variables) made
  where c.company_id = :company and {people})
"""
