"""A security key in software: it makes ES256 passkeys and signs, and it lies when a test asks it to."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url

USER_PRESENT, USER_VERIFIED, ATTESTED = 0x01, 0x04, 0x40


@dataclass
class SoftwareKey:
    """One passkey; `origin` is what the browser would say."""

    origin: str
    private: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    id: bytes = field(default_factory=lambda: os.urandom(16))
    count: int = 0
    verified: bool = True

    def make(self, options: str) -> dict[str, Any]:
        """The answer to registration options."""
        asked = json.loads(options)
        point = self.private.public_key().public_numbers()
        public = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big")})
        credential = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + public
        data = self._data(asked["rp"]["id"], ATTESTED) + credential
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        client = self._client("webauthn.create", asked["challenge"])
        return self._answer({"clientDataJSON": client, "attestationObject": attestation}, {"transports": ["internal"]})

    def sign(self, options: str, user_id: str | None = None, rp_id: str | None = None) -> dict[str, Any]:
        """The answer to sign-in options."""
        asked = json.loads(options)
        self.count += 1
        data, client = self._data(rp_id or asked["rpId"]), self._client("webauthn.get", asked["challenge"])
        signature = self.private.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(SHA256()))
        parts = {"clientDataJSON": client, "authenticatorData": data, "signature": signature}
        return self._answer(parts | ({"userHandle": user_id.encode()} if user_id else {}), {})

    def _data(self, rp_id: str, more: int = 0) -> bytes:
        flags = USER_PRESENT | more | (USER_VERIFIED if self.verified else 0)
        return hashlib.sha256(rp_id.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big")

    def _client(self, kind: str, challenge: str) -> bytes:
        plain = bytes_to_base64url(base64url_to_bytes(challenge))
        return json.dumps({"type": kind, "challenge": plain, "origin": self.origin, "crossOrigin": False}).encode()

    def _answer(self, parts: dict[str, bytes], more: dict[str, Any]) -> dict[str, Any]:
        name = bytes_to_base64url(self.id)
        told = {part: bytes_to_base64url(value) for part, value in parts.items()}
        return {"id": name, "rawId": name, "type": "public-key", "response": told | more, "clientExtensionResults": {}}
