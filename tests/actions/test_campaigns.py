"""Campaigns: drafts, the check beforehand, what blocks a launch, who is left out and why."""

from __future__ import annotations

import threading
from datetime import timedelta
from uuid import UUID

import pytest

from masteria.actions import campaigns
from masteria.core.access import Actor
from masteria.core.jobs import Job
from masteria.core.work import Work, work_as
from masteria.enums import CampaignKind, CampaignState, ConnectionStatus, Consent, TemplateStatus
from masteria.kit.clock import now
from masteria.kit.errors import Conflict, Forbidden, Invalid, NotFound
from masteria.models import Campaign, Connection, Contact, Template
from tests.cast import Cast, a_connection, a_template, contacts


def a_draft(actor: Actor, connection: Connection | None = None, **values: object) -> UUID:
    connection = connection or a_connection(actor)
    fields: dict[str, object] = {
        "name": "Novidades",
        "connection_id": connection.id,
        "template_id": a_template(actor, connection).id,
        "variables": {"1": {"field": "first_name", "fallback": "você"}},
        "audience": {"all": True},
    }
    with work_as(actor) as work:
        return campaigns.create(work, **{**fields, **values})


def add(actor: Actor, digits: str, **values: object) -> UUID:
    with work_as(actor) as work:
        phone = f"+551198765{digits}" if digits else None
        return work.add(Contact(phone=phone, match_key=digits or None, **{"name": "Bia", **values})).id  # pyright: ignore[reportArgumentType]


def test_everyone_left_out_is_counted_under_one_reason(cast: Cast) -> None:
    add(cast.ana, "0001")
    add(cast.ana, "", name="Sem número")
    add(cast.ana, "0002", consent_whatsapp=Consent.OPTED_OUT)
    add(cast.ana, "0003", name="")
    add(cast.ana, "0004", name="x" * 200, attributes={"city": "y" * 900})
    variables = {"1": {"field": "attributes.city", "fallback": "aqui"}}
    long = a_draft(cast.ana, variables=variables)
    missing = a_draft(cast.ana, variables={"1": {"field": "name", "fallback": ""}})
    with work_as(cast.ana) as work:
        found = campaigns.preflight(work, missing)
        assert (found.eligible, found.excluded) == (2, {"no_phone": 1, "opted_out": 1, "missing_variable": 1})
        assert campaigns.preflight(work, long).excluded == {"no_phone": 1, "opted_out": 1}
        work.execute(
            "update contact set attributes = jsonb_build_object('city', repeat('y', 1001)) where name like 'xx%'"
        )
        assert campaigns.preflight(work, long).excluded["too_long"] == 1


def test_a_placeholder_that_stands_twice_counts_twice(cast: Cast) -> None:
    connection = a_connection(cast.ana)
    add(cast.ana, "0001", name="n" * 180)
    template = a_template(cast.ana, connection, name="dobro", body="{{1}}" * 6 + " fim", variables=["1"])
    campaign_id = a_draft(cast.ana, connection, template_id=template.id, variables={"1": {"field": "name"}})
    with work_as(cast.ana) as work:
        assert campaigns.preflight(work, campaign_id).excluded == {"too_long": 1}


def test_a_text_reaches_only_open_windows(cast: Cast) -> None:
    contacts(cast.ana, 2)
    campaign_id = a_draft(cast.ana, kind=CampaignKind.TEXT, template_id=None, body="Oi, tudo bem?", variables={})
    with work_as(cast.ana) as work:
        found = campaigns.preflight(work, campaign_id)
        assert (found.eligible, found.excluded, found.blocks) == (0, {"window_closed": 2}, ("nobody_eligible",))


def test_the_check_says_when_it_would_end(cast: Cast) -> None:
    contacts(cast.ana, 40)
    campaign_id = a_draft(cast.ana, rate_per_second=4)
    with work_as(cast.ana) as work:
        finish = campaigns.preflight(work, campaign_id).finish_at
    assert finish is not None
    assert timedelta(seconds=5) < finish - now() <= timedelta(seconds=10)


def test_what_each_gets_is_fixed_at_the_launch(cast: Cast) -> None:
    contact_id = add(cast.ana, "0001", name="Bia\tMaria \n Luz")
    campaign_id = a_draft(cast.ana, variables={"1": {"field": "name", "fallback": "você"}})
    with work_as(cast.ana) as work:
        campaigns.launch(work, campaign_id)
        assert work.rung == [(Job.SEND_CAMPAIGNS, ())]
        work.rung.clear()
    with work_as(cast.ana) as work:
        work.get(Contact, contact_id).name = "Outra"
        work.add(Contact(phone="+5511987650002", match_key="2", name="Depois"))
        rows = work.execute("select variables, phone, state from recipient").all()
        assert [tuple(r) for r in rows] == [({"1": "Bia Maria Luz"}, "+5511987650001", "queued")]
        campaigns.cancel(work, campaign_id)


@pytest.mark.parametrize(
    ("break_it", "field", "reason"),
    [
        (
            lambda w, c: setattr(_connection(w, c), "status", ConnectionStatus.DISCONNECTED),
            "connection_id",
            "connection_down",
        ),
        (
            lambda w, c: setattr(_template(w, c), "status", TemplateStatus.PAUSED),
            "template_id",
            "template_not_approved",
        ),
        (lambda w, c: setattr(c, "variables", {}), "variables", "unmapped_variable"),
        (lambda w, c: setattr(c, "audience", {}), "audience", "audience_missing"),
        (lambda w, c: setattr(c, "audience", {"tag": "ninguém"}), "audience", "nobody_eligible"),
        (lambda w, c: setattr(c, "template_id", None), "template_id", "template_missing"),
    ],
)
def test_a_launch_that_cannot_work_is_refused(cast: Cast, break_it, field: str, reason: str) -> None:
    contacts(cast.ana, 1)
    campaign_id = a_draft(cast.ana)
    with work_as(cast.ana) as work:
        break_it(work, work.get(Campaign, campaign_id))
    with pytest.raises(Invalid) as refused, work_as(cast.ana) as work:
        campaigns.launch(work, campaign_id)
    assert (refused.value.field, refused.value.reason) == (field, reason)
    with work_as(cast.ana) as work:
        assert work.get(Campaign, campaign_id).state == CampaignState.DRAFT
        assert work.execute("select count(*) from recipient").scalar() == 0


def test_an_unmapped_variable_is_named(cast: Cast) -> None:
    contacts(cast.ana, 1)
    campaign_id = a_draft(cast.ana, variables={"1": {"field": "", "fallback": " "}})
    with pytest.raises(Invalid) as refused, work_as(cast.ana) as work:
        campaigns.launch(work, campaign_id)
    assert refused.value.details["names"] == "1"


def test_a_past_date_is_refused(cast: Cast) -> None:
    contacts(cast.ana, 1)
    campaign_id = a_draft(cast.ana)
    with pytest.raises(Invalid, match="past_date"), work_as(cast.ana) as work:
        campaigns.launch(work, campaign_id, at=now() - timedelta(minutes=1))


def test_of_two_launches_at_the_same_moment_one_is_refused(cast: Cast) -> None:
    contacts(cast.ana, 5)
    campaign_id, ends, start = a_draft(cast.ana), [], threading.Barrier(2)

    def click() -> None:
        try:
            with work_as(cast.ana) as work:
                start.wait()
                campaigns.launch(work, campaign_id, at=now() + timedelta(hours=1))
            ends.append("launched")
        except Conflict:
            ends.append("refused")

    clicks = [threading.Thread(target=click) for _ in range(2)]
    for one in clicks:
        one.start()
    for one in clicks:
        one.join()
    assert sorted(ends) == ["launched", "refused"]
    with work_as(cast.ana) as work:
        assert work.execute("select count(*) from recipient").scalar() == 5


def test_only_a_draft_changes_or_goes_away(cast: Cast) -> None:
    contacts(cast.ana, 1)
    campaign_id = a_draft(cast.ana)
    with work_as(cast.ana) as work:
        campaigns.update(work, campaign_id, name="Outro nome")
        campaigns.launch(work, campaign_id, at=now() + timedelta(hours=1))
    for change in (
        lambda w: campaigns.update(w, campaign_id, name="Mais um"),
        lambda w: campaigns.delete(w, campaign_id),
    ):
        with pytest.raises(Conflict), work_as(cast.ana) as work:
            change(work)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": "ab"}, "name"),
        ({"rate_per_second": 0}, "rate_per_second"),
        ({"colour": "red"}, "colour"),
        ({"audience": {"list": 1}}, "audience"),
        ({"audience": {"contact_ids": ["x"]}}, "audience"),
        ({"variables": {"1": {"field": "c.phone; drop table contact"}}}, "variables"),
    ],
)
def test_a_bad_field_is_named(cast: Cast, values: dict[str, object], field: str) -> None:
    connection = a_connection(cast.ana)
    base: dict[str, object] = {"body": "Oi {{1}}, veja", "kind": CampaignKind.TEXT, "template_id": None}
    with pytest.raises(Invalid) as refused:
        a_draft(cast.ana, connection, **{**base, **values})
    assert refused.value.field == field


def test_the_outsider_and_the_viewer_are_refused(cast: Cast) -> None:
    campaign_id = a_draft(cast.ana)
    for act in (campaigns.launch, campaigns.pause, campaigns.resume, campaigns.cancel, campaigns.delete):
        with pytest.raises(NotFound), work_as(cast.clara) as work:
            act(work, campaign_id)
        with pytest.raises(Forbidden), work_as(cast.vera) as work:
            act(work, campaign_id)


def _connection(work: Work, campaign: Campaign) -> Connection:
    return work.get(Connection, campaign.connection_id)


def _template(work: Work, campaign: Campaign) -> Template:
    assert campaign.template_id is not None
    return work.get(Template, campaign.template_id)
