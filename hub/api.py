"""THE DOOR: everything that a plugin may import, and nothing else of ours.

Importing it brings in neither a database nor a web framework.
"""

from hub.contracts.answers import (
    AnswerPoint,
    Attestation,
    Dial,
    Gather,
    HangUp,
    Instruction,
    Moment,
    Play,
    Say,
    TakeMessage,
)
from hub.contracts.call_backs import CallBack, CallBackEvent, LegStatus
from hub.contracts.companions import CompanionProcess
from hub.contracts.connector import ConnectionReport, Connector, PluginSettings
from hub.contracts.consent import SIGNALS_NUMBER, ConsentQuestion, ConsentRecord, Duty, Opinion, Place, Signal
from hub.contracts.conversions import UNVERIFIABLE, CallActivity, Conversion, PendingReceipt, Receipt
from hub.contracts.costs import Cost, Days
from hub.contracts.events import CallEvent, CallFailure, Event, MessageEvent, MessageStatusEvent
from hub.contracts.facts import Caller, Fact
from hub.contracts.faults import Fault
from hub.contracts.hearing import HeardRequest
from hub.contracts.manifest import (
    Auth,
    ClickId,
    DataFlow,
    Deletion,
    Limits,
    Manifest,
    Recipient,
    Scope,
    SetUpStep,
    Share,
    Transform,
    Webhooks,
)
from hub.contracts.numbers import NumberOffer, NumberQuery, NumberSetup, OwnedNumber, RecordingAudio, RecordingControl
from hub.contracts.oauth import AccessTokens, OAuthGrant, TokenStore, sign_assertion
from hub.contracts.operations import Operations, RequestFault
from hub.contracts.outcomes import Outcome, OutcomePage
from hub.contracts.owners import OwnerSignIn
from hub.contracts.people import Corrected, Correction, Erasure, HeldRecord, PersonReference
from hub.contracts.phones import phone_number
from hub.contracts.places import is_place, places_of_number
from hub.contracts.ports import PortOrder, PortRequest, PortStatus
from hub.contracts.prefixes import longest_name
from hub.contracts.refusals import Provider, Refusal, retry_after, without_personal_data
from hub.contracts.regions import REGIONS, region_of, regions_in
from hub.contracts.rules import LegalRule, RuleTopic
from hub.contracts.sandbox import (
    AdsSandbox,
    CallBackOutcome,
    CallBackSandbox,
    CarrierSandbox,
    CostSandbox,
    CrmSandbox,
    Exchange,
    HttpSandbox,
    NumberSandbox,
    OwnerSandbox,
    Sandbox,
    SimulatedCall,
)
from hub.contracts.sandbox_replies import json_reply, reply, routed
from hub.contracts.sandbox_sign_in import SandboxSignIn, unsigned_id_token
from hub.contracts.services import Log, Memory, Services
from hub.contracts.sign_in import AccountList, DestinationChoice, ProviderAccount, SignIn
from hub.contracts.sources import KnownSource, SourceKind
from hub.contracts.texts import MediaFile, OutboundText, TextListQuery
from hub.contracts.tokens import key_token, public_key, secret_claims, secret_token
from hub.contracts.transcripts import SpokenAudio, Transcript, TranscriptPart
from hub.contracts.untrusted import JsonObject, as_mapping, as_mappings, as_text, json_object, value_at, xml_root
from hub.contracts.values import TRANSFORMS, Money, personal
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
from hub.protocols.carrier_hooks import picture, receipt, recording_audio, rejecting, type_and_bytes
from hub.protocols.json_ads import JsonAds
from hub.protocols.json_ads.cost_reports import CostReport
from hub.protocols.json_ads.shapes import SHA256, has_shape
from hub.protocols.json_ads.stand_in import JsonAdsSandbox, StandIn
from hub.protocols.json_ads.templates import ROW, ROWS, Batch, Call
from hub.protocols.twiml.account import list_page, tone
from hub.protocols.twiml.addresses import CallbackAddresses
from hub.protocols.twiml.call_back_steps import STEPS as CALL_BACK_STEPS
from hub.protocols.twiml.call_back_steps import person_dial
from hub.protocols.twiml.call_list import CallListReader
from hub.protocols.twiml.call_list import families as call_families
from hub.protocols.twiml.carrier import TwimlCarrier
from hub.protocols.twiml.events import ENDED_STATUSES as TWIML_ENDED
from hub.protocols.twiml.events import PERSON_LEG, USER_LEG, recording_event
from hub.protocols.twiml.events import UNANSWERED_STATUSES as TWIML_UNANSWERED
from hub.protocols.twiml.language import Twiml
from hub.protocols.twiml.listed_call import ListedCall
from hub.protocols.twiml.people import CARRIER_FLOWS, erase_recordings, held_records
from hub.protocols.twiml.player import Leg, TwimlPlayer
from hub.protocols.twiml.sealed_callers import SealedCallers
from hub.protocols.twiml.signature import Field as FormField
from hub.protocols.twiml.signature import form_fields, is_signed, sign_form, signed_form, signed_text
from hub.protocols.twiml.stand_in import TwimlStandIn
from hub.protocols.twiml.text_list import TextListReader
from hub.protocols.twiml.webhook import TEXT_STATUS_PATH, TwimlWebhook
from hub.protocols.twiml.words import (
    address_at,
    believed,
    call_failure,
    call_status,
    caller_name,
    identifier,
    moment,
    whole_seconds,
)

__all__ = [
    "CALL_BACK_STEPS", "CARRIER_FLOWS", "PERSON_LEG", "REGIONS", "ROW", "ROWS", "SHA256", "SIGNALS_NUMBER",
    "TEXT_STATUS_PATH", "TRANSFORMS", "TWIML_ENDED", "TWIML_UNANSWERED", "UNVERIFIABLE", "USER_LEG", "AccessTokens",
    "AccountList", "AdsSandbox", "AnswerDocument", "AnswerPoint", "Attestation", "Auth", "AuthError", "BadPayload",
    "BadSignature", "Batch", "Call", "CallActivity", "CallBack", "CallBackEvent", "CallBackOutcome", "CallBackSandbox",
    "CallEvent", "CallFailure", "CallListReader", "CallbackAddresses", "Caller", "CarrierSandbox", "ClickId",
    "CompanionProcess", "ConfigError", "ConnectionReport", "Connector", "ConsentQuestion", "ConsentRecord",
    "Conversion", "Corrected", "Correction", "Cost", "CostReport", "CostSandbox", "CrmSandbox", "DataFlow", "Days",
    "Deletion", "DestinationChoice", "Dial", "Duty", "Erasure", "Event", "Exchange", "Fact", "Fault", "FormField",
    "Gather", "HangUp", "HeardRequest", "HeldRecord", "HttpSandbox", "Instruction", "JsonAds", "JsonAdsSandbox",
    "JsonObject", "KnownSource", "Leg", "LegStatus", "LegalRule", "Limits", "ListedCall", "Log", "Manifest",
    "MediaFile", "Memory", "MessageEvent", "MessageStatusEvent", "Moment", "Money", "NotSupported", "NumberOffer",
    "NumberQuery", "NumberSandbox", "NumberSetup", "OAuthGrant", "Operations", "Opinion", "OutboundText", "Outcome",
    "OutcomePage", "OutcomeUnknown", "OwnedNumber", "OwnerSandbox", "OwnerSignIn", "PendingReceipt", "PersonReference",
    "Place", "Play", "PluginSettings", "PortOrder", "PortRequest", "PortStatus", "Provider", "ProviderAccount",
    "Receipt", "Recipient", "RecordingAudio", "RecordingControl", "Refusal", "Rejected", "RequestFault", "RetryLater",
    "RingfenceError", "RuleTopic", "Sandbox", "SandboxSignIn", "Say", "Scope", "SealedCallers", "Services", "SetUpStep",
    "Share", "SignIn", "Signal", "SimulatedCall", "SourceKind", "SpokenAudio", "StandIn", "TakeMessage",
    "TextListQuery", "TextListReader", "TokenStore", "Transcript", "TranscriptPart", "Transform", "Twiml",
    "TwimlCarrier", "TwimlPlayer", "TwimlStandIn", "TwimlWebhook", "VerifiedWebhook", "WebhookRequest", "Webhooks",
    "address_at", "as_mapping", "as_mappings", "as_text", "believed", "call_failure", "call_families", "call_status",
    "caller_name", "erase_recordings", "form_fields", "has_shape", "held_records", "hookimpl", "identifier", "is_place",
    "is_signed", "json_object", "json_reply", "key_token", "list_page", "longest_name", "moment", "person_dial",
    "personal", "phone_number", "picture", "places_of_number", "public_key", "receipt", "recording_audio",
    "recording_event", "region_of", "regions_in", "rejecting", "reply", "retry_after", "routed", "secret_claims",
    "secret_token", "sign_assertion", "sign_form", "signed_form", "signed_text", "tone", "type_and_bytes",
    "unsigned_id_token", "value_at", "whole_seconds", "without_personal_data", "xml_root",
]  # fmt: skip
