"""What the vendor tells of numbers, accounts and templates by itself: what it changes, and that it is written down."""

from __future__ import annotations

from typing import Any

import pytest

from masteria.actions import notices, templates
from masteria.channels.base import AccountTold, TemplateTold
from masteria.core.work import Work
from masteria.enums import ConnectionStatus, Effect, Happened, TemplateStatus, Topic
from masteria.models import Connection, Template
from tests.cast import Cast, a_connection, a_template

SHOWN = "5511900000100"


def told(
    kind: str, word: str = "", *, account: str | None = None, shown: str | None = None, **limits: Any
) -> AccountTold:
    return AccountTold(kind, account, shown, word, limits)


def of(work: Work, connection: Connection) -> Connection:
    work.session.flush()
    return work.get(Connection, connection.id)


def happened(work: Work) -> list[Happened]:
    work.session.flush()
    query = "select happened from activity where company_id = :id and happened like any(array['connection.%', 'template.%'])"
    return [Happened(word) for word in work.execute(query, {"id": work.company_id}).scalars()]


@pytest.mark.parametrize(
    ("word", "quality", "status"),
    [
        ("FLAGGED", "RED", ConnectionStatus.DEGRADED),
        ("DOWNGRADE", "YELLOW", ConnectionStatus.CONNECTED),
        ("UPGRADE", "GREEN", ConnectionStatus.CONNECTED),
        ("ONBOARDING", "GREEN", ConnectionStatus.CONNECTED),
    ],
)
def test_a_numbers_quality_follows(cast: Cast, work: Work, word: str, quality: str, status: str) -> None:
    connection = a_connection(cast.ana, address=f"+{SHOWN}", quality="GREEN")
    notices.heed(work, [(connection.id, told("phone_quality", word, shown=SHOWN))])
    found = of(work, connection)
    assert (found.quality, found.status) == (quality, status)
    assert (Topic.CONNECTION, connection.id) in work.announced


def test_a_flag_that_is_lifted_leaves_no_trace(cast: Cast, work: Work) -> None:
    connection = a_connection(cast.ana, address=f"+{SHOWN}")
    for word in ("FLAGGED", "UNFLAGGED"):
        notices.heed(work, [(connection.id, told("phone_quality", word, shown=SHOWN))])
    found = of(work, connection)
    assert (found.quality, found.status, found.status_reason) == ("GREEN", ConnectionStatus.CONNECTED, None)
    assert happened(work) == [Happened.CONNECTION_DEGRADED, Happened.CONNECTION_NOTICE]


@pytest.mark.parametrize(("before", "after"), [(80, 1000), (20, 20)])
def test_more_throughput_is_used_unless_somebody_chose_a_rate(cast: Cast, work: Work, before: int, after: int) -> None:
    connection = a_connection(cast.ana, address=f"+{SHOWN}", rate_per_second=before)
    notices.heed(work, [(connection.id, told("phone_quality", "THROUGHPUT_UPGRADE", shown=SHOWN))])
    assert of(work, connection).rate_per_second == after


@pytest.mark.parametrize(
    ("limits", "limit"),
    [
        ({"max_daily_conversations_per_business": 2000}, 2000),
        ({"max_daily_conversations_per_business": "TIER_2K"}, 2000),
        ({"max_daily_conversations_per_business": "TIER_250"}, 250),
        ({"max_daily_conversations_per_business": "TIER_UNLIMITED"}, -1),
        ({"max_daily_conversations_per_business": -1}, -1),
        ({"max_daily_conversations_per_business": 10**30}, None),
        ({"max_daily_conversations_per_business": {"x": 1}}, None),
        ({}, None),
    ],
)
def test_the_daily_limit_of_all_numbers_of_an_account(cast: Cast, work: Work, limits: Any, limit: int | None) -> None:
    first = a_connection(cast.ana)
    second, elsewhere = a_connection(cast.ana, account_id=first.account_id), a_connection(cast.ana)
    effect = notices.heed(work, [(first.id, told("capability", account=first.account_id, **limits))])
    allowed = limit if limit and limit > 0 else None
    assert [of(work, row).people_per_day for row in (first, second, elsewhere)] == [allowed, allowed, None]
    assert of(work, second).tier == ("" if limit is None else "TIER_UNLIMITED" if limit < 0 else f"TIER_{limit}")
    assert effect == [Effect.CONNECTION_CHANGED if limit else Effect.NOTED]


def test_a_banned_account_stops_and_comes_back(cast: Cast, work: Work) -> None:
    connection = a_connection(cast.ana)
    seen = []
    for word in ("DISABLED_UPDATE:SCHEDULE_FOR_DISABLE", "DISABLED_UPDATE:DISABLE", "DISABLED_UPDATE:REINSTATE"):
        notices.heed(work, [(connection.id, told("account_update", word))])
        seen.append((of(work, connection).status, of(work, connection).can_send))
    assert seen == [
        (ConnectionStatus.DEGRADED, True),
        (ConnectionStatus.FAILED, False),
        (ConnectionStatus.CONNECTED, True),
    ]


def test_what_is_wrong_for_another_reason_stays_wrong(cast: Cast, work: Work) -> None:
    connection = a_connection(cast.ana, status=ConnectionStatus.DISCONNECTED, status_reason="token_wrong")
    notices.heed(work, [(connection.id, told("account_update", "ACCOUNT_RECONNECTED"))])
    assert of(work, connection).status == ConnectionStatus.DISCONNECTED


@pytest.mark.parametrize("kind", ["phone_name", "account_alert", "account_review", "security", "account_settings"])
def test_the_rest_is_written_down(cast: Cast, work: Work, kind: str) -> None:
    connection = a_connection(cast.ana)
    assert notices.heed(work, [(connection.id, told(kind, "PIN_CHANGED"))]) == [Effect.NOTED]
    assert happened(work) == [Happened.CONNECTION_NOTICE]


def test_an_account_of_nobody_here_changes_nothing(cast: Cast, work: Work) -> None:
    connection = a_connection(cast.ana)
    effect = notices.heed(work, [(connection.id, told("account_update", "ACCOUNT_DELETED", account="999"))])
    assert (effect, of(work, connection).status) == ([Effect.CONNECTION_UNKNOWN], ConnectionStatus.CONNECTED)


def decided(change: str, value: Any, reason: str | None = None) -> TemplateTold:
    return TemplateTold("700", change, value, reason, None)


def a_known_template(cast: Cast) -> tuple[Connection, Template]:
    connection = a_connection(cast.ana)
    return connection, a_template(cast.ana, connection, external_id="700")


def test_a_refused_template_says_why(cast: Cast, work: Work) -> None:
    connection, template = a_known_template(cast)
    said = decided("status", "rejected", "INVALID_FORMAT: variável no fim")
    assert templates.heed(work, [(connection.id, said)]) == [Effect.TEMPLATE_CHANGED]
    assert templates.heed(work, [(connection.id, said)]) == [Effect.REPEAT]
    found = work.get(Template, template.id)
    assert (found.status, found.rejected_reason) == (TemplateStatus.REJECTED, "INVALID_FORMAT: variável no fim")
    assert happened(work) == [Happened.TEMPLATE_REJECTED]


def test_quality_category_and_words_follow(cast: Cast, work: Work) -> None:
    connection, template = a_known_template(cast)
    words = {"body": "Olá {{1}}, seu pedido {{2}} saiu.", "footer": "x"}
    for change, value in (("quality", "YELLOW"), ("category", "MARKETING"), ("components", words)):
        templates.heed(work, [(connection.id, decided(change, value))])
    found = work.get(Template, template.id)
    assert (found.quality, found.category, found.variables) == ("YELLOW", "MARKETING", ["1", "2"])
    assert found.components == [{"type": "BODY", "text": words["body"]}]


def test_a_category_to_come_changes_nothing_yet_and_is_written_down(cast: Cast, work: Work) -> None:
    connection, template = a_known_template(cast)
    before = work.get(Template, template.id).category
    assert templates.heed(work, [(connection.id, decided("category_soon", "AUTHENTICATION"))]) == [Effect.NOTED]
    assert work.get(Template, template.id).category == before
    assert happened(work) == [Happened.TEMPLATE_UPDATED]


def test_a_template_of_nobody_here(cast: Cast, work: Work) -> None:
    assert templates.heed(work, [(a_connection(cast.ana).id, decided("status", "paused"))]) == [Effect.TEMPLATE_UNKNOWN]
    assert work.session.exec(work.select(Template)).all() == []  # pyright: ignore[reportArgumentType]
