"""`masteria doors`: every way in, with the permission it asks for; what has none makes the command fail."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass

from reflex_base.registry import RegistrationContext

from masteria.api.app import api_doors
from masteria.core.jobs import Job
from masteria.ui.guard import PUBLIC, rule

BY_OPERATOR = "operator"
COMMANDS = [
    "up",
    "web",
    "worker",
    "scheduler",
    "sandbox",
    "migrate",
    "doctor",
    "sweep",
    "doors",
    "company-create",
    "api-key-create",
    "operator-grant",
    "operator-revoke",
    "import-contacts",
    "keys-rotate",
    "bench",
]


@dataclass(frozen=True, slots=True)
class Door:
    """One way in; `permission` is None when nothing was said, which is a fault."""

    kind: str
    name: str
    permission: str | None


def report(say: Callable[[str], None], *, as_json: bool) -> int:
    """Print them; 1 when one has no permission."""
    found = sorted(all_doors(), key=lambda d: (d.kind, d.name))
    forgotten = [door for door in found if door.permission is None]
    if as_json:
        say(json.dumps([asdict(door) for door in found]))
    else:
        for door in found:
            say(f"{door.kind:8} {door.permission or 'NOBODY SAID':28} {door.name}")
        say(f"{len(found)} doors, {len(forgotten)} without a permission")
    return int(bool(forgotten))


def all_doors() -> Iterator[Door]:
    """Pages, event handlers, routes, jobs and commands."""
    import masteria.masteria as panel  # registers every screen

    for route in panel.app._unevaluated_pages:
        yield Door("page", f"/{route}", PUBLIC)  # pages are static files; their events are the doors
    for name in RegistrationContext.get().event_handlers:
        if ".masteria___" in name and not name.endswith(".setvar"):
            found = rule(name)
            yield Door("event", name.partition(".")[2], str(found) if found else None)
    for door in api_doors():
        yield Door("route", f"{door.method} {door.path}", door.needs)
    for job in Job:
        yield Door("job", job, BY_OPERATOR)
    for command in COMMANDS:
        yield Door("command", f"masteria {command}", BY_OPERATOR)
