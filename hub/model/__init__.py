"""The tables and small pure functions on them, one module per concept, in the terms of the trade.

A table is made when its module is loaded, and that takes milliseconds and memory, so a name of this package loads its module
when it is first asked for. `every_table` loads them all, for what concerns the whole schema.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlalchemy import MetaData

    from hub.model.accounts import Account, Brand, Company
    from hub.model.alerts import (
        Alert,
        AlertDelivery,
        AlertEvent,
        AlertPhone,
        AlertPreference,
        AlertRule,
        PushSubscription,
        VapidKey,
    )
    from hub.model.archived_calls import ArchivedCall, ArchiveFile
    from hub.model.assistants import AssistantGrant, AssistantToken, OAuthClient
    from hub.model.attribution import Attribution
    from hub.model.audit import AuditEntry
    from hub.model.authority import AuthorityDisclosure
    from hub.model.calls import Call, CallEventRow, InboxWebhook
    from hub.model.company_ends import CompanyEnd
    from hub.model.config_versions import ConfigDraft, ConfigProcess, ConfigVersion
    from hub.model.consent import ConsentDecision, Disclosure
    from hub.model.conversions import Attempt, ConversionRow, Delivery, OutcomeRow
    from hub.model.costs import CostRow
    from hub.model.doubtful_refusals import DoubtfulRefusal
    from hub.model.erasures import Restoration, Tombstone
    from hub.model.flows import CallStep, FlowDraft, FlowVersion, Greeting, RecordingNotice
    from hub.model.forms import FormSubmission
    from hub.model.health import CallTest, ErrorHour, HealthReport
    from hub.model.idempotency import IdempotentRequest
    from hub.model.imports import ImportMatch, ImportStep, SwitchStep
    from hub.model.journal import HUB_CHAIN, JournalEnd, JournalEntry, JournalWaiting
    from hub.model.keys import PersonKey
    from hub.model.ledger import ConsentDetail, ConsentEntry, ConsentNotice
    from hub.model.marks import Lead, LeadChange, Note, PersonMerge, SpamMark, Tag, TagDefinition
    from hub.model.messages import Suppression, TextMedia, TextMessage, TextStatus, ThreadArchive
    from hub.model.numbers import (
        DirectoryChange,
        NumberFinding,
        NumberPurchase,
        PoolHour,
        PoolOverflow,
        Tracker,
        TrackingNumber,
    )
    from hub.model.opt_outs import OptOut
    from hub.model.outgoing_calls import OutgoingCall
    from hub.model.pages import RecordingPeaks, ReportLink, ReportSubscription, SavedView
    from hub.model.people import FactRow, Person
    from hub.model.policies import PolicyAcceptance, PolicyNotice, PolicyText, PolicyVersion
    from hub.model.ports import PortOrderRow
    from hub.model.queues import QueueAgent, QueueEntry
    from hub.model.recipients import RecipientVersion, Refusal
    from hub.model.recordings import Recording
    from hub.model.reports import DayRollup, DirtyDay, HourRollup, MonthRollup, SourceRule, YearRollup
    from hub.model.requests import (
        IdentityProof,
        LegalHold,
        PrivacyRequest,
        RequestStep,
        RequestTask,
        Restriction,
    )
    from hub.model.search import SearchWord
    from hub.model.sign_in import (
        OidcIdentity,
        Passkey,
        RecoveryCode,
        SignInChallenge,
        SignInLink,
        UserCompany,
        UserSecret,
        WebSession,
    )
    from hub.model.spam import CallerRule, SpamScore
    from hub.model.syncs import (
        Connecting,
        ConnectorNote,
        ConnectorState,
        ConnectorToken,
        Cursor,
        IgnoredRepair,
        StoredSecret,
        SyncSlot,
        VendorRecording,
    )
    from hub.model.transcripts import SignalRow, TranscriptRow
    from hub.model.users import ApiKey, User
    from hub.model.visits import Lease, PageView, Visit
    from hub.model.webhooks_out import WebhookEndpoint, WebhookEvent

MODULES = {
    "accounts": ("Account", "Brand", "Company"),
    "alerts": ("Alert", "AlertDelivery", "AlertEvent", "AlertPhone", "AlertPreference", "AlertRule",
        "PushSubscription", "VapidKey"),
    "archived_calls": ("ArchivedCall", "ArchiveFile"),
    "assistants": ("AssistantGrant", "AssistantToken", "OAuthClient"),
    "attribution": ("Attribution",),
    "audit": ("AuditEntry",),
    "authority": ("AuthorityDisclosure",),
    "calls": ("Call", "CallEventRow", "InboxWebhook"),
    "company_ends": ("CompanyEnd",),
    "config_versions": ("ConfigDraft", "ConfigProcess", "ConfigVersion"),
    "consent": ("ConsentDecision", "Disclosure"),
    "conversions": ("Attempt", "ConversionRow", "Delivery", "OutcomeRow"),
    "costs": ("CostRow",),
    "doubtful_refusals": ("DoubtfulRefusal",),
    "erasures": ("Restoration", "Tombstone"),
    "flows": ("CallStep", "FlowDraft", "FlowVersion", "Greeting", "RecordingNotice"),
    "forms": ("FormSubmission",),
    "health": ("CallTest", "ErrorHour", "HealthReport"),
    "idempotency": ("IdempotentRequest",),
    "imports": ("ImportMatch", "ImportStep", "SwitchStep"),
    "journal": ("HUB_CHAIN", "JournalEnd", "JournalEntry", "JournalWaiting"),
    "keys": ("PersonKey",),
    "ledger": ("ConsentDetail", "ConsentEntry", "ConsentNotice"),
    "marks": ("Lead", "LeadChange", "Note", "PersonMerge", "SpamMark", "Tag", "TagDefinition"),
    "messages": ("Suppression", "TextMedia", "TextMessage", "TextStatus", "ThreadArchive"),
    "numbers": ("DirectoryChange", "NumberFinding", "NumberPurchase", "PoolHour", "PoolOverflow", "Tracker",
        "TrackingNumber"),
    "opt_outs": ("OptOut",),
    "outgoing_calls": ("OutgoingCall",),
    "pages": ("RecordingPeaks", "ReportLink", "ReportSubscription", "SavedView"),
    "people": ("FactRow", "Person"),
    "policies": ("PolicyAcceptance", "PolicyNotice", "PolicyText", "PolicyVersion"),
    "ports": ("PortOrderRow",),
    "recipients": ("RecipientVersion", "Refusal"),
    "queues": ("QueueAgent", "QueueEntry"),
    "recordings": ("Recording",),
    "reports": ("DayRollup", "DirtyDay", "HourRollup", "MonthRollup", "SourceRule", "YearRollup"),
    "requests": ("IdentityProof", "LegalHold", "PrivacyRequest", "RequestStep", "RequestTask", "Restriction"),
    "sign_in": ("OidcIdentity", "Passkey", "RecoveryCode", "SignInChallenge", "SignInLink", "UserCompany",
        "UserSecret", "WebSession"),
    "search": ("SearchWord",),
    "spam": ("CallerRule", "SpamScore"),
    "syncs": ("Connecting", "ConnectorNote", "ConnectorState", "ConnectorToken", "Cursor", "IgnoredRepair",
        "StoredSecret", "SyncSlot", "VendorRecording"),
    "transcripts": ("SignalRow", "TranscriptRow"),
    "users": ("ApiKey", "User"),
    "visits": ("Lease", "PageView", "Visit"),
    "webhooks_out": ("WebhookEndpoint", "WebhookEvent"),
}  # fmt: skip
"""Each module with the names of this package that it defines."""
_PLACES = {name: module for module, names in MODULES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = found = getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
    return found


def every_table() -> MetaData:
    """The whole schema, with all modules loaded."""
    from sqlmodel import SQLModel

    for module in MODULES:
        import_module(f"{__name__}.{module}")
    return SQLModel.metadata
