"""`masteria doors`: every way in, with the permission it asks for; what has none makes the command fail."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass

from reflex_base.registry import RegistrationContext

from masteria.api.app import api_doors
from masteria.core.jobs import Job
from masteria.run import cli
from masteria.ui.guard import rule
from masteria.ui.screen import PAGES

BY_OPERATOR = "operator"


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
    import masteria.masteria  # noqa: F401 — registers every screen

    for route, wanted in PAGES.items():  # a page is a file that anybody may load; what it shows comes by events
        yield Door("page", f"/{route.lstrip('/')}", str(wanted))
    for name in RegistrationContext.get().event_handlers:
        if ".masteria___" in name and not name.endswith(".setvar"):
            found = rule(name)
            yield Door("event", name.partition(".")[2], str(found) if found else None)
    for door in api_doors():
        yield Door("route", f"{door.method} {door.path}", door.needs)
    for job in Job:
        yield Door("job", job, BY_OPERATOR)
    for command in commands(cli.parser()):
        yield Door("command", f"masteria {command}", BY_OPERATOR)


def commands(parser: argparse.ArgumentParser, before: str = "") -> list[str]:
    """Every command by its words: `up`, `company create`, `bench walls`."""
    groups = [a for a in parser._actions if isinstance(a, argparse._SubParsersAction)]
    if not groups:
        return [before]
    return [
        name
        for group in groups
        for word, found in group.choices.items()
        for name in commands(found, f"{before} {word}".strip())
    ]
