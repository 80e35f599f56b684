"""Message templates on the Graph API: list, create, change, delete, and Meta's review of them."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING, Any

from masteria.sandbox.errors import GraphError
from masteria.sandbox.filling import VARIABLE
from masteria.sandbox.life import Life
from masteria.sandbox.request import Request, only
from masteria.sandbox.shapes import part, parts
from masteria.sandbox.world import World

if TYPE_CHECKING:
    from masteria.sandbox.graph import Graph

CATEGORIES = ("MARKETING", "UTILITY", "AUTHENTICATION")
FILTERS = ("name", "status", "category", "language")
CHANGEABLE = ("APPROVED", "REJECTED", "PAUSED")
LABEL, BUTTONS, QUICK, URLS = 25, 10, 10, 2
Component = dict[str, Any]


def listed(graph: Graph, request: Request, waba_id: str) -> dict[str, Any]:
    """A page of an account's templates, `limit` 25 by itself, the next by the cursor `after`."""
    graph.account(waba_id, request.token)
    wanted = {k: v for k, v in request.query.items() if k in FILTERS}
    found = [t for t in graph.world.templates[waba_id].values() if all(t.get(k) == v for k, v in wanted.items())]
    limit = int(request.query["limit"]) if request.query.get("limit", "").isdigit() else 25
    start = _position(request.query.get("after", ""))
    rows, end = found[start : start + limit], start + limit
    if not rows:
        return {"data": []}
    paging: dict[str, Any] = {"cursors": {"before": _cursor(start), "after": _cursor(end)}}
    if end < len(found):
        paging["next"] = f"{request.base}/v25.0/{waba_id}/message_templates?limit={limit}&after={_cursor(end)}"
    return {"data": [only(request, row) for row in rows], "paging": paging}


def create(graph: Graph, request: Request, waba_id: str) -> dict[str, Any]:
    """A new template or translation; it waits for review."""
    graph.account(waba_id, request.token)
    body = request.json()
    if not re.fullmatch(r"[a-z0-9_]{1,512}", str(body.get("name", ""))):
        raise GraphError(100, "name may hold a-z, 0-9 and _ only.", subcode=2388043)
    if not re.fullmatch(r"[a-z]{2,3}(_[A-Z]{2})?", str(body.get("language", ""))):
        raise GraphError(100, "language is not known.", subcode=2388011)
    if body.get("category") not in CATEGORIES:
        raise GraphError(100, f"category must be one of {', '.join(CATEGORIES)}.")
    if graph.world.find_template(waba_id, body["name"], body["language"]):
        raise GraphError(100, "There is already content in this language for this template.", subcode=2388024)
    check_components(body)
    known = ("name", "language", "category", "components", "parameter_format", "message_send_ttl_seconds")
    made = graph.world.add_template(waba_id, {**{k: v for k, v in body.items() if k in known}, "status": "PENDING"})
    graph.life.review(waba_id, made)
    return {"id": made["id"], "status": "PENDING", "category": made["category"]}


def one(world: World, life: Life, request: Request, waba_id: str, template_id: str) -> dict[str, Any]:
    """`GET`, `POST` (change it) or `DELETE /{template}`."""
    template = world.templates[waba_id][template_id]
    if request.method == "GET":
        return only(request, template)
    if request.method == "DELETE":
        world.drop_template(waba_id, template)
        return {"success": True}
    if template["status"] not in CHANGEABLE:
        raise GraphError(100, f"A template that is {template['status']} cannot be changed.", subcode=2388025)
    wanted = {k: v for k, v in request.json().items() if k in ("category", "components", "message_send_ttl_seconds")}
    check_components({**template, **wanted})
    template |= {**wanted, "status": "PENDING"}
    life.review(waba_id, template)
    return {"success": True}


def unpause(graph: Graph, request: Request, template_id: str) -> dict[str, Any]:
    """Back to approved."""
    for waba_id, of in graph.world.templates.items():
        if template_id in of:
            graph.account(waba_id, request.token)
            of[template_id]["status"] = "APPROVED"
            return {"success": True}
    raise GraphError(100, f"Object with ID '{template_id}' does not exist", subcode=33)


def delete(graph: Graph, request: Request, waba_id: str) -> dict[str, Any]:
    """All languages of a name, or the one with `hsm_id`."""
    graph.account(waba_id, request.token)
    name, single = request.query.get("name"), request.query.get("hsm_id")
    if not name:
        raise GraphError(100, "The parameter name is required.")
    gone = [t for k, t in graph.world.templates[waba_id].items() if t["name"] == name and single in (None, k)]
    if not gone:
        raise GraphError(100, f"There is no template {name}.", subcode=2593002)
    for template in gone:
        graph.world.drop_template(waba_id, template)
    return {"success": True}


def check_components(body: dict[str, Any]) -> None:
    """The rules of a template's parts, or `GraphError` 100 with Meta's subcode."""
    components = parts(body.get("components"))
    if not components:
        raise GraphError(100, "components are required.")
    kinds = [str(c.get("type")) for c in components]
    if "BODY" not in kinds or len(set(kinds)) != len(kinds):
        raise GraphError(100, "A template has one BODY and each other part at most once.", subcode=2388040)
    for component in components:
        rule = RULES.get(str(component.get("type")))
        if rule is not None:
            rule(component, body)


def _header(component: Component, body: dict[str, Any]) -> None:
    text = str(component.get("text", ""))
    if component.get("format") == "TEXT" and (not 0 < len(text) <= 60 or len(VARIABLE.findall(text)) > 1):
        raise GraphError(100, "A header has 1 to 60 characters and at most one variable.", subcode=2388040)
    files = component.get("format") in ("IMAGE", "VIDEO", "DOCUMENT")
    if files and not part(component.get("example")).get("header_handle"):
        raise GraphError(100, "A header with a file needs example.header_handle.", subcode=2388273)


def _body(component: Component, body: dict[str, Any]) -> None:
    text = str(component.get("text", ""))
    if body.get("category") == "AUTHENTICATION":
        return
    if not 0 < len(text) <= 1024:
        raise GraphError(100, "The body has 1 to 1024 characters.", subcode=2388040)
    _variables(text, body.get("parameter_format") == "NAMED")


def _variables(text: str, named: bool) -> None:
    names = VARIABLE.findall(text)
    if names and (VARIABLE.match(text.strip()) or text.strip().endswith("}}")):
        raise GraphError(100, "Variables can't be at the start or end of the template.", subcode=2388299)
    if re.search(r"\}\}\s*\{\{", text):
        raise GraphError(100, "Two variables stand side by side.", subcode=2388299)
    if len(text.split()) < 3 * len(set(names)):
        raise GraphError(100, "This template has too many variables for its length.", subcode=2388293)
    if named:
        if any(not re.fullmatch(r"[a-z_][a-z0-9_]*", n) for n in names):
            raise GraphError(100, "Names of variables have lower case letters and _ only.", subcode=2388072)
    elif list(dict.fromkeys(names)) != [str(n) for n in range(1, len(set(names)) + 1)]:
        raise GraphError(100, "Variables must be numbered from 1 without gaps.", subcode=2388072)


def _footer(component: Component, body: dict[str, Any]) -> None:
    text = str(component.get("text", ""))
    if len(text) > 60 or VARIABLE.search(text):
        raise GraphError(100, "A footer has at most 60 characters and no variables.", subcode=2388040)


def _buttons(component: Component, body: dict[str, Any]) -> None:
    buttons = parts(component.get("buttons"))
    kinds = [str(b.get("type")) for b in buttons]
    if not 1 <= len(buttons) <= BUTTONS or kinds.count("URL") > URLS or kinds.count("PHONE_NUMBER") > 1:
        raise GraphError(100, "At most 10 buttons, 2 of them links, 1 of them a phone number.", subcode=2388040)
    if any(len(str(b.get("text", ""))) > LABEL for b in buttons):
        raise GraphError(100, f"A button's label has at most {LABEL} characters.", subcode=2388040)
    runs = [
        kind for n, kind in enumerate(kinds) if (n == 0) or (kind == "QUICK_REPLY") != (kinds[n - 1] == "QUICK_REPLY")
    ]
    if sum(kind == "QUICK_REPLY" for kind in runs) > 1:
        raise GraphError(100, "Quick replies must stand together.", subcode=2388039)


RULES = {"HEADER": _header, "BODY": _body, "FOOTER": _footer, "BUTTONS": _buttons}


def _cursor(position: int) -> str:
    return base64.urlsafe_b64encode(f"t{position}".encode()).decode()


def _position(cursor: str) -> int:
    if not cursor:
        return 0
    try:
        return int(base64.urlsafe_b64decode(cursor)[1:])
    except ValueError:
        raise GraphError(100, "The cursor is not valid.") from None
