"""Everything that every plugin may need, and nothing else of ours: what a plugin declares, its settings, its errors, and the
values that most hooks take and return. What one kind of plugin or one task needs besides is in the parts of this package.

Importing it, or a part, brings in neither a database nor a web framework; importing it brings in no part.
"""

from hub.contracts.agents import AgentReply, Talk
from hub.contracts.connector import ConnectionReport, Connector, PluginSettings
from hub.contracts.conversions import Conversion, PendingReceipt, Receipt
from hub.contracts.events import CallEvent, Event
from hub.contracts.facts import Caller, Fact, facts_at
from hub.contracts.insights import Claim, Conversation, Insight
from hub.contracts.listing import each_item
from hub.contracts.manifest import Auth, DataFlow, Deletion, Limits, Manifest, Recipient, Share, Webhooks
from hub.contracts.people import Erasure, HeldRecord, PersonReference
from hub.contracts.phones import phone_number
from hub.contracts.refusals import Provider, Refusal, without_personal_data
from hub.contracts.services import Log, Memory, Services
from hub.contracts.transcripts import SPEAKERS, SpokenAudio, Transcript, TranscriptPart
from hub.contracts.untrusted import JsonObject, as_mapping, as_mappings, as_text, json_object, value_at, xml_root
from hub.contracts.values import ApiVersion, Money, Transform
from hub.contracts.webhooks import AnswerDocument, VerifiedWebhook, WebhookRequest
from hub.errors import (
    AuthError,
    BadPayload,
    BadSignature,
    ConfigError,
    NotSupported,
    OutcomeUnknown,
    Rejected,
    RetryLater,
    RingfenceError,
)
from hub.hookspecs import hookimpl

__all__ = [
    "SPEAKERS", "AgentReply", "AnswerDocument", "ApiVersion", "Auth", "AuthError", "BadPayload", "BadSignature", "CallEvent",
    "Caller", "Claim", "ConfigError", "ConnectionReport", "Connector", "Conversation", "Conversion", "DataFlow",
    "Deletion", "Erasure", "Event", "Fact", "HeldRecord", "Insight", "JsonObject", "Limits", "Log", "Manifest",
    "Memory", "Money", "NotSupported", "OutcomeUnknown", "PendingReceipt", "PersonReference", "PluginSettings",
    "Provider", "Receipt", "Recipient", "Refusal", "Rejected", "RetryLater", "RingfenceError", "Services", "Share",
    "SpokenAudio", "Talk", "Transcript", "TranscriptPart", "Transform", "VerifiedWebhook", "WebhookRequest", "Webhooks",
    "as_mapping", "as_mappings", "as_text", "each_item", "facts_at", "hookimpl", "json_object", "phone_number",
    "value_at", "without_personal_data", "xml_root",
]  # fmt: skip
