"""Every way in, found by introspection and tried from outside: routes, pages, commands, and every job with ids of others.

Tables are tried in `tests/core/test_isolation.py`, actions in `tests/test_doors.py`, what the API documents in
`tests/api/test_doors.py`, handlers over their socket in `tests/journeys/test_sockets.py`. Here: what is left, and that
nothing is left out.
"""

from __future__ import annotations

import contextlib
import importlib
import inspect
import re
from typing import Any
from uuid import uuid4

import httpx
import pytest
import sqlalchemy as sa
from reflex_base.registry import RegistrationContext

from masteria.api import app as front
from masteria.api.door import ANYONE_SIGNED_IN, ApiDoor
from masteria.api.static import StaticPolicy
from masteria.config import settings
from masteria.core.db import owner_engine
from masteria.core.jobs import Job
from masteria.enums import Permission
from masteria.kit.errors import MasteriaError
from masteria.masteria import app as _app  # noqa: F401 — registers every screen
from masteria.run import doors
from masteria.ui.guard import rule
from masteria.ui.marks import PUBLIC
from masteria.ui.screen import PAGES
from tests.cast import Cast
from tests.rows import Rows, ids_by_name, one_of_everything, tables

# importing the app read the settings, before the session's services had their addresses
settings.cache_clear()

# what a door beside the REST API may say it checks by itself; a new word is a new kind of door, and is thought about here
CHECKS = {"public", "session", "signature", "token or this machine"}
BESIDE = [door for door in front.api_doors() if not door.path.startswith(front.PREFIX)]


def parameters(job: Job) -> list[str]:
    """What a worker hands to it."""
    function = getattr(importlib.import_module("workers.jobs"), job.path.rpartition(".")[2])
    return list(inspect.signature(function).parameters)


JOBS = [job for job in Job if parameters(job)]


@pytest.fixture
def ours(cast: Cast) -> Rows:
    return one_of_everything(cast.ana)


def everything() -> dict[str, int]:
    """A fingerprint of every row of the installation, its version in it."""
    with owner_engine().connect() as connection:
        query = "select coalesce(sum(hashtext(t::text || t.xmin)::bigint), 0) from app.{} t"
        return {t.name: int(connection.scalar(sa.text(query.format(t.name))) or 0) for t in tables()}


def call(job: Job, ids: dict[str, Any]) -> None:
    """As a worker does: text arguments by their names; an expected error is the worker's report, nothing else is."""
    function = getattr(importlib.import_module("workers.jobs"), job.path.rpartition(".")[2])
    with contextlib.suppress(MasteriaError):
        function(*(str(ids[name]) for name in parameters(job)))


@pytest.mark.parametrize("job", JOBS, ids=str)
def test_a_job_rung_for_the_wrong_company_does_nothing(cast: Cast, ours: Rows, job: Job) -> None:
    before = everything()
    call(job, ids_by_name(ours) | {"company_id": cast.clara.company_id})
    assert everything() == before


@pytest.mark.parametrize("job", JOBS, ids=str)
def test_a_job_rung_for_nothing_that_exists_does_nothing(cast: Cast, ours: Rows, job: Job) -> None:
    before = everything()
    call(job, dict.fromkeys(ids_by_name(ours), uuid4()) | {"company_id": cast.ana.company_id})
    call(job, dict.fromkeys(ids_by_name(ours), uuid4()))
    assert everything() == before


def test_a_jobs_arguments_are_ids_with_names_that_say_whose() -> None:
    known = {f"{table.name}_id" for table in tables()} | {"list_id", "import_id", "event_id", "key_id", "role_id"}
    assert {job: parameters(job) for job in Job if not set(parameters(job)) <= known} == {}


@pytest.mark.parametrize("door", BESIDE, ids=lambda d: f"{d.method} {d.path}")
async def test_a_stranger_gets_no_row_and_changes_none(cast: Cast, ours: Rows, door: ApiDoor) -> None:
    ids = {name: str(value) for name, value in ids_by_name(ours).items()}
    path, before = re.sub(r"\{(\w+)(?::\w+)?\}", lambda found: ids.get(found[1], "x"), door.path), everything()
    transport = httpx.ASGITransport(StaticPolicy(front.build()), raise_app_exceptions=False, client=("203.0.113.7", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://panel") as stranger:
        answer = await stranger.request(door.method, path)
    assert answer.status_code != 500, answer.text
    if door.needs in ("session", "installation"):
        to_the_door = answer.status_code == 303 and answer.headers["location"].startswith("/login")
        assert to_the_door or answer.status_code in (401, 403, 404)
    elif door.needs != "public":
        assert answer.status_code in (401, 403, 404)
    assert [word for word in ("Aurora", cast.ana.email, cast.ana.name) if word in answer.text] == []
    assert everything() == before


def test_every_route_says_what_it_asks_for_in_a_known_word() -> None:
    permissions = {str(p) for p in Permission} | {ANYONE_SIGNED_IN}
    unknown = [door for door in front.api_doors() if door.needs not in permissions | CHECKS]
    assert unknown == []


def test_no_route_stands_beside_those_that_are_listed() -> None:
    """Whatever the server answers is on the list; a mount or a route added elsewhere is not."""
    listed = {(door.method, door.path) for door in front.api_doors()}
    served = {
        (method, route.path)  # pyright: ignore[reportAttributeAccessIssue]
        for route in front.build().routes
        for method in set(getattr(route, "methods", None) or ()) - {"HEAD"}
    }
    assert served <= listed
    assert [r.path for r in front.build().routes if not getattr(r, "methods", None)] == [front.PREFIX]  # pyright: ignore[reportAttributeAccessIssue]


def test_the_list_of_doors_is_whole() -> None:
    found = {(door.kind, door.name) for door in doors.all_doors()}
    assert all(door.permission for door in doors.all_doors())
    events = {
        n.partition(".")[2]
        for n in RegistrationContext.get().event_handlers
        if ".masteria___" in n and not n.endswith(".setvar")
    }
    assert {name for kind, name in found if kind == "event"} == events
    assert {name for kind, name in found if kind == "job"} == set(Job)
    assert {"masteria up", "masteria keys rotate", "masteria bench walls"} <= {name for _, name in found}
    assert {name for kind, name in found if kind == "page"} == {
        page if page[0] == "/" else f"/{page}" for page in PAGES
    }
    assert {name for kind, name in found if kind == "route"} == {f"{d.method} {d.path}" for d in front.api_doors()}


def test_every_page_asks_for_what_its_own_events_ask_for() -> None:
    """A page is a file that anybody may load: what it shows comes by events, and its first one is guarded alike."""
    known = {route.strip("/"): wanted for route, wanted in PAGES.items()}
    loads = {o["route"]: _handlers(o.get("on_load")) for _, o in RegistrationContext.get().decorated_pages}
    assert sum(len(names) > 1 for names in loads.values()) > 8
    loose = []
    for route, names in loads.items():
        wanted = known[route.strip("/")]
        if wanted != PUBLIC and not any(rule(name) not in (None, PUBLIC) for name in names):
            loose.append(route)
    assert loose == []


def _handlers(events: Any) -> list[str]:
    found = [getattr(event, "handler", event) for event in events or []]
    return [f"{handler.state.get_full_name()}.{handler.fn.__name__}" for handler in found]
