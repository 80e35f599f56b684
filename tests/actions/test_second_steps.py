"""Codes that work once, codes for the day the authenticator is lost, and what neither can be made to do."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pyotp
import pytest
from sqlmodel import select

from masteria.actions import second_steps, tickets
from masteria.config import settings
from masteria.core.access import Actor
from masteria.core.work import work_across, work_as
from masteria.enums import Happened, TicketPurpose
from masteria.kit.clock import now
from masteria.kit.errors import Conflict, Invalid
from masteria.kit.sealing import CannotOpen, KeyRing
from masteria.models import Activity, BackupCode, Person, SecondStep
from tests.cast import PASSWORD, Cast


def person_of(actor: Actor) -> UUID:
    assert actor.person_id is not None
    return actor.person_id


def enrol(actor: Actor) -> tuple[pyotp.TOTP, tuple[str, ...]]:
    """Switch it on with an authenticator whose clock is one step behind, so that a code of now is still unused."""
    totp = pyotp.TOTP(second_steps.offer(person_of(actor)).secret)
    return totp, second_steps.confirm(person_of(actor), code(totp, -1))


def code(totp: pyotp.TOTP, steps: int = 0) -> str:
    return totp.at(now() + timedelta(seconds=30 * steps))


def check(actor: Actor, text: str) -> str:
    with work_across() as database:
        return second_steps.check(database, person_of(actor), text)


def refused(what: Callable[[], object]) -> str:
    with pytest.raises(Invalid) as caught:
        what()
    return f"{caught.value.field} {caught.value.reason}"


def test_an_offer_asks_for_nothing_until_it_is_confirmed(cast: Cast) -> None:
    first = second_steps.offer(person_of(cast.ana))
    second = second_steps.offer(person_of(cast.ana))
    assert first.secret != second.secret
    assert not second_steps.is_on(person_of(cast.ana))
    assert second_steps.wait(person_of(cast.ana)) == ""
    assert (
        refused(lambda: second_steps.confirm(person_of(cast.ana), code(pyotp.TOTP(first.secret)))) == "code code_wrong"
    )


def test_the_address_of_the_code_names_us_and_the_person(cast: Cast) -> None:
    offer = second_steps.offer(person_of(cast.ana))
    address = urlsplit(offer.address)
    assert (address.scheme, address.netloc) == ("otpauth", "totp")
    assert parse_qs(address.query) == {"secret": [offer.secret], "issuer": ["Masteria"]}
    assert offer.secret not in repr(offer)


def test_confirming_switches_it_on_and_every_company_is_told(cast: Cast) -> None:
    _, backup = enrol(cast.ana)
    assert second_steps.is_on(person_of(cast.ana))
    assert (len(set(backup)), second_steps.codes_left(person_of(cast.ana))) == (10, 10)
    with work_as(cast.ana) as work:
        found = work.session.exec(work.select(Activity).where(Activity.happened == Happened.SECOND_STEP_ENABLED)).all()
    assert [entry.actor_name for entry in found] == ["Ana"]
    with pytest.raises(Conflict, match="second_step_on"):
        second_steps.offer(person_of(cast.ana))


def test_a_code_works_once_and_so_does_every_older_one(cast: Cast) -> None:
    totp, _ = enrol(cast.ana)
    used = code(totp)
    assert check(cast.ana, f"{used[:3]} {used[3:]}") == "code"
    assert refused(lambda: check(cast.ana, used)) == "code code_wrong"
    assert refused(lambda: check(cast.ana, code(totp, -1))) == "code code_wrong"
    assert check(cast.ana, code(totp, 1)) == "code"


@pytest.mark.parametrize("steps", [-3, 3])
def test_a_code_of_another_time_is_wrong(cast: Cast, steps: int) -> None:
    totp, _ = enrol(cast.ana)
    assert refused(lambda: check(cast.ana, code(totp, steps))) == "code code_wrong"


@pytest.mark.parametrize("text", ["", "000000", "12345", "1234567", "a" * 9999, "００００００", "\x00"])
def test_nonsense_is_wrong_and_nothing_worse(cast: Cast, text: str) -> None:
    enrol(cast.ana)
    if text == "000000":  # the one in a million that could be right
        text = "0000000"
    assert refused(lambda: check(cast.ana, text)) == "code code_wrong"


def test_of_two_who_use_a_code_at_once_one_is_late(cast: Cast) -> None:
    totp, _ = enrol(cast.ana)
    used, outcomes, start = code(totp), [], threading.Barrier(2)

    def use() -> None:
        start.wait()
        try:
            outcomes.append(check(cast.ana, used))
        except Invalid:
            outcomes.append("late")

    threads = [threading.Thread(target=use) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["code", "late"]


def test_a_backup_code_works_once_however_it_is_typed(cast: Cast) -> None:
    _, backup = enrol(cast.ana)
    assert check(cast.ana, backup[0].upper().replace("-", " ")) == "backup"
    assert refused(lambda: check(cast.ana, backup[0])) == "code code_wrong"
    assert second_steps.codes_left(person_of(cast.ana)) == 9


def test_another_persons_codes_are_worth_nothing(cast: Cast) -> None:
    _, backup = enrol(cast.ana)
    totp, _ = enrol(cast.clara)
    assert refused(lambda: check(cast.clara, backup[0])) == "code code_wrong"
    assert refused(lambda: check(cast.ana, code(totp))) == "code code_wrong"


def test_new_backup_codes_end_the_old_ones(cast: Cast) -> None:
    _, old = enrol(cast.ana)
    new = second_steps.renew_backup_codes(person_of(cast.ana))
    assert refused(lambda: check(cast.ana, old[1])) == "code code_wrong"
    assert check(cast.ana, new[1]) == "backup"


def test_the_table_holds_neither_secret_nor_codes(cast: Cast) -> None:
    totp, backup = enrol(cast.ana)
    with work_across() as database:
        step = database.exec(select(SecondStep).where(SecondStep.person_id == cast.ana.person_id)).one()
        codes = database.exec(select(BackupCode).where(BackupCode.person_id == cast.ana.person_id)).all()
    assert totp.secret.encode() not in step.secret
    assert all(backup[0].replace("-", "").encode() not in row.code_hash for row in codes)
    with pytest.raises(CannotOpen):
        KeyRing(settings().encryption_keys).open(person_of(cast.clara), second_steps.PLACE, step.secret)


def test_switching_off_wants_the_password_and_a_code(cast: Cast) -> None:
    totp, backup = enrol(cast.ana)
    ana = person_of(cast.ana)
    assert refused(lambda: second_steps.switch_off(ana, "errada-errada", code(totp))) == "password wrong"
    assert refused(lambda: second_steps.switch_off(ana, PASSWORD, "0000000")) == "code code_wrong"
    assert second_steps.is_on(ana)
    second_steps.switch_off(ana, PASSWORD, code(totp))
    assert not second_steps.is_on(ana)
    assert refused(lambda: check(cast.ana, backup[0])) == "code code_wrong"


def test_who_waits_passes_once(cast: Cast) -> None:
    totp, backup = enrol(cast.ana)
    token = second_steps.wait(person_of(cast.ana))
    assert second_steps.waiting(token) == cast.ana.person_id
    assert refused(lambda: second_steps.pass_on(token, "0000000")) == "code code_wrong"
    assert second_steps.pass_on(token, code(totp)) == cast.ana.person_id
    with pytest.raises(Conflict, match="link_used"):
        second_steps.pass_on(token, backup[0])
    assert second_steps.codes_left(person_of(cast.ana)) == 10


def test_starting_over_ends_the_waiting(cast: Cast) -> None:
    totp, _ = enrol(cast.ana)
    token = second_steps.wait(person_of(cast.ana))
    second_steps.start_over(person_of(cast.ana))
    assert second_steps.waiting(token) is None
    with pytest.raises(Conflict, match="link_expired"):
        second_steps.pass_on(token, code(totp))


def test_another_kind_of_ticket_is_no_way_in(cast: Cast) -> None:
    totp, _ = enrol(cast.ana)
    with work_across() as database:
        token = tickets.issue(database, TicketPurpose.RESET_PASSWORD, person_of(cast.ana), minutes=5)
    with pytest.raises(Conflict, match="link_wrong"):
        second_steps.pass_on(token, code(totp))


def test_a_person_without_it_has_no_code_that_works(cast: Cast) -> None:
    with work_across() as database:
        assert database.get_one(Person, person_of(cast.bruno)).second_step_at is None
    assert refused(lambda: check(cast.bruno, "123456")) == "code code_wrong"
