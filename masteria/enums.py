"""The product's vocabulary: the words that the database, the API and the screens share."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """What a member of a company may do; `core/access.py` holds the table."""

    OWNER = "owner"
    ADMIN = "admin"
    SUPERVISOR = "supervisor"
    AGENT = "agent"
    VIEWER = "viewer"


class Permission(StrEnum):
    """One thing a person or key may do. Scopes of API keys are made of these same words."""

    READ_CONTACTS = "contacts:read"
    EDIT_CONTACTS = "contacts:write"
    SEND_MESSAGES = "messages:send"
    READ_MESSAGES = "messages:read"
    READ_CAMPAIGNS = "campaigns:read"
    EDIT_CAMPAIGNS = "campaigns:write"
    READ_CONVERSATIONS = "conversations:read"
    EDIT_CONVERSATIONS = "conversations:write"
    READ_TEMPLATES = "templates:read"
    EDIT_TEMPLATES = "templates:write"
    READ_CONNECTIONS = "connections:read"
    EDIT_CONNECTIONS = "connections:write"
    READ_MEMBERS = "members:read"
    EDIT_MEMBERS = "members:write"
    READ_AUDIT = "audit:read"
    ADMIN = "admin"
    OWN_COMPANY = "company:own"
    OPERATE = "installation"


class Provider(StrEnum):
    """Who may vouch for a person besides us."""

    GOOGLE = "google"
    FACEBOOK = "facebook"


class TicketPurpose(StrEnum):
    """What a link or cookie that works once is good for."""

    VERIFY_EMAIL = "verify_email"
    CHANGE_EMAIL = "change_email"
    RESET_PASSWORD = "reset_password"
    SECOND_STEP = "second_step"


class MailState(StrEnum):
    QUEUED = "queued"
    SENT = "sent"
    FAILED = "failed"


class Feature(StrEnum):
    """A part of the product that the installation gives a company, whole or not."""

    CONTACTS = "contacts"
    CONVERSATIONS = "conversations"
    CAMPAIGNS = "campaigns"
    TEMPLATES = "templates"
    CONNECTIONS = "connections"
    API = "api"


class Level(StrEnum):
    """`limited` is everything within the company's quotas, `full` is without them."""

    FULL = "full"
    LIMITED = "limited"
    READ_ONLY = "read_only"


class Quota(StrEnum):
    """What the installation may limit in a company."""

    MEMBERS = "members"
    CONNECTIONS = "connections"
    CONTACTS = "contacts"
    MESSAGES = "messages"


class ConnectionKind(StrEnum):
    WHATSAPP_CLOUD = "whatsapp_cloud"


class ConnectionStatus(StrEnum):
    PENDING = "pending"
    CONNECTED = "connected"
    DEGRADED = "degraded"
    DISCONNECTED = "disconnected"
    FAILED = "failed"


class Consent(StrEnum):
    UNKNOWN = "unknown"
    OPTED_IN = "opted_in"
    OPTED_OUT = "opted_out"


class TemplateStatus(StrEnum):
    """Meta's own words in lower case; only an approved one may be sent."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    PAUSED = "paused"
    DISABLED = "disabled"
    UNKNOWN = "unknown"


class CampaignKind(StrEnum):
    TEMPLATE = "template"
    TEXT = "text"


class CampaignState(StrEnum):
    DRAFT = "draft"
    SCHEDULED = "scheduled"
    RUNNING = "running"
    PAUSED = "paused"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    FAILED = "failed"


class SendState(StrEnum):
    """Where an outgoing message stands. It only moves forward; `claimed` alone may be taken back."""

    QUEUED = "queued"
    CLAIMED = "claimed"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"
    SKIPPED = "skipped"
    IN_DOUBT = "in_doubt"


class Direction(StrEnum):
    INBOUND = "inbound"
    OUTBOUND = "outbound"


class ConversationStatus(StrEnum):
    OPEN = "open"
    PENDING = "pending"
    RESOLVED = "resolved"
    ARCHIVED = "archived"


class ImportStatus(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class IntakeState(StrEnum):
    """A webhook body as it came: waiting, done, or parked because it could not be read."""

    WAITING = "waiting"
    DONE = "done"
    PARKED = "parked"


class Effect(StrEnum):
    """What one event of a webhook did here."""

    MESSAGE_STORED = "message_stored"
    ECHO_STORED = "echo_stored"
    REPEAT = "repeat"
    MOVED_TO_SENT = "moved_to_sent"
    MOVED_TO_DELIVERED = "moved_to_delivered"
    MOVED_TO_READ = "moved_to_read"
    MOVED_TO_FAILED = "moved_to_failed"
    TIME_NOTED = "time_noted"
    WAITS = "waits"
    CONTACT_MOVED = "contact_moved"
    CONTACT_UNKNOWN = "contact_unknown"
    OPTED_OUT = "opted_out"
    OPTED_IN = "opted_in"
    CONSENT_UNCHANGED = "consent_unchanged"
    CLICK_NOTED = "click_noted"
    TEMPLATE_CHANGED = "template_changed"
    TEMPLATE_UNKNOWN = "template_unknown"
    CONNECTION_CHANGED = "connection_changed"
    CONNECTION_UNKNOWN = "connection_unknown"
    NOTED = "noted"
    KEPT = "kept"
    NUMBER_UNKNOWN = "number_unknown"
    NOT_APPLIED = "not_applied"


class Topic(StrEnum):
    """What a screen may watch; only the topic and an id travel, never content."""

    CAMPAIGN = "campaign"
    CONTACT = "contact"
    CONVERSATION = "conversation"
    CONNECTION = "connection"
    IMPORT = "import"
    TEMPLATE = "template"
    SESSION = "session"
    INTAKE = "intake"
    MEMBER = "member"
    COMPANY = "company"


class Happened(StrEnum):
    """The public names of what happened (webhooks, automations, audit)."""

    CONTACT_CREATED = "contact.created"
    CONTACT_UPDATED = "contact.updated"
    CONTACT_DELETED = "contact.deleted"
    LIST_CREATED = "list.created"
    LIST_UPDATED = "list.updated"
    LIST_DELETED = "list.deleted"
    CONVERSATION_CREATED = "conversation.created"
    CONVERSATION_UPDATED = "conversation.updated"
    MESSAGE_RECEIVED = "message.received"
    CAMPAIGN_CREATED = "campaign.created"
    CAMPAIGN_UPDATED = "campaign.updated"
    CAMPAIGN_DELETED = "campaign.deleted"
    CAMPAIGN_LAUNCHED = "campaign.launched"
    CAMPAIGN_PAUSED = "campaign.paused"
    CAMPAIGN_RESUMED = "campaign.resumed"
    CAMPAIGN_CANCELLED = "campaign.cancelled"
    CAMPAIGN_COMPLETED = "campaign.completed"
    CAMPAIGN_FAILED = "campaign.failed"
    CONNECTION_CREATED = "connection.created"
    CONNECTION_UPDATED = "connection.updated"
    CONNECTION_DELETED = "connection.deleted"
    CONNECTION_CONNECTED = "connection.connected"
    CONNECTION_DISCONNECTED = "connection.disconnected"
    CONNECTION_CHECKED = "connection.checked"
    CONNECTION_DEGRADED = "connection.degraded"
    CONNECTION_NOTICE = "connection.notice"
    TEMPLATES_SYNCED = "templates.synced"
    TEMPLATE_APPROVED = "template.approved"
    TEMPLATE_REJECTED = "template.rejected"
    TEMPLATE_PAUSED = "template.paused"
    TEMPLATE_DISABLED = "template.disabled"
    TEMPLATE_UPDATED = "template.updated"
    CONTACT_OPTED_OUT = "contact.opted_out"
    CONTACT_OPTED_IN = "contact.opted_in"
    LINK_CLICKED = "link.clicked"
    INTAKE_REPROCESSED = "intake.reprocessed"
    IMPORT_STARTED = "import.started"
    IMPORT_FINISHED = "import.finished"
    API_KEY_CREATED = "api_key.created"
    API_KEY_UPDATED = "api_key.updated"
    API_KEY_REVOKED = "api_key.revoked"
    MEMBER_CREATED = "member.created"
    MEMBER_UPDATED = "member.updated"
    MEMBER_REMOVED = "member.removed"
    INVITE_CREATED = "invite.created"
    INVITE_ACCEPTED = "invite.accepted"
    INVITE_REVOKED = "invite.revoked"
    TEAM_CREATED = "team.created"
    TEAM_UPDATED = "team.updated"
    TEAM_DELETED = "team.deleted"
    ROLE_CREATED = "role.created"
    ROLE_UPDATED = "role.updated"
    ROLE_DELETED = "role.deleted"
    COMPANY_UPDATED = "company.updated"
    COMPANY_SUSPENDED = "company.suspended"
    COMPANY_RESTORED = "company.restored"
    FEATURE_UPDATED = "feature.updated"
    SESSION_STARTED = "session.started"
    SESSION_ENDED = "session.ended"
    SIGN_IN_REFUSED = "sign_in.refused"
    DOOR_REFUSED = "door.refused"
    PASSWORD_CHANGED = "password.changed"
    EMAIL_CHANGED = "email.changed"
    EMAIL_VERIFIED = "email.verified"
    SECOND_STEP_ENABLED = "second_step.enabled"
    SECOND_STEP_DISABLED = "second_step.disabled"
    LOGIN_LINKED = "login.linked"
    LOGIN_UNLINKED = "login.unlinked"
    SUPPORT_ENTERED = "support.entered"
    SUPPORT_LEFT = "support.left"
    CONVERSATION_ASSIGNED = "conversation.assigned"
