"""THE DOOR: everything that a plugin may import, and nothing else of ours.

Importing it brings in neither a database nor a web framework.
"""

from hub.contracts.connector import ConnectionReport, Connector, PluginSettings
from hub.contracts.consent import ConsentQuestion, ConsentRecord, Opinion, Place, Signal
from hub.contracts.conversions import CallActivity, Conversion, PendingReceipt, Receipt
from hub.contracts.events import CallEvent, Event, MessageEvent
from hub.contracts.facts import Caller, Fact
from hub.contracts.manifest import Auth, DataFlow, Deletion, Limits, Manifest, Recipient, Share
from hub.contracts.numbers import NumberOffer, NumberQuery, NumberSetup, OwnedNumber, RecordingAudio
from hub.contracts.outcomes import Outcome, OutcomePage
from hub.contracts.people import Erasure, HeldRecord, PersonReference
from hub.contracts.phones import phone_number
from hub.contracts.routes import Route
from hub.contracts.sandbox import AdsSandbox, CarrierSandbox, CrmSandbox, Fault, HttpSandbox, Sandbox, SimulatedCall
from hub.contracts.services import Log, Memory, Services, TokenStore
from hub.contracts.values import TRANSFORMS, Money, personal
from hub.contracts.webhooks import AnswerDocument, AnswerPoint, VerifiedWebhook, WebhookRequest
from hub.errors import (
    AuthError,
    BadPayload,
    BadSignature,
    ConfigError,
    NotSupported,
    Rejected,
    RetryLater,
    RingfenceError,
)
from hub.hookspecs import hookimpl

__all__ = [
    "TRANSFORMS",
    "AdsSandbox",
    "AnswerDocument",
    "AnswerPoint",
    "Auth",
    "AuthError",
    "BadPayload",
    "BadSignature",
    "CallActivity",
    "CallEvent",
    "Caller",
    "CarrierSandbox",
    "ConfigError",
    "ConnectionReport",
    "Connector",
    "ConsentQuestion",
    "ConsentRecord",
    "Conversion",
    "CrmSandbox",
    "DataFlow",
    "Deletion",
    "Erasure",
    "Event",
    "Fact",
    "Fault",
    "HeldRecord",
    "HttpSandbox",
    "Limits",
    "Log",
    "Manifest",
    "Memory",
    "MessageEvent",
    "Money",
    "NotSupported",
    "NumberOffer",
    "NumberQuery",
    "NumberSetup",
    "Opinion",
    "Outcome",
    "OutcomePage",
    "OwnedNumber",
    "PendingReceipt",
    "PersonReference",
    "Place",
    "PluginSettings",
    "Receipt",
    "Recipient",
    "RecordingAudio",
    "Rejected",
    "RetryLater",
    "RingfenceError",
    "Route",
    "Sandbox",
    "Services",
    "Share",
    "Signal",
    "SimulatedCall",
    "TokenStore",
    "VerifiedWebhook",
    "WebhookRequest",
    "hookimpl",
    "personal",
    "phone_number",
]
