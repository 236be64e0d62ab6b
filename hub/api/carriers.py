"""For carriers of any kind: answers, numbers, ports, texts, recordings and call backs."""

from hub.contracts.answers import (
    ACCEPT_KEY,
    AnswerPoint,
    AskToAccept,
    Attestation,
    CallLimits,
    Converse,
    Dial,
    Gather,
    HangUp,
    Instruction,
    Moment,
    Play,
    Say,
    TakeMessage,
)
from hub.contracts.browser_phones import PhoneName, PhoneToken
from hub.contracts.call_backs import CallBack, CallBackEvent, LegStatus
from hub.contracts.companions import CompanionProcess
from hub.contracts.events import CallCapture, CallFailure, LegReport, MessageEvent, MessageStatusEvent
from hub.contracts.languages import nearest_language
from hub.contracts.numbers import NumberOffer, NumberQuery, NumberSetup, OwnedNumber, RecordingAudio, RecordingControl
from hub.contracts.ports import PortOrder, PortRequest, PortStatus
from hub.contracts.texts import MediaFile, OutboundText, TextListQuery
from hub.protocols.carrier_hooks import picture, receipt, recording_audio, rejecting, type_and_bytes

__all__ = [
    "ACCEPT_KEY", "AnswerPoint", "AskToAccept", "Attestation", "CallBack", "CallBackEvent", "CallCapture", "CallFailure",
    "CallLimits", "CompanionProcess", "Converse", "Dial", "Gather", "HangUp", "Instruction", "LegReport", "LegStatus",
    "MediaFile", "MessageEvent", "MessageStatusEvent", "Moment", "NumberOffer", "NumberQuery", "NumberSetup", "OutboundText",
    "OwnedNumber", "PhoneName", "PhoneToken", "Play", "PortOrder", "PortRequest", "PortStatus", "RecordingAudio",
    "RecordingControl", "Say", "TakeMessage", "TextListQuery", "nearest_language", "picture", "receipt", "recording_audio",
    "rejecting", "type_and_bytes",
]  # fmt: skip
