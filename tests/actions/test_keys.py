"""Keys of programs: never stronger than their maker, good from where and until when they say."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from masteria.actions import keys
from masteria.core.access import ROLES, Actor, permissions_of
from masteria.core.work import work_across, work_as
from masteria.enums import Feature, Level, Permission, Role
from masteria.kit.clock import now
from masteria.kit.errors import Forbidden, Invalid
from masteria.models import ApiKey, CompanyFeature
from tests.cast import Cast


def made(actor: Actor, *scopes: str, **more: Any) -> keys.NewKey:
    with work_as(actor) as work:
        return keys.create_api_key(work, "chave", list(scopes or ["admin"]), **more)


def changed(actor: Actor, key: keys.NewKey, **changes: Any) -> None:
    with work_as(actor) as work:
        keys.update_api_key(work, key.id, **changes)


def found(key: keys.NewKey, ip: str = "203.0.113.7") -> Actor:
    actor = keys.find_key_actor(key.key, ip)
    assert actor is not None
    return actor


def test_a_key_is_who_it_is_and_only_its_hash_is_kept(cast: Cast) -> None:
    key = made(cast.ana, "contacts:write")
    actor = found(key)
    assert (actor.company_id, actor.kind, actor.name, actor.ip) == (
        cast.ana.company_id,
        "api_key",
        "chave",
        "203.0.113.7",
    )
    assert actor.permissions == {Permission.READ_CONTACTS, Permission.EDIT_CONTACTS}
    with work_as(cast.ana) as work:
        row = work.get(ApiKey, key.id)
    assert (row.hint, row.created_by) == (key.key[-4:], cast.ana.person_id)
    assert key.key not in repr(row)
    assert keys.find_key_actor("mk_unknown", "203.0.113.7") is None


@pytest.mark.parametrize("role", [Role.AGENT, Role.SUPERVISOR])
def test_who_may_not_administer_makes_no_key(cast: Cast, role: Role) -> None:
    with pytest.raises(Forbidden):
        made(replace(cast.ana, permissions=ROLES[role], role=role), "contacts:read")


@pytest.mark.parametrize("scope", ["admin", "campaigns:write", "campaigns:*", "members:write"])
def test_nobody_makes_a_key_stronger_than_themselves(cast: Cast, scope: str) -> None:
    custom = replace(
        cast.ana, permissions=frozenset({Permission.ADMIN, Permission.EDIT_CONTACTS, Permission.READ_CONTACTS})
    )
    with pytest.raises(Invalid, match="scope_above_yours"):
        made(custom, scope)
    assert found(made(custom, "contacts:*")).permissions == permissions_of(["contacts:*"])


def test_what_belongs_to_the_owner_or_the_installation_is_in_no_key(cast: Cast) -> None:
    may = found(made(cast.ana, "admin")).permissions
    assert may & {Permission.OWN_COMPANY, Permission.OPERATE} == set()
    for scope in ("company:own", "installation", "contacts:all", "", "*"):
        with pytest.raises(Invalid, match="unknown_scope"):
            made(cast.ana, scope)


@pytest.mark.parametrize(
    ("addresses", "inside", "outside"),
    [
        (["203.0.113.0/24"], "203.0.113.7", "203.0.114.7"),
        (["203.0.113.7"], "::ffff:203.0.113.7", "203.0.113.8"),
        (["2001:db8::/32"], "2001:db8::1", "2001:db9::1"),
        (["10.0.0.0/8", "2001:db8::7"], "2001:db8::7", "203.0.113.7"),
    ],
)
def test_a_key_is_good_only_from_its_addresses(cast: Cast, addresses: list[str], inside: str, outside: str) -> None:
    key = made(cast.ana, "contacts:read", addresses=addresses)
    assert found(key, inside).api_key_id == key.id
    for ip in (outside, "", "unix"):
        with pytest.raises(keys.KeyRefused, match="address") as refused:
            keys.find_key_actor(key.key, ip)
    assert refused.value.actor.api_key_id == key.id
    changed(cast.ana, key, addresses=[])
    assert found(key, outside).api_key_id == key.id


def test_addresses_are_checked_when_saved(cast: Cast) -> None:
    with pytest.raises(Invalid, match="not_a_network"):
        made(cast.ana, "contacts:read", addresses=["escritório"])
    with pytest.raises(Invalid, match="too_many"):
        made(cast.ana, "contacts:read", addresses=[f"10.0.0.{n}" for n in range(keys.MOST_ADDRESSES + 1)])
    key = made(cast.ana, "contacts:read", addresses=["10.0.0.9/8", "10.1.1.1/8", " "])
    with work_as(cast.ana) as work:
        assert work.get(ApiKey, key.id).addresses == ["10.0.0.0/8"]


def test_a_key_that_is_over_is_known_and_refused(cast: Cast) -> None:
    expired, revoked = made(cast.ana, "contacts:read", days=1), made(cast.ana, "contacts:read")
    with work_as(cast.ana) as work:
        work.get(ApiKey, expired.id).expires_at = now()
        keys.revoke_api_key(work, revoked.id)
    for key, reason in ((expired, "expired"), (revoked, "revoked")):
        with pytest.raises(keys.KeyRefused, match=reason):
            keys.find_key_actor(key.key, "203.0.113.7")


def test_an_end_can_be_set_moved_and_taken_away(cast: Cast) -> None:
    key = made(cast.ana, "contacts:read", days=1)
    changed(cast.ana, key, expires_at=None)
    with work_as(cast.ana) as work:
        assert work.get(ApiKey, key.id).expires_at is None
    with pytest.raises(Invalid, match="past_date"):
        changed(cast.ana, key, expires_at=now() - timedelta(seconds=1))
    for days in (0, -1, keys.LONGEST_DAYS + 1):
        with pytest.raises(Invalid, match="out_of_range"):
            made(cast.ana, "contacts:read", days=days)


def test_a_key_gives_no_other_key_wider_bounds_than_its_own(cast: Cast) -> None:
    own = made(cast.ana, "admin", days=30, addresses=["10.0.0.0/8"])
    program = found(own, "10.0.0.1")
    inner = made(program, "contacts:read", days=10, addresses=["10.1.0.0/16"])
    for more in (
        {"days": 10},
        {"days": 10, "addresses": ["0.0.0.0/0"]},
        {"days": 10, "addresses": ["10.1.1.1", "::/0"]},
    ):
        with pytest.raises(Invalid, match="wider_than_yours"):
            made(program, "contacts:read", **more)
    for days in (None, 31):
        with pytest.raises(Invalid, match="longer_than_yours"):
            made(program, "contacts:read", days=days, addresses=["10.1.0.0/16"])
    for key in (own, inner):
        with pytest.raises(Invalid, match="wider_than_yours"):
            changed(program, key, addresses=[])
        with pytest.raises(Invalid, match="longer_than_yours"):
            changed(program, key, expires_at=None)


def test_where_the_company_only_reads_over_the_api_keys_only_read(cast: Cast) -> None:
    key = made(cast.ana, "admin")
    with work_across() as database:
        database.add(CompanyFeature(company_id=cast.ana.company_id, feature=Feature.API, level=Level.READ_ONLY))
    assert {p for p in found(key).permissions if not p.endswith(":read")} == set()
    assert Permission.READ_CONTACTS in found(key).permissions


def test_a_read_only_feature_takes_its_writes_from_keys(cast: Cast) -> None:
    key = made(cast.ana, "admin")
    with work_across() as database:
        database.add(CompanyFeature(company_id=cast.ana.company_id, feature=Feature.CAMPAIGNS, level=Level.READ_ONLY))
    assert Permission.EDIT_CAMPAIGNS not in found(key).permissions
    assert {Permission.EDIT_CONTACTS, Permission.READ_CAMPAIGNS, Permission.ADMIN} <= found(key).permissions
