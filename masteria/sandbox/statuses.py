"""The shapes that webhooks carry: statuses, people, and Meta's decisions on templates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from masteria.sandbox.errors import status_errors
from masteria.sandbox.outcomes import Outcome
from masteria.sandbox.world import Number, World

Bubble = dict[str, Any]


@dataclass(slots=True, frozen=True)
class Sent:
    """A message that was taken. `category` is the price's: marketing, utility, authentication or service."""

    number: Number
    wa_id: str
    wamid: str
    echo: str
    kind: str
    category: str
    bubble: Bubble
    outcome: Outcome


@dataclass(slots=True, frozen=True)
class Status:
    """One status still to be told; `at` is when it happened, which may be before it is told."""

    sent: Sent
    step: str
    at: float
    code: int = 0
    priced: bool = False


def contact(world: World, wa_id: str, name: str, outcome: Outcome) -> dict[str, Any]:
    """A person as `contacts[]` shows them."""
    found: dict[str, Any] = {"wa_id": wa_id, "user_id": world.user_id(wa_id)}
    profile = {"name": name} if name else {}
    if outcome.username:
        profile["username"] = outcome.username
    if profile:
        found["profile"] = profile
    if outcome.hides_phone:
        del found["wa_id"]
    return found


def status_item(world: World, status: Status) -> dict[str, Any]:
    """One item of `statuses[]`."""
    sent = status.sent
    found: dict[str, Any] = {"id": sent.wamid, "status": status.step, "timestamp": str(int(status.at))}
    if not sent.outcome.hides_phone and sent.wa_id:
        found["recipient_id"] = sent.wa_id
    if sent.echo:
        found["biz_opaque_callback_data"] = sent.echo
    if status.step == "failed":
        return {**found, "errors": status_errors(status.code)}
    found["recipient_user_id"] = world.user_id(sent.wa_id)
    if status.priced:
        free = sent.category == "service"
        kind = "free_customer_service" if free else "regular"
        found["pricing"] = {"billable": not free, "pricing_model": "PMP", "type": kind, "category": sent.category}
    return found


def review_change(template: dict[str, Any], reason: str) -> dict[str, Any]:
    """A change of `message_template_status_update`."""
    value = {
        "event": template["status"],
        "message_template_id": int(template["id"]),
        "message_template_name": template["name"],
        "message_template_language": template["language"],
        "message_template_category": template["category"],
        "reason": reason,
    }
    return {"field": "message_template_status_update", "value": value}
