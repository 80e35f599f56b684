"""From a connection's row to the vendor's account, secrets opened; closed again by forgetting."""

from __future__ import annotations

from masteria.channels.base import Account
from masteria.config import settings
from masteria.models import Connection


def account_of(connection: Connection) -> Account:
    """Where and as whom to speak for this number."""
    return account(connection.external_id, connection.account_id, connection.access_token)


def account(number_id: str, account_id: str, token: str) -> Account:
    base = f"{settings().meta_graph_url}/{settings().meta_graph_version}"
    return Account(base, number_id, account_id, token)
