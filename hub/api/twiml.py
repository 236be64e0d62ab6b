"""For carriers that speak TwiML or a language like it: the carrier, its stand-in, and the parts of both."""

from hub.protocols.twiml.account import list_page, tone
from hub.protocols.twiml.addresses import CallbackAddresses
from hub.protocols.twiml.call_back_steps import STEPS as CALL_BACK_STEPS
from hub.protocols.twiml.call_back_steps import person_dial
from hub.protocols.twiml.call_list import CallListReader
from hub.protocols.twiml.call_list import families as call_families
from hub.protocols.twiml.carrier import TwimlCarrier
from hub.protocols.twiml.events import PERSON_LEG, USER_LEG, recording_event
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
from hub.protocols.twiml.words import address_at, believed, call_failure, caller_name, identifier, moment, whole_seconds
from hub.protocols.twiml_api.connector import TwimlApiCarrier, TwimlApiTexts
from hub.protocols.twiml_api.number_hooks import TwimlApiNumbers
from hub.protocols.twiml_api.people_hooks import TwimlApiPeople
from hub.protocols.twiml_api.rest import TwimlApi, TwimlRest
from hub.protocols.twiml_api.stand_in import TwimlApiStandIn

__all__ = [
    "CALL_BACK_STEPS", "CARRIER_FLOWS", "PERSON_LEG", "TEXT_STATUS_PATH", "USER_LEG", "CallListReader",
    "CallbackAddresses", "FormField", "Leg", "ListedCall", "SealedCallers", "TextListReader", "Twiml", "TwimlApi",
    "TwimlApiCarrier", "TwimlApiNumbers", "TwimlApiPeople", "TwimlApiStandIn", "TwimlApiTexts", "TwimlCarrier",
    "TwimlPlayer", "TwimlRest", "TwimlStandIn", "TwimlWebhook", "address_at", "believed", "call_failure",
    "call_families", "caller_name", "erase_recordings", "form_fields", "held_records", "identifier", "is_signed",
    "list_page", "moment", "person_dial", "recording_event", "sign_form", "signed_form", "signed_text", "tone",
    "whole_seconds",
]  # fmt: skip
