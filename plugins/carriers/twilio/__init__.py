"""Twilio: numbers, calls with TwiML answers, recordings and texts, over its REST API and signed webhooks."""

from __future__ import annotations

import re
from collections.abc import Sequence

from hub.api import (
    ApiVersion,
    Auth,
    ConnectionReport,
    DataFlow,
    Deletion,
    Manifest,
    Recipient,
    Rejected,
    Share,
    WebhookRequest,
    Webhooks,
    hookimpl,
)
from hub.api.carriers import CallLimits, MediaFile, PhoneToken, RecordingControl, rejecting
from hub.api.oauth import secret_token
from hub.api.twiml import CARRIER_FLOWS, FormField, address_at, identifier
from plugins.carriers.twilio import signature
from plugins.carriers.twilio.languages import LANGUAGES, TwilioTwiml, identity
from plugins.carriers.twilio.numbers import Numbers
from plugins.carriers.twilio.ports import Ports
from plugins.carriers.twilio.settings import TwilioSettings

ORIGINS = ("https://api.twilio.com", "http://api.twilio.com")
"""Origins of recordings and pictures, whatever base_url is set. Twilio writes both; the address is never fetched."""
PICTURE = re.compile(r"/Messages/(?P<text>(SM|MM)[0-9a-fA-F]{32})/Media/(?P<picture>ME[0-9a-fA-F]{32})$")

TOKEN_SECONDS = 1_800
CLOCK_SKEW_SECONDS = 60


class Twilio(Numbers, Ports):
    """One Twilio account as a carrier."""

    manifest = Manifest(
        name="twilio",
        kind="carrier",
        version="0.1.0",
        title="Twilio",
        summary="Twilio: tracking numbers, calls, recordings and texts.",
        recipient=Recipient(
            name="Twilio Inc.", role="processor", privacy_url="https://www.twilio.com/en-us/legal/privacy"
        ),
        regions=("US",),
        hosts=(
            "api.twilio.com",
            "pricing.twilio.com",
            "numbers.twilio.com",
            "numbers-upload.twilio.com",
            "mms.twiliocdn.com",
        ),
        retention="call records, recordings and texts until they are deleted in the Twilio account",
        webhooks=Webhooks(signature_header=signature.SIGNATURE_HEADER),
        flows=(
            *CARRIER_FLOWS,
            DataFlow(
                hook="order_port",
                use="essential.service",
                shares=(
                    Share(field="authorized_person"),
                    Share(field="email"),
                    Share(field="pin"),
                    Share(field="bill"),
                ),
            ),
        ),
        deletion=Deletion(
            supported=True,
            note="Calls, recordings and texts are deleted; a recording's metadata stays visible at Twilio for 40 days and a "
            "text may stay in its backups for 30, and Twilio keeps what its bills and laws require.",
        ),
        auth=Auth(kind="basic", keys_url="https://console.twilio.com"),
        # Source: twilio.com/docs/voice/twiml (number, dial, record), /docs/api/errors/13521 (basic voices) and /11750.
        call_limits=CallLimits(
            phones=10,
            ring_seconds=600,
            message_seconds=14_400,
            text_bytes=4_096,
            document_bytes=64_000,
            languages=LANGUAGES,
        ),
        browser_phone="twilio",
        # Not accept_several: of several phones Twilio connects the first that is picked up, and hangs up the others.
        abilities=(
            "accept",
            "call_back",
            "converse",
            "dial",
            "dial_several",
            "gather",
            "gather_hash",
            "list_texts",
            "message",
            "phone",
            "play",
            "record",
            "say",
            "time_limit",
            "whisper",
        ),
        versions=(ApiVersion(name="2010-04-01"),),
    )
    Settings = TwilioSettings
    language = TwilioTwiml

    def check_signature(self, request: WebhookRequest) -> bytes:
        """What Twilio signed."""
        return signature.verify(request, self.settings)

    def phone_address(self, name: str) -> str:
        """A browser, by its identity."""
        return f"client:{identity(name)}"

    def origins(self) -> Sequence[str]:
        """Twilio's own addresses of recordings and pictures."""
        return (self.settings.base_url, *ORIGINS)

    def signed_fields(self, request: WebhookRequest) -> Sequence[FormField]:
        """The signed fields of a request."""
        return signature.signed_fields(request)

    @hookimpl
    def fetch_media(self, url: str) -> MediaFile:
        """A picture, only from Twilio's API, which redirects to `media_origin`. The webhook's address is only checked;
        the address that we fetch is made from its ids, so that no other resource of the account can be read."""
        with rejecting("It is not fetched."):
            named = PICTURE.search(address_at(url, self.origins(), "Twilio"))
        if named is None:
            raise Rejected("The address is not that of a text's picture at Twilio; it is not fetched.")
        address = f"{self.rest.account}/Messages/{named['text']}/Media/{named['picture']}"
        content_type, data = self.rest.media(address, self.settings.media_url)
        return MediaFile(content_type=content_type, data=data)

    @hookimpl
    def sign_in_phone(self, name: str) -> PhoneToken:
        """An access token that permits to take calls and to place none. Source: twilio.com/docs/iam/access-tokens."""
        key, secret = self.credentials()
        now = int(self.services.clock().timestamp())
        claims = {
            "jti": f"{key}-{now}",
            "iss": key,
            "sub": self.settings.account_sid,
            "nbf": now - CLOCK_SKEW_SECONDS,
            "exp": now + TOKEN_SECONDS,
            "grants": {"identity": identity(name), "voice": {"incoming": {"allow": True}}},
        }
        return PhoneToken(token=secret_token(claims, secret, "twilio-fpa;v=1"), seconds=TOKEN_SECONDS)

    @hookimpl
    def control_recording(self, call_id: str, control: RecordingControl) -> None:
        """Pause or resume. The pause is silence in the audio, so that its times stay right."""
        form = {"Status": "in-progress"} if control == "resume" else {"Status": "paused", "PauseBehavior": "silence"}
        with rejecting("Twilio is not asked."):
            sid = identifier(self.webhook.call_id_form, call_id, "the call's id")
        current = f"{self.rest.account}/Calls/{sid}/Recordings/Twilio.CURRENT.json"
        if self.rest.post(current, form).get("status") != form["Status"]:
            raise Rejected(f"Twilio accepted the request but does not say that the recording is {form['Status']}.")

    @hookimpl
    def check_connection(self) -> ConnectionReport:
        """Sign in with the API key and with the auth token."""
        if self.check_credentials() == "active":
            return ConnectionReport(ok=True, detail="Twilio answers and the account is active.")
        return ConnectionReport(ok=False, detail="the Twilio account is not active; see its console.")
