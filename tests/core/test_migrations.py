"""Migrations on a database that is in use: to the newest schema, back, and to the newest again, with nothing lost."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys

import sqlalchemy as sa

from masteria.core.db import owner_engine, owner_url

STEPS = """
from alembic import command
from masteria.core import migrate
from masteria.core.db import owner_engine
import sqlalchemy as sa
import sys

FIRST = ["id", "company_id", "created_at", "changed_at"]

def rows(query):
    with owner_engine().connect() as connection:
        return [tuple(row) for row in connection.execute(sa.text(query))]

def run(*statements):
    with owner_engine().begin() as connection:
        for statement in statements:
            connection.execute(sa.text(statement))

migrate.upgrade("0002")
run(*sys.stdin.read().split(";;"))
migrate.upgrade()
assert rows("select state, due_at is null from recipient order by phone") == [
    ("queued", False), ("queued", False), ("in_doubt", True), ("sent", True)]
assert rows("select sum(pending), sum(in_doubt), sum(sent) from campaign_tally") == [(2, 1, 1)]
assert rows("select text, tableoid::regclass::text from message") == [("Oi", "months.message_2026_01")]
assert rows("select external_id from message_key") == [("wamid.A",)]
assert rows("select month::text, state from intake") == [("2026-01-01", "waiting")]
command.downgrade(migrate.alembic_config(), "0002")
assert rows("select text, external_id from message") == [("Oi", "wamid.A")]
assert rows("select count(*) from recipient") == [(4,)]
assert rows("select count(*) from intake") == [(1,)]
migrate.upgrade()
assert rows("select text, tableoid::regclass::text from message") == [("Oi", "months.message_2026_01")]
assert rows("select sum(pending), sum(in_doubt), sum(sent) from campaign_tally") == [(2, 1, 1)]
"""
_ID = "019b77f0-0000-7000-8000-00000000000"  # of January 2026
_AT = "'2026-01-15 12:00+00'"
DATA = f"""insert into company (id, created_at, changed_at, slug, name, timezone, language, country)
  values ('{_ID}1', {_AT}, {_AT}, 'aurora', 'Aurora', 'UTC', 'pt_BR', 'BR');;
insert into connection (id, company_id, created_at, changed_at, kind, name, address, external_id, account_id, access_token,
  app_secret, verify_token, status, rate_per_second, quality, bad_signatures)
  values ('{_ID}2', '{_ID}1', {_AT}, {_AT}, 'whatsapp_cloud', 'Loja', '', '1', '2', '', '', '', 'connected', 80, '', 0);;
insert into contact (id, company_id, created_at, changed_at, name, phone, tags, attributes, consent_whatsapp)
  select md5(n::text)::uuid, '{_ID}1', {_AT}, {_AT}, 'Bia', '+551190000000' || n, '{{}}', '{{}}', 'unknown'
  from generate_series(1, 4) n;;
insert into campaign (id, company_id, created_at, changed_at, name, kind, connection_id, body, variables, audience, state,
  total) values ('{_ID}3', '{_ID}1', {_AT}, {_AT}, 'Novidades', 'text', '{_ID}2', 'Oi', '{{}}', '{{}}', 'running', 4);;
insert into recipient (id, company_id, campaign_id, contact_id, phone, variables, state, state_at, attempts, due_at)
  select md5(n::text)::uuid, '{_ID}1', '{_ID}3', md5(n::text)::uuid, '+55119' || n, '{{}}',
    (array['queued', 'claimed', 'sending', 'sent'])[n], {_AT}, 1, {_AT} from generate_series(1, 4) n;;
insert into conversation (id, company_id, created_at, changed_at, connection_id, contact_id, status, unread_count,
  last_message_at, last_message_text, last_message_kind)
  values ('{_ID}4', '{_ID}1', {_AT}, {_AT}, '{_ID}2', md5('1')::uuid, 'open', 0, {_AT}, '', 'text');;
insert into message (id, company_id, created_at, changed_at, conversation_id, direction, kind, text, payload, external_id,
  attempts) values ('{_ID}5', '{_ID}1', {_AT}, {_AT}, '{_ID}4', 'inbound', 'text', 'Oi', '{{}}', 'wamid.A', 0);;
insert into intake (id, company_id, created_at, changed_at, connection_id, digest, body, state)
  values ('{_ID}6', '{_ID}1', {_AT}, {_AT}, '{_ID}2', 'a', 'b', 'waiting')"""


def test_migrations_run_to_the_newest_back_and_again_on_data() -> None:
    name = f"masteria_migrations_{secrets.token_hex(4)}"
    with owner_engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text(f"create database {name}"))
        try:
            env = {**os.environ, "DATABASE_URL": owner_url().set(database=name).render_as_string(hide_password=False)}
            command = [sys.executable, "-c", STEPS]
            done = subprocess.run(command, input=DATA, env=env, capture_output=True, text=True, timeout=120)
            assert done.returncode == 0, done.stderr[-3000:]
        finally:
            connection.execute(sa.text(f"drop database {name} with (force)"))
