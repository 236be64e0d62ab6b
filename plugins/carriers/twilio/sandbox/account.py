"""What Twilio stores for one account: its credentials, calls, texts, recordings, numbers and port orders."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from hub.api import HttpSandbox, RecordingControl


class Account(HttpSandbox):
    """Twilio with one account, whose ids all follow from `seed`.

    `requests_per_second` is how many requests it accepts within one second of its clock before it answers 429 (20429).
    """

    def __init__(
        self,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        seed: str = "ringfence",
        requests_per_second: int | None = None,
    ) -> None:
        super().__init__(clock)
        self.seed = seed
        self.requests_per_second = requests_per_second
        self._made = 0
        self.account_sid = self.new_sid("AC")
        self.auth_token = self._digest("auth token")
        self.key_sid, self.key_secret = self.new_sid("SK"), self._digest("key secret")
        self.calls: dict[str, dict[str, Any]] = {}
        self.messages: dict[str, dict[str, Any]] = {}
        self.held_recordings: dict[str, dict[str, Any]] = {}
        self.numbers: dict[str, dict[str, Any]] = {}
        """By provider id, as the API shows them."""
        self.known_numbers: set[str] = set()
        """Numbers that were added by `know_number`."""
        self.audio: dict[str, tuple[bytes | None, int]] = {}
        """By recording: what was spoken, or None for a tone of so many seconds."""
        self.media: dict[str, tuple[str, bytes]] = {}
        """By media id: the text that it belongs to, and the picture."""
        self.sent_media: dict[str, tuple[str, ...]] = {}
        """By sent text: the addresses of its pictures."""
        self.status_callbacks: dict[str, str] = {}
        """By text: the address to which Twilio reports its delivery."""
        self.blocked: set[tuple[str, str]] = set()
        """(our number, person) pairs whose person sent STOP."""
        self.placed: dict[str, dict[str, str]] = {}
        """By call that the hub placed: the form with which it was placed."""
        self.refused_numbers: dict[str, int] = {}
        """Numbers from or to which the account places no calls, with Twilio's error code."""
        self.documents: dict[str, bytes] = {}
        self.port_orders: dict[str, dict[str, Any]] = {}
        self.recorded_controls: dict[str, list[RecordingControl]] = {}
        self.heard: dict[str, list[str]] = {}
        """By placed call: what its caller heard."""

    def new_sid(self, prefix: str) -> str:
        """The next id of a kind: `CA` a call, `RE` a recording, `PN` a number …"""
        with self._lock:
            self._made += 1
            return prefix + self._digest(f"{prefix}{self._made}")

    def _digest(self, name: str) -> str:
        return hashlib.sha256(f"{self.seed}:{name}".encode()).hexdigest()[:32]

    @property
    def origin(self) -> str:
        """The API's address."""
        return self.url or "https://api.twilio.com"

    def settings(self) -> dict[str, Any]:
        return {
            "account_sid": self.account_sid,
            "auth_token": self.auth_token,
            "base_url": self.origin,
            "pricing_url": self.url or "https://pricing.twilio.com",
            "porting_url": self.url or "https://numbers.twilio.com",
            "upload_url": self.url or "https://numbers-upload.twilio.com",
            "media_url": self.url or "https://mms.twiliocdn.com",
        }
