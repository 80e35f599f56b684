"""The installation's pages: shut to every company's people, and what they change holds in other people's open tabs."""

from __future__ import annotations

import pytest
from reflex_base.registry import RegistrationContext

from masteria.actions import installation, support
from masteria.core.access import Actor
from masteria.core.work import work_as
from masteria.enums import Permission
from masteria.queries import installation as queries
from masteria.ui import identity
from masteria.ui.admin.companies_state import CompaniesState
from masteria.ui.admin.company_state import CompanyState
from masteria.ui.admin.people_state import LogState, PeopleState
from masteria.ui.admin.suspended import SuspendedState
from masteria.ui.contacts.state import ImportState
from masteria.ui.guard import rule
from masteria.ui.profile import Profile
from masteria.ui.texts import tr
from tests.cast import Cast, an_operator, contacts
from tests.ui.conftest import OpenTab, Tab
from tests.ui.test_guard import ours, script

OF_THE_INSTALLATION = sorted(name for name in ours() if "____admin____" in name or "admin___" in name)
HANDLERS = [n for n in OF_THE_INSTALLATION if not n.endswith("suspended_state.enter")]
REASON = "a campanha não sai desde ontem"


def test_the_list_of_handlers_is_whole() -> None:
    shorts = {name.rpartition("____")[2] for name in HANDLERS}
    assert {"company_state.delete", "people_state.grant", "companies_state.create", "log_state.enter"} <= shorts
    assert {rule(name) for name in HANDLERS} == {Permission.OPERATE}


@pytest.mark.parametrize("name", HANDLERS, ids=lambda n: n.rpartition("____")[2])
async def test_the_owner_of_a_company_runs_none_of_it(open_tab: OpenTab, cast: Cast, name: str) -> None:
    arguments = RegistrationContext.get().event_handlers[name].handler
    tab = await open_tab(cast.ana)
    seen, events = await tab.send(arguments if isinstance(arguments, str) else name)
    assert seen == {}
    assert tr("pt_BR", "error.forbidden") in script(events)


async def of_company(open_tab: OpenTab, olga: Actor, cast: Cast) -> Tab:
    tab = await open_tab(olga)
    tab.path = "/admin/companies/[company_id]"
    tab.query = {"company_id": str(cast.ana.company_id)}
    return tab


async def test_an_operator_sees_companies_and_people(open_tab: OpenTab, cast: Cast) -> None:
    tab = await open_tab(an_operator())
    seen, _ = await tab.send(CompaniesState.search, text=cast.ana.company_id.hex[:4] + "nobody")
    assert seen["companies_state.rows"] == []
    seen, _ = await tab.send(CompaniesState.search, text="aurora-")
    assert {row.name for row in seen["companies_state.rows"]} == {"Aurora"}
    seen, _ = await tab.send(PeopleState.search, text=cast.bruno.email)
    assert [row.companies for row in seen["people_state.rows"]] == [["Aurora (atende)"]]


async def test_a_level_takes_the_right_from_an_open_tab(open_tab: OpenTab, cast: Cast) -> None:
    owner = await open_tab(cast.ana)
    seen, _ = await owner.send(Profile.enter)
    assert "contacts:write" in seen["profile.rights"]
    tab = await of_company(open_tab, an_operator(), cast)
    seen, _ = await tab.send(CompanyState.choose_level, feature="contacts", level="read_only")
    assert [row.level for row in seen["company_state.levels"] if row.feature == "contacts"] == ["read_only"]
    identity.forget_all()  # what the announcement does
    seen, _ = await owner.send(Profile.enter)
    assert "contacts:write" not in seen["profile.rights"]
    seen, events = await owner.send(ImportState.rehearse)
    assert seen == {}
    assert tr("pt_BR", "error.read_only") in script(events)


async def test_a_quota_that_is_no_number_is_said_at_its_field(open_tab: OpenTab, cast: Cast) -> None:
    tab = await of_company(open_tab, an_operator(), cast)
    seen, _ = await tab.send(CompanyState.save_quotas, form={"contacts": "muitos"})
    assert seen["company_state.problem_field"] == "contacts"
    seen, _ = await tab.send(CompanyState.save_quotas, form={"contacts": "1.500", "members": ""})
    limits = {row.name: row.limit for row in seen["company_state.quotas"]}
    assert limits == {"members": "", "connections": "", "contacts": "1500", "messages": ""}


async def test_a_suspended_companys_tab_is_led_to_the_reason(open_tab: OpenTab, cast: Cast) -> None:
    owner = await open_tab(cast.ana)
    tab = await of_company(open_tab, an_operator(), cast)
    seen, _ = await tab.send(CompanyState.suspend, form={"reason": "x"})
    assert seen["company_state.problem_field"] == "reason"
    await tab.send(CompanyState.suspend, form={"reason": "por falta de pagamento"})
    identity.forget_all()
    seen, events = await owner.send(Profile.enter)
    assert "/suspended" in script(events)
    again = await open_tab(None)
    again.cookie = owner.cookie
    seen, _ = await again.send(SuspendedState.enter)
    assert (seen["suspended_state.company"], seen["suspended_state.reason"]) == ("Aurora", "por falta de pagamento")


async def test_the_company_reads_that_support_is_there(open_tab: OpenTab, cast: Cast) -> None:
    contacts(cast.ana, 1)
    with work_as(an_operator()) as work:
        token = support.enter(work, cast.ana.company_id, REASON)
    owner = await open_tab(cast.ana)
    seen, _ = await owner.send(Profile.enter)
    assert len(seen["profile.visits"]) == 1
    assert REASON in seen["profile.visits"][0]
    guest = await open_tab(None)
    guest.cookie = f"{identity.COOKIE}={token}"
    await guest.send("reflex___state____state.hydrate_and_load")
    seen, _ = await guest.send(Profile.enter)
    assert (seen["profile.is_support"], seen["profile.name"]) == (True, "Suporte (Olga)")
    seen, events = await guest.send(ImportState.rehearse)
    assert seen == {}
    assert tr("pt_BR", "error.forbidden") in script(events)


async def test_deleting_asks_for_the_name(open_tab: OpenTab, cast: Cast) -> None:
    olga = an_operator()
    tab = await of_company(open_tab, olga, cast)
    seen, _ = await tab.send(CompanyState.delete, form={"name": "Aurora Boreal"})
    assert seen["company_state.problem_field"] == "name"
    with work_as(olga) as work:
        assert queries.company(work, cast.ana.company_id).deletion_asked_at is None


async def test_the_record_tells_who_did_what(open_tab: OpenTab, cast: Cast) -> None:
    olga = an_operator()
    with work_as(olga) as work:
        installation.set_levels(work, cast.ana.company_id, {"campaigns": "limited"})
        installation.set_quotas(work, cast.ana.company_id, {"messages": 100})
    tab = await open_tab(olga)
    seen, _ = await tab.send(LogState.enter)
    lines = [(act.who, act.line) for act in seen["log_state.acts"][:2]]
    assert lines == [("Olga", "Mensagens por mês: sem limite → 100"), ("Olga", "Campanhas: Tudo → Com limites")]
