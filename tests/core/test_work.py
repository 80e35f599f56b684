"""One company at a time: the first wall in `Work`, the second in PostgreSQL."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import ProgrammingError

from masteria.core.db import APP, engine
from masteria.core.work import Work, work_across, work_as
from masteria.enums import Permission
from masteria.kit.errors import Forbidden, NotFound
from masteria.models import Connection, Contact
from tests.cast import Cast, a_connection, contacts


def test_another_companys_row_is_not_found(cast: Cast) -> None:
    contact = contacts(cast.ana, 1)[0]
    with work_as(cast.clara) as work, pytest.raises(NotFound):
        work.get(Contact, contact.id)


def test_a_query_that_forgets_its_filter_sees_one_company(cast: Cast) -> None:
    contacts(cast.ana, 3)
    contacts(cast.clara, 2)
    with work_as(cast.clara) as work:
        assert work.execute("select count(*) from contact").scalar() == 2


def test_a_row_cannot_be_put_into_another_company(cast: Cast) -> None:
    with pytest.raises(ProgrammingError, match="row-level security"), work_as(cast.clara) as work:
        work.session.add(Contact(company_id=cast.ana.company_id, name="x"))


def test_a_session_without_a_company_sees_nothing(cast: Cast) -> None:
    contacts(cast.ana, 1)
    with engine(APP).connect() as connection:
        assert connection.scalar(sa.text("select count(*) from contact")) == 0


def test_secrets_are_sealed_in_the_table(cast: Cast) -> None:
    connection = a_connection(cast.ana, access_token="EAAsecret")
    with work_as(cast.ana) as work:
        raw = work.execute("select access_token from connection where id = :id", {"id": connection.id}).scalar()
        assert b"EAAsecret" not in bytes(raw or b"")
        assert work.get(Connection, connection.id).access_token == "EAAsecret"


def test_the_door_across_companies_shows_no_content(cast: Cast) -> None:
    contacts(cast.ana, 1)
    with pytest.raises(ProgrammingError, match="permission denied"), work_across() as database:
        database.execute(sa.text("select access_token from connection"))  # pyright: ignore[reportDeprecated]


def test_a_viewer_may_not_edit(cast: Cast) -> None:
    with work_as(cast.vera) as work, pytest.raises(Forbidden):
        work.require(Permission.EDIT_CONTACTS)


def test_each_transaction_names_its_company_and_forgets_it(cast: Cast) -> None:
    """Connections are shared: what one transaction was told must not be there in the next, nor after a savepoint."""
    told = "select current_setting('app.company_id', true), current_setting('enable_seqscan')"
    for actor, by_key in ((cast.ana, True), (cast.clara, False), (cast.ana, False)):
        with work_as(actor, by_key=by_key) as work:
            assert tuple(work.execute(told).one()) == (str(actor.company_id), "off" if by_key else "on")
            with work.session.begin_nested():
                assert work.execute("select app.current_company()").scalar() == actor.company_id
            assert work.execute("select app.current_company()").scalar() == actor.company_id
    with engine(APP).connect() as connection:
        assert connection.scalar(sa.text("select coalesce(current_setting('app.company_id', true), '')")) == ""


def test_a_transaction_that_fails_takes_its_company_with_it(cast: Cast) -> None:
    made = contacts(cast.ana, 1)[0]
    with pytest.raises(ProgrammingError), work_as(cast.ana) as work:
        _rename_and_fail(work, made)
    with work_as(cast.clara) as work:
        assert work.execute("select count(*) from contact where id = :id", {"id": made.id}).scalar() == 0
    with work_as(cast.ana) as work:
        assert work.get(Contact, made.id).name == made.name


def _rename_and_fail(work: Work, contact: Contact) -> None:
    work.get(Contact, contact.id, lock=True).name = "Outra"
    work.session.flush()
    work.execute("select no_such_column")
