"""A carrier that speaks TwiML and has a REST API in the format of Twilio's: calls, recordings and texts.

Source: twilio.com/docs/voice/api/call-resource, /recording, /docs/messaging/api/message-resource and /media-resource.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from hub.contracts.answers import OWN_PHONE, Ability
from hub.contracts.call_backs import CallBack
from hub.contracts.connector import ConnectionReport, PluginSettings
from hub.contracts.conversions import Receipt
from hub.contracts.events import CallEvent, MessageEvent
from hub.contracts.manifest import Manifest
from hub.contracts.numbers import RecordingAudio
from hub.contracts.sandbox import Sandbox
from hub.contracts.services import Services
from hub.contracts.texts import MediaFile, OutboundText, TextListQuery
from hub.contracts.webhooks import WebhookRequest
from hub.errors import BadPayload, BadSignature, Rejected, RingfenceError
from hub.hookspecs import CallHooks, TextHooks
from hub.hookspecs.markers import hookimpl
from hub.protocols.carrier_hooks import picture, receipt, rejecting, type_and_bytes
from hub.protocols.twiml.call_list import CallListReader, families
from hub.protocols.twiml.carrier import TwimlCarrier
from hub.protocols.twiml.events import USER_LEG, recording_event
from hub.protocols.twiml.people import CARRIER_FLOWS
from hub.protocols.twiml.signature import is_signed, signed_text
from hub.protocols.twiml.text_list import TextListReader
from hub.protocols.twiml.webhook import TEXT_STATUS_PATH
from hub.protocols.twiml.words import address_at, identifier, moment, whole_seconds
from hub.protocols.twiml_api.rest import TwimlApi, TwimlRest
from hub.protocols.twiml_api.stand_in import stand_in_of

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
PICTURE = re.compile(r"/Messages/(?P<text>[0-9A-Za-z-]{32,36})/Media/(?P<picture>[0-9A-Za-z-]{32,36})$")
MAX_MEDIA = 10
PLACE_CALL = CallHooks.place_call.__name__
ABILITIES: Mapping[str, tuple[Ability, ...]] = {
    CallHooks.render_answer.__name__: ("dial", "dial_several", "gather", "play", "record", "say", "whisper"),
    PLACE_CALL: ("call_back",),
    TextHooks.list_texts.__name__: ("list_texts", "message"),
}
"""What a carrier can do that has the hook."""


def completed(carrier: type[Any], manifest: Manifest) -> Manifest:
    """The manifest with what follows from the class: the abilities and flows of its hooks, as far as it names none."""
    able = tuple(sorted(each for hook, named in ABILITIES.items() if getattr(carrier, hook, None) for each in named))
    flows = tuple(flow for flow in CARRIER_FLOWS if getattr(carrier, flow.hook, None))
    return manifest.model_copy(update={"abilities": manifest.abilities or able, "flows": manifest.flows or flows})


class TwimlApiCarrier(TwimlCarrier):
    """Such a carrier as a plugin: its calls and recordings. Its settings have a `base_url`, and what `api` names.

    The stand-in follows from the declaration: it plays calls by the hub's documents, and needs the credentials, the paths
    and signed webhooks. A `Sandbox` of the plugin's own comes before it.
    """

    api: ClassVar[TwimlApi]
    """A manifest that names no `abilities` or no `flows` gets those of the hooks that the class has."""
    rest_class: ClassVar[type[TwimlRest]] = TwimlRest
    """With what else the carrier's API has."""
    settings: Any

    def __init_subclass__(cls, **arguments: Any) -> None:
        super().__init_subclass__(**arguments)
        api: TwimlApi | None = cls.__dict__.get("api")
        if api is not None:
            forms = dict.fromkeys(("call_id_form", "recording_id_form", "text_id_form"), UUID) if api.uuids else {}
            own = {"carrier": api.provider.name, "reasons": api.reasons, "opted_out": api.opted_out, **forms}
            cls.webhook = type("Webhook", (cls.webhook,), own)
            if not api.call_back:
                setattr(cls, PLACE_CALL, None)
        if "manifest" in cls.__dict__:
            cls.manifest = completed(cls, cls.manifest)

    def __init__(self, name: str, settings: PluginSettings, services: Services) -> None:
        super().__init__(name, settings, services)
        self.rest = self.rest_class(self.api, services, self.settings.base_url, self.account(), self.credentials)

    def account(self) -> str:
        """The account's id."""
        return str(getattr(self.settings, self.api.account))

    def credentials(self) -> tuple[str, str]:
        """User and password of the REST API."""
        return self.account(), getattr(self.settings, self.api.token).get_secret_value()

    def phone_address(self, name: str) -> str:
        """What a call that the hub places to a phone of the business is sent to."""
        return f"sip:{name}"

    def _called(self, phone: str) -> str:
        name = phone.removeprefix(OWN_PHONE)
        return phone if name == phone else self.phone_address(name)

    def origins(self) -> Sequence[str]:
        """The address of the REST API, which serves recordings and pictures too."""
        return (self.settings.base_url,)

    def check_signature(self, request: WebhookRequest) -> bytes:
        """What the carrier signed with the secret of `api`. BadSignature if it did not."""
        try:
            fields = self.signed_fields(request)
        except BadPayload as error:
            raise BadSignature(str(error)) from error
        setting, claimed = self.api.signing_setting, request.headers.get(self.api.signature_header, "")
        secret = getattr(self.settings, setting).get_secret_value()
        if not secret or not is_signed(request.url, fields, claimed, [secret]):
            raise BadSignature(f"the webhook is not signed with this account's {setting}; check it and public_url.")
        return signed_text(request.url, fields)

    @hookimpl
    def list_calls(self, since: datetime) -> Sequence[CallEvent]:
        """The events of all finished calls that came in at or after `since`.

        Reads only two lists, whatever the number of calls: the legs (a dialed leg names its parent) and the recordings.
        """
        legs = list(self.listed("Calls", since))
        recordings = self.listed("Recordings", since) if legs else ()
        reader = CallListReader(self.rest.name, self.webhook.call_id_form, self._recording, self.services.log)
        return reader.events(families(legs), recordings, "call_sid", since)

    def listed(self, resource: str, since: datetime) -> Any:
        """Each item of a list that is not older than `since`."""
        return self.rest.pages(resource, self.api.since_query(resource, since))

    def _recording(self, item: Mapping[str, Any], call_id: str, number: str) -> CallEvent:
        address = item.get("media_url") or f"{self.origins()[0]}{str(item.get('uri')).removesuffix('.json')}"
        return recording_event(
            item.get("source"),
            call_id,
            moment(item.get("date_updated") or item.get("date_created"), "date_updated"),
            identifier(self.webhook.recording_id_form, item.get("sid"), "sid"),
            address_at(address, self.origins(), self.rest.name),
            whole_seconds(item.get("duration"), "duration"),
            number,
        )

    @hookimpl
    def fetch_recording(self, recording_id: str, url: str) -> RecordingAudio:
        """A recording as WAV. The webhook's address is only checked; the address that we fetch is made from the id."""
        with rejecting("It is not fetched."):
            address_at(url, self.origins(), self.rest.name)
            sid = identifier(self.webhook.recording_id_form, recording_id, "the recording's id")
        content_type, data = self.rest.audio(f"{self.rest.account}/Recordings/{sid}.wav")
        return RecordingAudio(content_type=content_type, data=data)

    @hookimpl
    def delete_recording(self, recording_id: str) -> None:
        """Delete a recording with its audio."""
        with rejecting(f"{self.rest.name} is not asked."):
            sid = identifier(self.webhook.recording_id_form, recording_id, "the recording's id")
        self.rest.delete(f"{self.rest.account}/Recordings/{sid}.json")

    @hookimpl
    def place_call(self, call: CallBack) -> Receipt:
        """Place a call, at most once. Raises OutcomeUnknown if the carrier may have taken it anyway.

        The carrier gets the whole document with the request, so that nobody waits for the hub.
        """
        form: dict[str, str | Sequence[str]] = {
            "To": self._called(call.user_number or ""),
            "From": call.tracking_number,
            "Twiml": self.connect(call),
            "Timeout": str(call.user_ring_seconds),
            "StatusCallback": self.addresses.of(USER_LEG, call.tracking_number, "", call.key),
            "StatusCallbackEvent": ["answered", "completed"],
        }
        return self._created(call.key, "Calls", form, self.webhook.call_id_form)

    def _created(
        self, key: str, resource: str, form: Mapping[str, str | Sequence[str]], id_form: re.Pattern[str]
    ) -> Receipt:
        def send() -> str:
            made = self.rest.post_once(f"{self.rest.account}/{resource}.json", form)
            return identifier(id_form, made.get("sid"), "sid")

        reasons = self.api.call_reasons if resource == "Calls" else self.api.reasons
        return receipt(key, self.rest.name, send, reasons, self.api.opted_out)

    @hookimpl
    def check_connection(self) -> ConnectionReport:
        """Read the call list from now on."""
        try:
            list(self.listed("Calls", self.services.clock()))
        except RingfenceError as error:
            return ConnectionReport(ok=False, detail=str(error))
        return ConnectionReport(ok=True, detail=f"{self.rest.name} answers.")

    @classmethod
    def sandbox_class(cls) -> type[Sandbox] | None:
        """The plugin's own stand-in if it has one, else the one that follows from the declaration."""
        return super().sandbox_class() or stand_in_of(cls)


class TwimlApiTexts(TwimlApiCarrier):
    """Its texts too: sent and listed, with their pictures. The manifest's abilities name `list_texts`."""

    @hookimpl
    def send_text(self, text: OutboundText) -> Receipt:
        """Send a text, at most once. Raises OutcomeUnknown if the carrier may have accepted it anyway."""
        form: dict[str, str | Sequence[str]] = {
            "To": text.recipient_number or "",
            "From": text.sender,
            "StatusCallback": f"{self.services.webhook_url}/{TEXT_STATUS_PATH}",
        }
        if text.body:
            form["Body"] = text.body
        if text.media_urls:
            form["MediaUrl"] = list(text.media_urls)
        return self._created(text.key, "Messages", form, self.webhook.text_id_form)

    @hookimpl
    def list_texts(self, query: TextListQuery) -> Sequence[MessageEvent]:
        """Received texts, oldest first. The list has the bodies; a text with pictures needs a request for their addresses."""
        items = self.listed("Messages", query.since)
        reader = TextListReader(self.rest.name, self.webhook.text_id_form, self.pictures, self.services.log)
        return reader.events(items, query)

    def pictures(self, text_id: str) -> list[str]:
        """The addresses of a text's pictures."""
        address = f"{self.rest.account}/Messages/{text_id}/Media"
        items = (self.rest.find(f"{address}.json") or {}).get("media_list")
        ids = [str(item.get("sid")) for item in items if isinstance(item, dict)] if isinstance(items, list) else []
        return [url for url in (f"{address}/{each}" for each in ids[:MAX_MEDIA]) if PICTURE.search(url)]

    @hookimpl
    def fetch_media(self, url: str) -> MediaFile:
        """A picture. The webhook's address is only checked; the address that we fetch is made from its ids, so that no other
        resource of the account can be read."""
        with rejecting("It is not fetched."):
            named = PICTURE.search(address_at(url, self.origins(), self.rest.name))
        if named is None:
            raise Rejected(f"The address is not that of a text's picture at {self.rest.name}; it is not fetched.")
        address = f"{self.rest.account}/Messages/{named['text']}/Media/{named['picture']}"
        return picture(*type_and_bytes(self.rest.send("GET", address)), self.rest.name)
