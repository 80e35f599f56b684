"""Invites: one link, one person, one week; nobody comes in twice, and nobody in another's name."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlmodel import col, select

from masteria.actions import invites, members, roles, sessions, teams
from masteria.core.access import Actor
from masteria.core.work import Work, work_across, work_as
from masteria.enums import Role
from masteria.kit.clock import now
from masteria.kit.errors import Conflict, Forbidden, Invalid, MasteriaError, NotFound
from masteria.models import Activity, Company, Invite, Mail, Member, Person, TeamMember
from tests.cast import PASSWORD, Cast, a_colleague


def token_of(made: invites.NewInvite) -> str:
    return parse_qs(urlsplit(made.link).query)["token"][0]


def a_link(cast: Cast, role: Role = Role.AGENT, **options: object) -> str:
    with work_as(cast.ana) as work:
        return token_of(invites.create(work, role, **options))  # pyright: ignore[reportArgumentType]


def come_in(token: str, actor: Actor) -> Actor:
    """Clara, say, joins one more company."""
    assert actor.person_id
    found = sessions.find_actor(sessions.let_in(invites.join(token, actor.person_id)))
    assert found is not None
    return found


def state_of(token: str) -> str:
    offer = invites.look(token)
    return offer.state if offer else "unknown"


def test_a_link_says_who_invites_to_what(cast: Cast) -> None:
    offer = invites.look(a_link(cast, email="novo@exemplo.com"))
    assert offer is not None
    assert (offer.company, offer.inviter, offer.role, offer.state) == ("Aurora", "Ana", "agent", "open")
    assert offer.email == "novo@exemplo.com"
    assert invites.look("what-nobody-made") is None


def test_somebody_signed_in_joins_one_more_company(cast: Cast) -> None:
    token = a_link(cast, Role.SUPERVISOR)
    clara = come_in(token, cast.clara)
    assert (clara.company_id, clara.role, clara.person_id) == (
        cast.ana.company_id,
        Role.SUPERVISOR,
        cast.clara.person_id,
    )
    assert state_of(token) == "used"
    with work_as(cast.ana) as work:
        entry = work.session.exec(select(Activity).where(Activity.happened == "invite.accepted")).one()
    assert (entry.actor_id, entry.details["role"]) == (cast.clara.person_id, "supervisor")


def test_an_invite_brings_role_team_and_limit_along(cast: Cast) -> None:
    with work_as(cast.ana) as work:
        role_id, team_id = roles.create(work, "Recepção", ["messages:send"]), teams.create(work, "Vendas")
        made = invites.create(work, None, custom_role_id=role_id, team_id=team_id, own_only=True)
    clara = come_in(token_of(made), cast.clara)
    assert (clara.own_only, clara.role) == (True, Role.AGENT)
    assert "messages:send" in clara.permissions
    assert "contacts:write" not in clara.permissions
    with work_as(cast.ana) as work:
        assert work.session.exec(select(TeamMember.member_id).where(col(TeamMember.team_id) == team_id)).all() == [
            clara.member_id
        ]


def test_a_link_works_once(cast: Cast) -> None:
    token = a_link(cast)
    come_in(token, cast.clara)
    with pytest.raises(Conflict, match="invite_used"):
        invites.register(token, "", invites.Newcomer.checked("Outra", "outra-pessoa@exemplo.com", PASSWORD))
    with work_across() as database:
        assert database.exec(select(Person).where(Person.email == "outra-pessoa@exemplo.com")).first() is None


def test_used_twice_at_once_one_comes_in(cast: Cast) -> None:
    token = a_link(cast)
    people = [a_colleague(cast.clara, Role.AGENT) for _ in range(4)]
    errors = at_once([lambda p=p: come_in(token, p) for p in people])
    assert sorted(str(error) for error in errors) == ["None", "invite_used", "invite_used", "invite_used"]
    with work_as(cast.ana) as work:
        here = set(work.session.exec(select(Member.person_id).where(Member.company_id == work.company_id)))
    assert len(here & {p.person_id for p in people}) == 1


def test_two_links_at_once_make_one_member(cast: Cast) -> None:
    errors = at_once([lambda t=t: come_in(t, cast.clara) for t in (a_link(cast), a_link(cast))])
    assert sorted(str(error) for error in errors) == ["None", "already_member"]


def test_the_quota_of_members_holds_for_two_at_once(cast: Cast) -> None:
    with work_across() as database:
        database.get_one(Company, cast.ana.company_id).max_members = 4  # three are here
    tokens, people = [a_link(cast) for _ in range(2)], [a_colleague(cast.clara, Role.AGENT) for _ in range(2)]
    errors = at_once([lambda t=t, p=p: come_in(t, p) for t, p in zip(tokens, people, strict=True)])
    assert sorted(str(error) for error in errors) == ["None", "quota_members"]


def at_once(deeds: list[Callable[[], object]]) -> list[MasteriaError | None]:
    gate, errors = threading.Barrier(len(deeds)), list[MasteriaError | None]([None] * len(deeds))

    def run(n: int) -> None:
        gate.wait(20)
        try:
            deeds[n]()
        except MasteriaError as error:
            errors[n] = error

    threads = [threading.Thread(target=run, args=(n,)) for n in range(len(deeds))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return errors


def test_what_is_over_opens_nothing(cast: Cast) -> None:
    with work_as(cast.ana) as work:
        made = invites.create(work, Role.AGENT)
        invites.revoke(work, made.id)
        late = invites.create(work, Role.AGENT)
        work.get(Invite, late.id).expires_at = now() - timedelta(seconds=1)
    for token, state in ((token_of(made), "revoked"), (token_of(late), "expired")):
        assert state_of(token) == state
        with pytest.raises(Conflict, match=f"invite_{state}"):
            come_in(token, cast.clara)
    with pytest.raises(NotFound):
        come_in("what-nobody-made", cast.clara)


def test_a_renewed_link_works_and_the_one_before_does_not(cast: Cast) -> None:
    with work_as(cast.ana) as work:
        first = invites.create(work, Role.AGENT)
        work.get(Invite, first.id).expires_at = now() - timedelta(days=1)
        second = invites.renew(work, first.id)
    assert (state_of(token_of(first)), state_of(token_of(second))) == ("unknown", "open")
    with work_as(cast.ana) as work:
        invites.revoke(work, first.id)
    with pytest.raises(Conflict, match="invite_revoked"), work_as(cast.ana) as work:
        invites.renew(work, first.id)


def confirm(actor: Actor, at: datetime | None) -> None:
    with work_across() as database:
        database.exec(select(Person).where(Person.id == actor.person_id)).one().email_verified_at = at


def test_an_invite_with_an_address_is_for_that_person_alone(cast: Cast) -> None:
    token = a_link(cast, email=f"  {cast.clara.email.upper()} ")
    other = a_colleague(cast.clara, Role.AGENT)
    confirm(cast.clara, None)
    for stranger in (other, cast.clara):
        with pytest.raises(Conflict, match="invite_of_another"):
            come_in(token, stranger)
    confirm(cast.clara, now())
    assert come_in(token, cast.clara).company_id == cast.ana.company_id


def test_somebody_new_comes_in_with_a_name_and_a_password(cast: Cast) -> None:
    token, email = a_link(cast), f"nova-{cast.ana.company_id.hex[-12:]}@exemplo.com"
    member = invites.register(token, "", invites.Newcomer.checked("Rita Lee", email.upper(), PASSWORD, "es"))
    found = sessions.find_actor(sessions.let_in(member))
    assert found is not None
    assert (found.name, found.email, found.company_id) == ("Rita Lee", email, cast.ana.company_id)
    assert (found.language, confirmed(email), mail_to(email)) == ("es", False, ["Confirma tu correo"])
    for values, field in (
        (("R", email, PASSWORD), "name"),
        (("Rita", "x", PASSWORD), "email"),
        (("Rita", email, "curta"), "password"),
        (("Rita", email, PASSWORD), "email"),
    ):
        with pytest.raises(Invalid) as refused:
            invites.register(a_link(cast), "", invites.Newcomer.checked(*values))
        assert refused.value.field == field


def test_only_the_link_from_the_mail_confirms_the_address(cast: Cast) -> None:
    """The link on the inviter's screen proves nothing: they could take an account in another's name."""
    email = f"nova-{cast.ana.company_id.hex[-12:]}@exemplo.com"
    token = a_link(cast, email=email)
    for proof in ("", "0" * 32, invites.proof_of(a_link(cast))):
        with pytest.raises(Conflict, match="invite_of_another"):
            invites.register(token, proof, invites.Newcomer.checked("Rita", email, PASSWORD))
    invites.register(token, invites.proof_of(token), invites.Newcomer.checked("Rita", email, PASSWORD))
    assert confirmed(email) is True
    assert mail_to(email) == ["Ana convidou você para Aurora"]


def mail_to(email: str) -> list[str]:
    with work_across() as database:
        return list(database.exec(select(Mail.subject).where(Mail.address == email).order_by(col(Mail.id))))


def test_an_invite_that_came_to_nothing_is_not_mailed(cast: Cast) -> None:
    email = f"nova-{cast.ana.company_id.hex[-12:]}@exemplo.com"
    with pytest.raises(Conflict, match="last_owner"), work_as(cast.ana) as work:
        invite_and_fail(work, email)
    assert mail_to(email) == []


def invite_and_fail(work: Work, email: str) -> None:
    invites.create(work, Role.AGENT, email=email)
    members.leave(work)


def confirmed(email: str) -> bool:
    with work_across() as database:
        return database.exec(select(Person.email_verified_at).where(Person.email == email)).one() is not None


def test_nobody_invites_above_their_own_role(cast: Cast) -> None:
    admin = a_colleague(cast.ana, Role.ADMIN)
    with pytest.raises(Forbidden), work_as(admin) as work:
        invites.create(work, Role.OWNER)
    with work_as(cast.ana) as work:
        owner_id = invites.create(work, Role.OWNER).id
    with pytest.raises(Forbidden), work_as(admin) as work:
        invites.renew(work, owner_id)


def test_an_address_is_invited_once_and_members_not_at_all(cast: Cast) -> None:
    a_link(cast, email="novo@exemplo.com")
    for email, reason in (("NOVO@exemplo.com", "invited_already"), (cast.bruno.email, "already_member")):
        with pytest.raises(Conflict, match=reason):
            a_link(cast, email=email)


def test_who_left_comes_back_only_by_a_new_invite(cast: Cast) -> None:
    admin = a_colleague(cast.ana, Role.ADMIN)
    with work_as(admin) as work:
        token = token_of(invites.create(work, Role.ADMIN))
    with work_as(admin) as work:
        members.leave(work)
    with pytest.raises(Conflict, match="invite_revoked"):
        come_in(token, admin)


def test_a_suspended_company_takes_nobody_in(cast: Cast) -> None:
    token = a_link(cast)
    with work_across() as database:
        database.get_one(Company, cast.ana.company_id).suspended_at = now()
    assert state_of(token) == "revoked"
    with pytest.raises(Conflict, match="invite_revoked"):
        come_in(token, cast.clara)


def test_the_table_holds_no_link(cast: Cast) -> None:
    token = a_link(cast)
    with work_as(cast.ana) as work:
        kept = work.execute("select i::text from invite i").scalars().all()
        told = work.execute("select a::text from activity a").scalars().all()
    assert kept
    assert [text for text in (*kept, *told) if token in text] == []
