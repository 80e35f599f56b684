"""One Graph call as its handlers see it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from masteria.sandbox.errors import GraphError
from masteria.sandbox.shapes import loaded


@dataclass(frozen=True)
class Request:
    """`path` is without version; `base` is scheme and host as the caller wrote them."""

    method: str
    path: str
    query: dict[str, str]
    token: str
    body: bytes
    base: str = ""
    headers: dict[str, str] = field(default_factory=dict[str, str])

    def json(self) -> dict[str, Any]:
        return loaded(self.body)


def only(request: Request, found: dict[str, Any]) -> dict[str, Any]:
    """The id and the asked `fields` (`a{b,c}` is `a`), all if none are asked; 100 for one that is not there."""
    wanted = request.query.get("fields", "")
    if not wanted:
        return found
    depth, word = 0, ""
    names: list[str] = []
    for letter in wanted + ",":
        depth += (letter in "{(") - (letter in "})")
        if letter == "," and depth == 0:
            names.append(word.partition("{")[0].partition(".")[0].strip())
            word = ""
        else:
            word += letter
    for name in names:
        if name not in found and name not in MAY_BE_ABSENT:
            raise GraphError(100, f"Tried accessing nonexisting field ({name})")
    return {"id": found["id"], **{name: found[name] for name in names if name in found}}


MAY_BE_ABSENT = {
    "previous_category", "correct_category", "rejected_reason", "message_send_ttl_seconds", "sub_category",
    "last_updated_time", "is_primary_device_delivery_only", "cta_url_link_tracking_opted_out", "allow_category_change",
    "library_template_name", "specific_rejection_reason", "language_policy",
    "certificate", "new_certificate", "new_name_status", "last_onboarded_time", "conversational_automation",
    "search_visibility", "eligibility_for_api_business_global_search", "host_platform", "is_on_biz_app", "username",
    "account_review_status", "business_verification_status", "country", "message_template_namespace", "status",
    "on_behalf_of_business_info", "owner_business_info", "health_status", "analytics", "pricing_analytics",
}  # fmt: skip
