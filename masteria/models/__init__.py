"""The tables, one aggregate a file. Importing this package makes the whole schema known (alembic needs it)."""

from masteria.models.access import ApiKey, RefreshToken, Session
from masteria.models.activity import Activity, IdempotencyKey
from masteria.models.base import Owned, Row
from masteria.models.budget import PortfolioBudget, PortfolioPerson
from masteria.models.campaign import Campaign, CampaignTally, Recipient
from masteria.models.company import Company, CompanyFeature, CompanyUsage, OperatorAct
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
from masteria.models.member import CustomRole, Invite, Member, Team, TeamMember
from masteria.models.person import BackupCode, Login, Mail, Person, SecondStep, Ticket
from masteria.models.template import Template

__all__ = [
    "Activity",
    "ApiKey",
    "BackupCode",
    "Campaign",
    "CampaignTally",
    "Company",
    "CompanyFeature",
    "CompanyUsage",
    "Connection",
    "Contact",
    "ContactList",
    "Conversation",
    "CustomRole",
    "IdempotencyKey",
    "ImportBatch",
    "ImportReject",
    "Intake",
    "Invite",
    "Lease",
    "ListMember",
    "Login",
    "Mail",
    "Member",
    "Message",
    "MessageKey",
    "OperatorAct",
    "Owned",
    "Person",
    "PortfolioBudget",
    "PortfolioPerson",
    "Recipient",
    "RefreshToken",
    "Row",
    "SecondStep",
    "Session",
    "StrayStatus",
    "Team",
    "TeamMember",
    "Template",
    "Ticket",
]
