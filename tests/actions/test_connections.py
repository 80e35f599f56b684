"""What may change of a number: its name, its secrets, and with which numbers it shares its people a day."""

from __future__ import annotations

from uuid import UUID

import pytest

from masteria.actions import budgets, connections
from masteria.core.access import Actor
from masteria.core.work import work_as
from masteria.kit.errors import Invalid
from masteria.models import Connection
from masteria.queries import settings as queries
from tests.actions.test_budgets import a_running_campaign, sent, states
from tests.cast import Cast, a_connection, contacts

PORTFOLIO = "300000000000001"


def join(actor: Actor, connection_id: UUID, portfolio_id: str) -> None:
    with work_as(actor) as work:
        connections.update(work, connection_id, settings={"portfolio_id": portfolio_id})


def people_left(actor: Actor, portfolio_id: str, limit: int) -> int:
    with work_as(actor) as work:
        return budgets.left(work, portfolio_id, limit)


def test_two_numbers_of_one_portfolio_share_its_people_a_day(cast: Cast) -> None:
    first, second = (a_connection(cast.ana, people_per_day=5) for _ in range(2))
    for connection in (first, second):
        join(cast.ana, connection.id, PORTFOLIO)
    contacts(cast.ana, 3)
    assert len(sent(cast.ana, a_running_campaign(cast.ana, first))[1]) == 3
    assert people_left(cast.ana, PORTFOLIO, 5) == 2
    contacts(cast.ana, 3, start=3)
    again = a_running_campaign(cast.ana, second)
    assert len(sent(cast.ana, again)[1]) == 5, "the three of before and two more"
    assert states(cast.ana, again) == {"sent": 5, "queued": 1}


def test_whom_a_number_reached_today_goes_along_to_its_portfolio(cast: Cast) -> None:
    connection = a_connection(cast.ana, people_per_day=5)
    contacts(cast.ana, 3)
    sent(cast.ana, a_running_campaign(cast.ana, connection))
    join(cast.ana, connection.id, PORTFOLIO)
    assert people_left(cast.ana, PORTFOLIO, 5) == 2
    contacts(cast.ana, 3, start=3)
    assert len(sent(cast.ana, a_running_campaign(cast.ana, connection))[1]) == 5


def test_without_a_portfolio_the_account_counts_again(cast: Cast) -> None:
    connection = a_connection(cast.ana, portfolio_id=PORTFOLIO, people_per_day=5)
    contacts(cast.ana, 2)
    sent(cast.ana, a_running_campaign(cast.ana, connection))
    join(cast.ana, connection.id, " ")
    with work_as(cast.ana) as work:
        row = work.get(Connection, connection.id)
        assert (row.portfolio_id, row.portfolio) == ("", connection.account_id)
        assert queries.connection(work, connection.id).settings["portfolio_id"] == ""
    assert people_left(cast.ana, connection.account_id, 5) == 3


@pytest.mark.parametrize("odd", ["abc", "12 34567", "1234", "1" * 33, "٣" * 15])
def test_a_portfolio_is_digits(cast: Cast, odd: str) -> None:
    connection = a_connection(cast.ana)
    with pytest.raises(Invalid) as error, work_as(cast.ana) as work:
        connections.update(work, connection.id, settings={"portfolio_id": odd})
    assert (error.value.field, error.value.reason) == ("settings.portfolio_id", "not_an_id")


def test_a_new_number_may_bring_its_portfolio() -> None:
    given = {"phone_number_id": "200001", "waba_id": "100001", "access_token": "t" * 8, "app_secret": "s" * 8}
    assert connections.checked("Loja", "whatsapp_cloud", given)["portfolio_id"] == ""
    brought = connections.checked("Loja", "whatsapp_cloud", {**given, "portfolio_id": f" {PORTFOLIO} "})
    assert brought["portfolio_id"] == PORTFOLIO


def test_a_portfolio_of_another_company_with_the_same_id_is_another(cast: Cast) -> None:
    theirs, mine = a_connection(cast.clara, portfolio_id=PORTFOLIO, people_per_day=5), a_connection(cast.ana)
    contacts(cast.clara, 2)
    sent(cast.clara, a_running_campaign(cast.clara, theirs))
    join(cast.ana, mine.id, PORTFOLIO)
    assert (people_left(cast.ana, PORTFOLIO, 5), people_left(cast.clara, PORTFOLIO, 5)) == (5, 3)
