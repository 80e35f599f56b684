"""The screens of campaigns: the check's sentence about the daily limit, and a campaign that rests for it."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from masteria.actions import budgets
from masteria.core.work import work_as
from masteria.kit.clock import now
from masteria.models import Campaign
from masteria.ui.campaigns.compose import ComposeState
from masteria.ui.campaigns.state import CampaignsState, CampaignState
from tests.actions.test_budgets import a_draft, a_running_campaign, sent
from tests.cast import Cast, a_connection, contacts
from tests.ui.conftest import OpenTab, Tab


async def checked(tab: Tab, campaign_id: UUID) -> dict[str, object]:
    tab.query = {"id": str(campaign_id)}
    tab.path = f"/campaigns/new?id={campaign_id}"
    await tab.send(ComposeState.enter)
    seen, _ = await tab.send(ComposeState.check)
    return seen


@pytest.mark.parametrize(
    ("limit", "sentence", "holds"),
    [
        (None, "", False),
        (5, "Todas cabem no limite diário da Meta: 5 de 5 lugares livres.", False),
        (3, "Recebem no início 3; a outra, até ", True),
        (2, "Recebem no início 2; as outras 2, até ", True),
    ],
)
async def test_the_check_says_how_far_the_daily_limit_reaches(
    open_tab: OpenTab, cast: Cast, limit: int | None, sentence: str, holds: bool
) -> None:
    contacts(cast.ana, 4)
    campaign_id = a_draft(cast.ana, a_connection(cast.ana, people_per_day=limit))
    seen = await checked(await open_tab(cast.ana), campaign_id)
    assert seen["compose_state.eligible"] == 4
    assert sentence in str(seen.get("compose_state.budget", ""))
    assert seen.get("compose_state.budget_holds", False) is holds


async def test_a_campaign_that_rests_says_why_and_when_it_tries_again(open_tab: OpenTab, cast: Cast) -> None:
    contacts(cast.ana, 3)
    campaign_id = a_running_campaign(cast.ana, a_connection(cast.ana, people_per_day=2))
    sent(cast.ana, campaign_id)
    tab = await open_tab(cast.ana)
    seen, _ = await tab.send(CampaignsState.enter)
    assert [row.state for row in seen["campaigns_state.rows"]] == ["held"]
    tab.query = {"campaign_id": str(campaign_id)}
    seen, _ = await tab.send(CampaignState.enter)
    found = seen["campaign_state.campaign"]
    assert (found.state, found.shown_state) == ("running", "held")
    assert "limite diário" in found.why
    assert "Nova tentativa: " in found.why


async def test_one_that_went_on_is_running_again(open_tab: OpenTab, cast: Cast) -> None:
    contacts(cast.ana, 3)
    campaign_id = a_running_campaign(cast.ana, a_connection(cast.ana, people_per_day=2))
    with work_as(cast.ana) as work:
        budgets.hold_campaign(work, campaign_id, "p1")
        work.get(Campaign, campaign_id).held_until = now() - timedelta(seconds=1)
    seen, _ = await (await open_tab(cast.ana)).send(CampaignsState.enter)
    assert [row.state for row in seen["campaigns_state.rows"]] == ["running"]
