"""What Telnyx stores for one account: its keys, calls, texts, recordings, numbers and port orders."""

from __future__ import annotations

import base64
import hashlib
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from hub.api import HttpSandbox, RecordingControl

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


class Account(HttpSandbox):
    """Telnyx with one account, whose ids and keys all follow from `seed`.

    `requests_per_second` is how many requests it accepts within one second of its clock before it answers 429 (10011);
    `looks_until_filled` is how often a number order must be read until it is filled; with `letter_on_file` port orders need
    no signed letter.
    """

    def __init__(
        self,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        seed: str = "ringfence",
        requests_per_second: int | None = None,
        looks_until_filled: int = 1,
        letter_on_file: bool = False,
    ) -> None:
        super().__init__(clock)
        self.seed = seed
        self.requests_per_second = requests_per_second
        self.looks_until_filled = looks_until_filled
        self.letter_on_file = letter_on_file
        self._made = 0
        self.account_id, self.profile_id = self.new_id("account"), self.new_id("profile")
        self.application_id = str(int(self._digest("application")[:15], 16))[:19].rjust(19, "1")
        self.api_key = f"KEY{self._digest('api key')[:32].upper()}"
        self.calls: dict[str, dict[str, Any]] = {}
        self.messages: dict[str, dict[str, Any]] = {}
        self.held_recordings: dict[str, dict[str, Any]] = {}
        self.numbers: dict[str, dict[str, Any]] = {}
        self.orders: dict[str, dict[str, Any]] = {}
        """By id, as the API shows them; recordings as TeXML shows them."""
        self.known_numbers: set[str] = set()
        """Numbers that were added by `know_number`."""
        self.audio: dict[str, tuple[bytes | None, int]] = {}
        """By recording: what was spoken, or None for a tone of so many seconds."""
        self.media: dict[str, bytes] = {}
        self.blocked: set[tuple[str, str]] = set()
        """(our number, person) pairs whose person sent STOP."""
        self.placed: dict[str, dict[str, Any]] = {}
        """By call that the hub placed: the request with which it was placed."""
        self.placed_keys: dict[str, dict[str, Any]] = {}
        """By idempotency key: the reply that was given."""
        self.sent_keys: dict[str, str] = {}
        """By idempotency key: the text that was sent."""
        self.refused_numbers: dict[str, str] = {}
        """Numbers from or to which the account places no calls, with Telnyx' error code."""
        self.documents: dict[str, bytes] = {}
        self.port_orders: dict[str, dict[str, Any]] = {}
        self.application: dict[str, Any] = {
            "id": self.application_id,
            "record_type": "texml_application",
            "friendly_name": "Sandbox",
            "active": True,
            "voice_url": "https://example.com/texml",
            "voice_method": "post",
            "voice_fallback_url": None,
            "status_callback": None,
            "status_callback_method": "post",
            "inbound": {"channel_limit": None, "shaken_stir_enabled": False},
        }
        self.profile: dict[str, Any] = {
            "id": self.profile_id,
            "record_type": "messaging_profile",
            "name": "Sandbox",
            "enabled": True,
            "webhook_url": None,
            "webhook_failover_url": None,
            "webhook_api_version": "2",
        }
        self.recorded_controls: dict[str, list[RecordingControl]] = {}
        self.heard: dict[str, list[str]] = {}
        """By placed call: what its caller heard."""

    def new_id(self, kind: str) -> str:
        """The next id, a UUID as Telnyx makes them."""
        with self._lock:
            self._made += 1
            return str(uuid.UUID(self._digest(f"{kind}{self._made}")[:32], version=4))

    def new_call_id(self) -> str:
        """The next call control id: `v3:` and 54 characters."""
        with self._lock:
            self._made += 1
            digest = hashlib.sha512(f"{self.seed}:call{self._made}".encode()).digest()
        return f"v3:{base64.urlsafe_b64encode(digest).decode()[:54]}"

    def _digest(self, name: str) -> str:
        return hashlib.sha256(f"{self.seed}:{name}".encode()).hexdigest()

    @property
    def private_key(self) -> Ed25519PrivateKey:
        """The key that signs the webhooks."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(self._digest("private key")))

    @property
    def public_key(self) -> str:
        """The public key in base64, as the portal shows it."""
        return base64.b64encode(self.private_key.public_key().public_bytes_raw()).decode()

    @property
    def origin(self) -> str:
        """The API's address."""
        return self.url or "https://api.telnyx.com"

    def settings(self) -> dict[str, Any]:
        return {
            "api_key": self.api_key,
            "public_key": self.public_key,
            "account_id": self.account_id,
            "application_id": self.application_id,
            "messaging_profile_id": self.profile_id,
            "base_url": self.origin,
        }
