"""What Vonage stores for one account: its keys, calls, texts, recordings, numbers and the application."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from urllib.parse import urlencode, urlsplit

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from hub.api import JsonObject, WebhookRequest
from hub.api.oauth import key_token, secret_token
from hub.api.sandbox import HeardRequest, SimulatedCall
from hub.api.twiml import CallbackAddresses, TwimlStandIn
from plugins.carriers.vonage.ncco import Ncco
from plugins.carriers.vonage.sandbox import translate
from plugins.carriers.vonage.sandbox.errors import RULES

PREFIXES = {"CA": "CON-", "RE": "REC-"}


class Account(TwimlStandIn):
    """Vonage with one account, whose ids and secrets all follow from `seed`; its RSA key is one for all.

    Above the limit of requests it answers 429. With `redacts` the Redact API is enabled.
    """

    rules = RULES
    language = Ncco
    document_field = "Steps"
    hidden_caller = "anonymous"
    undelivered = "1170"
    home = "https://api.nexmo.com"

    def __init__(
        self,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        seed: str = "ringfence",
        requests_per_second: int | None = None,
        redacts: bool = True,
    ) -> None:
        super().__init__(clock, seed, requests_per_second)
        self.redacts = redacts
        self.api_key, self.api_secret = self.digest("api key")[:8], self.digest("api secret")[:16]
        self.signature_secret = self.digest("signature secret")[:50]
        self.redacted: set[str] = set()
        """Ids of the legs and texts whose personal data was removed."""
        self.application: JsonObject = {
            "id": self.account_sid,
            "name": "Sandbox",
            "capabilities": {"voice": {"webhooks": {}}, "messages": {"webhooks": {}}},
            "privacy": {"improve_ai": False},
            "_links": {"self": {"href": f"/v2/applications/{self.account_sid}"}},
        }

    def new_sid(self, prefix: str) -> str:
        """The next id: a conversation's, a recording's file with our prefix, or a plain UUID."""
        return PREFIXES.get(prefix, "") + str(uuid.UUID(self.next_digest(prefix)[:32], version=4))

    def settings(self) -> JsonObject:
        return {
            "api_key": self.api_key,
            "api_secret": self.api_secret,
            "signature_secret": self.signature_secret,
            "application_id": self.account_sid,
            "private_key": private_key(),
            "base_url": self.origin,
            "numbers_url": self.url or "https://rest.nexmo.com",
        }

    def authorized(self, request: HeardRequest) -> HeardRequest:
        """With the call that the example of a redaction names."""
        redacted = "CON-63f61863-4a51-4f6b-86e1-46edebcf9356"
        self.list_call(redacted, "+13125550191", "+13125550142", self.clock(), "inbound")
        if not request.path.startswith(("/v1/calls", "/v1/messages")):
            return request.with_basic(self.api_key, self.api_secret)
        now = int(self.clock().timestamp())
        claims = {"application_id": self.account_sid, "iat": now, "exp": now + 60, "jti": self.next_digest("jti")}
        return request.with_token(key_token(claims, private_key()))

    # Webhooks

    def addresses(self, webhook_url: str) -> CallbackAddresses:
        return CallbackAddresses(webhook_url, self.api_secret)

    def form_webhook(self, url: str, fields: Mapping[str, str], at: datetime) -> WebhookRequest:
        """A webhook about a call or a text, in Vonage's JSON. A whisper is asked for by GET."""
        path = urlsplit(url).path.rpartition("/")[2]
        if path == "whisper":
            body = translate.call_body(fields, "voice", at)
            return self.signed(f"{url}&{urlencode(body)}", b"", at, "GET")
        if path == "recording":
            file = fields["RecordingSid"].removeprefix("REC-")
            fields = {**fields, "RecordingUrl": f"{self.origin}/v1/files/{file}"}
        text = "MessageSid" in fields
        body = translate.text_body(fields, at) if text else translate.call_body(fields, path, at)
        return self.signed(url, json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode(), at)

    def signed(self, url: str, body: bytes, at: datetime, method: str = "POST") -> WebhookRequest:
        """A webhook with a token of the account's signature secret."""
        claims = {
            "iss": "Vonage",
            "iat": int(at.timestamp()),
            "jti": str(uuid.UUID(self.next_digest("token")[:32], version=4)),
            "api_key": self.api_key,
            "application_id": self.account_sid,
            "payload_hash": hashlib.sha256(body).hexdigest(),
        }
        headers = {"authorization": f"Bearer {secret_token(claims, self.signature_secret)}", "user-agent": "Vonage/1.0"}
        kind = {"content-type": "application/json"} if body else {}
        return WebhookRequest(method=method, url=url, body=body, received_at=at, headers=headers | kind)

    def verification(self, call: SimulatedCall) -> dict[str, str]:
        """Vonage does not report who signed the caller's number."""
        return {}

    def picture_address(self, text: str, picture: str) -> str:
        return f"{self.origin}/v3/media/{picture}"

    def held_ids(self) -> Sequence[str]:
        """Without what was redacted: its leg or text stays in the lists, and names nobody."""
        return [each for each in super().held_ids() if each not in self.redacted]

    # The API's view

    def shown_call(self, sid: str) -> dict[str, object]:
        """A leg in the call list."""
        leg = self.calls[sid]
        ended = leg["status"] == "completed"
        ends = ("REDACTED", "REDACTED") if sid in self.redacted else (leg["from"], leg["to"])
        made = {"uuid": sid.removeprefix("CON-"), "conversation_uuid": leg["parent_call_sid"] or sid}
        shown = {
            **made,
            "_links": {"self": {"href": f"/calls/{made['uuid']}"}},
            "from": {"type": "phone", "number": translate.digits(ends[0])},
            "to": {"type": "phone", "number": translate.digits(ends[1])},
            "status": translate.LEG_WORDS.get(leg["status"], "started"),
            "direction": "inbound" if leg["direction"] == "inbound" else "outbound",
        }
        times = {"start_time": leg["start_time"], "end_time": leg["end_time"], "duration": leg["duration"]}
        return shown | (times | {"network": "65512", "rate": "0.0072", "price": "0.0072"} if ended else {})

    @staticmethod
    def listed_time(at: datetime) -> str:
        return translate.stamp(at)


@lru_cache(maxsize=1)
def private_key() -> str:
    """An RSA key that is made once for each process: the hub and its stand-in share it by `settings()`."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    plain = serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain).decode()
