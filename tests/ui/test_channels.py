"""The screen of numbers: what a card tells, and changing a number's name and portfolio."""

from __future__ import annotations

from masteria.core.work import work_as
from masteria.models import Connection
from masteria.ui.channels.state import ChannelsState
from tests.cast import Cast, a_connection
from tests.ui.conftest import OpenTab


async def test_a_card_tells_the_people_a_day_and_who_shares_them(open_tab: OpenTab, cast: Cast) -> None:
    a_connection(cast.ana, name="A", portfolio_id="300000000000001", people_per_day=2000)
    a_connection(cast.ana, name="B", people_per_day=250)
    a_connection(cast.ana, name="C")
    seen, _ = await (await open_tab(cast.ana)).send(ChannelsState.enter)
    assert [row.people for row in seen["channels_state.rows"]] == [
        "até 2.000 pessoas por dia · portfólio 300000000000001",
        "até 250 pessoas por dia",
        "",
    ]


async def test_a_number_gets_another_name_and_a_portfolio(open_tab: OpenTab, cast: Cast) -> None:
    connection = a_connection(cast.ana)
    tab = await open_tab(cast.ana)
    seen, _ = await tab.send(ChannelsState.edit, connection_id=str(connection.id))
    assert (seen["channels_state.edit_name"], seen["channels_state.edit_open"]) == ("Loja", True)
    seen, _ = await tab.send(ChannelsState.save, form={"name": "Centro", "portfolio_id": "meu"})
    assert seen["channels_state.problem_field"] == "portfolio_id"
    seen, events = await tab.send(ChannelsState.save, form={"name": "Centro", "portfolio_id": "300000000000001"})
    assert (seen["channels_state.edit_open"], seen["channels_state.rows"][0].name) == (False, "Centro")
    assert "Salvo." in str(events)
    with work_as(cast.ana) as work:
        assert work.get(Connection, connection.id).portfolio_id == "300000000000001"


async def test_nobody_changes_another_companys_number(open_tab: OpenTab, cast: Cast) -> None:
    theirs = a_connection(cast.clara)
    tab = await open_tab(cast.ana)
    seen, _ = await tab.send(ChannelsState.edit, connection_id=str(theirs.id))
    assert "channels_state.edit_open" not in seen
    await tab.send(ChannelsState.save, form={"name": "Minha agora", "portfolio_id": ""})
    with work_as(cast.clara) as work:
        assert work.get(Connection, theirs.id).name == "Loja"
