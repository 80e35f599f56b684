"""Numbers, accounts and tokens on the Graph API."""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING, Any

from masteria.sandbox.errors import GraphError
from masteria.sandbox.request import Request, only
from masteria.sandbox.shapes import parts
from masteria.sandbox.world import Number, short_form

if TYPE_CHECKING:
    from masteria.sandbox.graph import Graph

SCOPES = ["whatsapp_business_messaging", "whatsapp_business_management"]
LONG_LIVED = 60 * 86_400


def account(request: Request, waba_id: str) -> dict[str, Any]:
    """`GET /{waba}`."""
    return only(request, {"id": waba_id, "name": "Aurora", "currency": "BRL", "timezone_id": "25"})


def number(graph: Graph, request: Request, number_id: str) -> dict[str, Any]:
    number = graph.number(number_id, request.token)
    if request.method != "GET":  # the two-step PIN
        return {"success": True}
    return only(request, number_fields(number))


def phone_numbers(graph: Graph, request: Request, waba_id: str) -> dict[str, Any]:
    rows = [only(request, number_fields(n)) for n in graph.account(waba_id, request.token)]
    return {"data": rows, "paging": {"cursors": {"before": "MAZDZD", "after": "MjQZD"}}}


def subscribed_apps(graph: Graph, request: Request, waba_id: str) -> dict[str, Any]:
    numbers = graph.account(waba_id, request.token)
    if request.method == "GET":
        app = {"link": "", "name": "Masteria", "id": "1"}
        return {"data": [{"whatsapp_business_api_data": app}] if any(n.subscribed for n in numbers) else []}
    wanted = request.json() if request.body else {}
    for number in numbers:
        number.subscribed = request.method == "POST"
        number.callback = wanted.get("override_callback_uri") or number.callback
    return {"success": True}


def block_users(graph: Graph, request: Request, number_id: str) -> dict[str, Any]:
    number = graph.number(number_id, request.token)
    if request.method == "GET":
        blocked = [{"messaging_product": "whatsapp", "wa_id": to} for n, to in graph.world.blocked if n == number_id]
        return {"data": blocked, "paging": {"cursors": {"before": "", "after": ""}}}
    users = [re.sub(r"\D", "", str(u.get("user", ""))) for u in parts(request.json().get("block_users"))]
    for to in users:
        change = graph.world.blocked.add if request.method == "POST" else graph.world.blocked.discard
        change((number.phone_number_id, to))
    name = "added_users" if request.method == "POST" else "removed_users"
    done = [{"input": to, "wa_id": short_form(to)} for to in users]
    return {"messaging_product": "whatsapp", "block_users": {name: done}}


def succeed(graph: Graph, request: Request, number_id: str) -> dict[str, Any]:
    """Register, deregister and the codes for them: always well."""
    graph.number(number_id, request.token)
    return {"success": True}


def debug_token(graph: Graph, request: Request) -> dict[str, Any]:
    token = request.query.get("input_token", "")
    valid = token in graph.world.tokens and token not in graph.world.revoked
    owned = [graph.world.numbers[n] for n in sorted(graph.world.tokens.get(token, ()))] if valid else []
    accounts = sorted({n.waba_id for n in owned})
    scopes = [{"scope": scope, "target_ids": accounts} for scope in SCOPES] if valid else []
    data: dict[str, Any] = {"app_id": "1", "type": "SYSTEM_USER", "application": "Masteria", "is_valid": valid}
    data |= {"issued_at": 1_795_000_000, "expires_at": 0, "data_access_expires_at": 0}
    data |= {"scopes": SCOPES if valid else [], "granular_scopes": scopes}
    if not valid:
        data["error"] = {"code": 190, "message": "Invalid OAuth access token.", "subcode": 463}
    return {"data": data}


def access_token(graph: Graph, request: Request) -> dict[str, Any]:
    """A long-lived token for a valid one; both go on working."""
    old = request.query.get("fb_exchange_token", "")
    owned = graph.world.owned(old)
    secret = request.query.get("client_secret", "")
    if secret not in {graph.world.numbers[n].app_secret for n in owned}:
        raise GraphError(1, "Error validating client secret.", status=400)
    token = f"EAASANDBOX{secrets.token_hex(16)}"
    graph.world.tokens[token] = owned
    return {"access_token": token, "token_type": "bearer", "expires_in": LONG_LIVED}


def number_fields(number: Number) -> dict[str, Any]:
    """All fields of a phone number node."""
    return {
        "id": number.phone_number_id,
        "display_phone_number": number.display_number,
        "verified_name": number.name,
        "quality_rating": number.quality,
        "quality_score": {"score": number.quality},
        "throughput": {"level": number.level},
        "status": "CONNECTED",
        "name_status": "APPROVED",
        "code_verification_status": "VERIFIED",
        "platform_type": "CLOUD_API",
        "account_mode": "LIVE",
        "messaging_limit_tier": "TIER_100K",
        "whatsapp_business_manager_messaging_limit": "TIER_100K",
        "is_official_business_account": False,
        "is_pin_enabled": True,
        "country_dial_code": "55",
        "webhook_configuration": {"application": number.callback},
        "health_status": {"can_send_message": "AVAILABLE", "entities": []},
    }


def unknown(object_id: str) -> GraphError:
    """Graph's words for an id that is not there or not yours."""
    details = f"Object with ID '{object_id}' does not exist or cannot be loaded due to missing permissions"
    return GraphError(100, details, subcode=33)
