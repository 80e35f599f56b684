"""The installation's companies: who operates it changes them, nobody else may, and every change leaves its traces."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from masteria.actions import installation, invites, keys, operators, quotas, sessions, support
from masteria.core.access import Suspended
from masteria.core.work import work_across, work_as
from masteria.enums import Feature, Level
from masteria.kit.errors import Conflict, Forbidden, Invalid, NotFound
from masteria.models import Company
from masteria.queries import audit
from masteria.queries import installation as found
from tests.cast import PASSWORD, Cast, an_operator, contacts

SAMPLES: dict[str, Any] = {
    "levels": {"contacts": "read_only"},
    "quotas": {"contacts": 1},
    "reason": "por falta de pagamento",
    "name": "Aurora",
    "owner_email": "dona@exemplo.com",
    "operates": True,
}
OF_OPERATORS = [
    function
    for module in (installation, operators, support, found)
    for name, function in inspect.getmembers(module, inspect.isfunction)
    if function.__module__ == module.__name__
    and next(iter(inspect.signature(function).parameters), "") == "work"
    and not name.startswith("_")
    and name not in ("leave", "end_due", "visits", "end_for_company")
]


@pytest.mark.parametrize("action", OF_OPERATORS, ids=lambda a: f"{a.__module__.rpartition('.')[2]}.{a.__name__}")
def test_an_owner_of_a_company_is_no_operator(cast: Cast, action: Callable[..., Any]) -> None:
    wanted = [
        SAMPLES.get(name, uuid4())
        for name, p in list(inspect.signature(action).parameters.items())[1:]
        if p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD
    ]
    named = {
        name: SAMPLES[name]
        for name, p in inspect.signature(action).parameters.items()
        if p.default is p.empty and p.kind is p.KEYWORD_ONLY
    }
    with pytest.raises(Forbidden, match="installation"), work_as(cast.ana) as work:
        action(work, *wanted, **named)


def test_a_company_that_only_reads_changes_nothing_by_person_or_key(cast: Cast) -> None:
    olga = an_operator()
    with work_as(cast.ana) as work:
        key = keys.create_api_key(work, "loja", ["contacts:*"]).key
    with work_as(olga) as work:
        installation.set_levels(work, cast.ana.company_id, {"contacts": "read_only"})
    ana = sessions.find_actor(sessions.sign_in(cast.ana.email, PASSWORD))
    assert ana is not None
    assert ana.level(Feature.CONTACTS) is Level.READ_ONLY
    assert not ana.may("contacts:write")
    assert ana.may("contacts:read")
    assert ana.may("campaigns:write")
    program = keys.find_key_actor(key)
    assert program is not None
    assert set(program.permissions) == {"contacts:read"}


def test_a_level_goes_back_to_full_and_leaves_no_row(cast: Cast) -> None:
    olga = an_operator()
    for level in ("limited", "full"):
        with work_as(olga) as work:
            installation.set_levels(work, cast.ana.company_id, {"campaigns": level})
    with work_as(olga) as work:
        assert found.company(work, cast.ana.company_id).levels == {}


def test_what_the_installation_changes_stands_in_both_records(cast: Cast) -> None:
    olga = an_operator()
    with work_as(olga) as work:
        installation.set_quotas(work, cast.ana.company_id, {"contacts": 500, "members": None})
    with work_as(cast.ana) as work:
        entry = audit.entries(work).rows[0]
    assert (entry.happened, entry.actor_kind, entry.actor_name) == ("company.updated", "operator", "Olga")
    assert (entry.before, entry.after) == ({"max_contacts": None}, {"max_contacts": 500})
    with work_as(olga) as work:
        act = found.acts(work, company_id=cast.ana.company_id)[0]
    assert (act.act, act.subject, act.details) == ("company.updated", "Aurora", {"max_contacts": ["None", "500"]})


@pytest.mark.parametrize(("levels", "field"), [({"magic": "full"}, "feature"), ({"contacts": "none"}, "level")])
def test_levels_that_do_not_exist_are_refused(cast: Cast, levels: dict[str, str], field: str) -> None:
    with pytest.raises(Invalid, match=field), work_as(an_operator()) as work:
        installation.set_levels(work, cast.ana.company_id, levels)


def test_a_suspended_company_lets_nobody_in_and_says_why(cast: Cast) -> None:
    olga, token = an_operator(), sessions.sign_in(cast.ana.email, PASSWORD)
    with work_as(cast.ana) as work:
        key = keys.create_api_key(work, "loja", ["contacts:read"]).key
    with work_as(olga) as work:
        installation.suspend(work, cast.ana.company_id, "por falta de pagamento")
    assert sessions.find_actor(token) is None
    closed = sessions.find_suspension(token)
    assert closed is not None
    assert (closed.company, closed.reason) == ("Aurora", "por falta de pagamento")
    with pytest.raises(Suspended, match="suspended"):
        keys.find_key_actor(key)
    with work_as(olga) as work:
        installation.restore(work, cast.ana.company_id)
    assert sessions.find_actor(token) is not None
    assert sessions.find_suspension(token) is None
    assert keys.find_key_actor(key) is not None


def test_a_suspension_wants_a_reason_and_is_made_once(cast: Cast) -> None:
    olga = an_operator()
    with pytest.raises(Invalid, match="reason"), work_as(olga) as work:
        installation.suspend(work, cast.ana.company_id, "  não ")
    with work_as(olga) as work:
        installation.suspend(work, cast.ana.company_id, "por falta de pagamento")
    with pytest.raises(Conflict, match="suspended_already"), work_as(olga) as work:
        installation.suspend(work, cast.ana.company_id, "por outra coisa")


def test_nobody_closes_the_company_they_stand_in() -> None:
    olga = an_operator()
    for act, value in ((installation.suspend, "um bom motivo"), (installation.delete, "Casa")):
        with pytest.raises(Conflict, match="own_company"), work_as(olga) as work:
            act(work, olga.company_id, value)


def test_deleting_wants_the_name_and_closes_at_once(cast: Cast) -> None:
    olga, token = an_operator(), sessions.sign_in(cast.ana.email, PASSWORD)
    with pytest.raises(Invalid, match="name_differs"), work_as(olga) as work:
        installation.delete(work, cast.ana.company_id, "Boreal")
    with work_as(olga) as work:
        installation.delete(work, cast.ana.company_id, " aurora ")
        assert [job.value for job, _ in work.rung] == ["background/delete_company"]
        work.rung.clear()
    assert sessions.find_actor(token) is None
    with pytest.raises(Conflict, match="not_suspended"), work_as(olga) as work:
        installation.restore(work, cast.ana.company_id)


def test_a_new_company_waits_for_its_owner() -> None:
    olga = an_operator()
    with work_as(olga) as work:
        company_id, link = installation.create(work, "Padaria  do Zé", "ze@exemplo.com")
    offer = invites.look(link.rpartition("=")[2])
    assert offer is not None
    assert (offer.state, offer.company, offer.role, offer.email) == ("open", "Padaria do Zé", "owner", "ze@exemplo.com")
    with work_as(olga) as work:
        row = found.company(work, company_id)
        assert (row.name, row.members) == ("Padaria do Zé", 0)
        assert found.acts(work, company_id=company_id)[0].details == {"owner": "ze@exemplo.com"}


def test_companies_are_found_by_name_page_by_page(cast: Cast) -> None:
    olga = an_operator()
    with work_across() as database:
        database.add_all([Company(name=f"Filial {n}", slug=f"filial-{olga.company_id.hex}-{n}") for n in range(3)])
    with work_as(olga) as work:
        first = found.companies(work, q=f"filial-{olga.company_id.hex}", limit=2)
        rest = found.companies(work, q=f"filial-{olga.company_id.hex}", limit=2, cursor=first.next_cursor)
    assert [row.name for row in [*first.rows, *rest.rows]] == ["Filial 0", "Filial 1", "Filial 2"]
    assert rest.next_cursor is None


def test_an_unknown_company_is_not_found() -> None:
    olga = an_operator()
    with pytest.raises(NotFound), work_as(olga) as work:
        installation.suspend(work, uuid4(), "um bom motivo")


def test_the_list_tells_what_was_counted(cast: Cast) -> None:
    from_before = contacts(cast.ana, 4)
    assert from_before
    with work_as(cast.ana) as work:
        quotas.recount(work)
    with work_as(an_operator()) as work:
        row = found.company(work, cast.ana.company_id)
    assert (row.members, row.contacts, row.messages) == (3, 4, 0)
    assert row.counted_at is not None
