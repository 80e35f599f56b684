"""The tables, one aggregate a file. Importing this package makes the whole schema known (alembic needs it)."""

from masteria.models.activity import Activity, IdempotencyKey
from masteria.models.base import Owned, Row
from masteria.models.budget import PortfolioBudget, PortfolioPerson
from masteria.models.campaign import Campaign, CampaignTally, Recipient
from masteria.models.company import Company
from masteria.models.connection import Connection
from masteria.models.contact import (
    Contact,
    ContactList,
    ImportBatch,
    ImportReject,
    ListMember,
)
from masteria.models.conversation import Conversation, Intake, Message, MessageKey, StrayStatus
from masteria.models.ledger import Lease
from masteria.models.person import ApiKey, Member, Person, Session
from masteria.models.template import Template

__all__ = [
    "Activity",
    "ApiKey",
    "Campaign",
    "CampaignTally",
    "Company",
    "Connection",
    "Contact",
    "ContactList",
    "Conversation",
    "IdempotencyKey",
    "ImportBatch",
    "ImportReject",
    "Intake",
    "Lease",
    "ListMember",
    "Member",
    "Message",
    "MessageKey",
    "Owned",
    "Person",
    "PortfolioBudget",
    "PortfolioPerson",
    "Recipient",
    "Row",
    "Session",
    "StrayStatus",
    "Template",
]
