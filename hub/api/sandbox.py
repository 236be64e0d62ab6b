"""For stand-ins: the base class, what each kind of stand-in offers, faults, and a strict list of operations."""

from hub.contracts.faults import Fault
from hub.contracts.filling import filled
from hub.contracts.hearing import HeardRequest
from hub.contracts.operations import Operations, RequestFault
from hub.contracts.people import PeopleKindsSandbox, PeopleSandbox
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
from hub.contracts.sandbox_replies import answer_reply, json_reply, received, refused, reply, routed
from hub.contracts.sandbox_sign_in import SandboxSignIn, unsigned_id_token
from hub.contracts.vendor_rules import VendorReply, VendorRules
from hub.contracts.wav_speech import Speech, speech_in

__all__ = [
    "AdsSandbox", "CallBackOutcome", "CallBackSandbox", "CarrierSandbox", "CostSandbox", "CrmSandbox", "Exchange",
    "Fault", "HeardRequest", "HttpSandbox", "NumberSandbox", "Operations", "OwnerSandbox", "PeopleKindsSandbox",
    "PeopleSandbox", "RequestFault", "Sandbox", "SandboxSignIn", "SimulatedCall", "Speech", "VendorReply",
    "VendorRules", "answer_reply", "filled", "json_reply", "received", "refused", "reply", "routed", "speech_in",
    "unsigned_id_token",
]  # fmt: skip
