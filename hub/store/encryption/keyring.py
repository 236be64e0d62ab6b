"""Encryption of data that must not be readable in a copy of the database: AES-256-GCM, keys from config.yaml,
rotation."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
from collections.abc import Sequence

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from hub.errors import ConfigError

NONCE_BYTES = 12
JOURNAL, CERTIFICATES = "journal", "erasure-certificate"
PUBLIC_PURPOSES = (JOURNAL, CERTIFICATES)
"""What the hub signs so that others can check it. The public keys of these purposes outlive the secret key."""


class Keyring:
    """The hub's keys, newest first: the newest encrypts, all decrypt.

    A ciphertext is bound to its place (`where`, such as "connector_token/google"): moved to another row it cannot be
    decrypted.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        self._keys = {hashlib.sha256(raw).hexdigest()[:16]: raw for raw in map(_decoded, keys)}
        self._derived: dict[tuple[str, str], bytes] = {}

    def __bool__(self) -> bool:
        return bool(self._keys)

    @property
    def newest(self) -> str:
        """The id of the key that encrypts; ConfigError if there is none."""
        for key_id in self._keys:
            return key_id
        raise ConfigError(
            "hub.secret_keys is empty, so recordings, texts, tokens and the audit log cannot be stored; run "
            "hub secrets new-key --file data/secret.key and set secret_keys: ['${file:data/secret.key}']."
        )

    @property
    def key_ids(self) -> tuple[str, ...]:
        """The ids of all keys, newest first."""
        return tuple(self._keys)

    def derived_key(self, purpose: str, key_id: str) -> bytes:
        """A key for HMAC that is derived from the key `key_id` for one purpose; ConfigError if the keyring does not have it."""
        derived = self._derived.get((purpose, key_id))
        if derived is None:
            derived = hmac.digest(self._key(key_id), f"mac|{purpose}".encode(), "sha256")
            self._derived[purpose, key_id] = derived
        return derived

    def _key(self, key_id: str) -> bytes:
        key = self._keys.get(key_id)
        if key is None:
            raise ConfigError(f"The key {key_id} is not in hub.secret_keys; add it back at the end of the list.")
        return key

    def knows(self, sealed: bytes) -> bool:
        """Whether the keyring has the key for a ciphertext."""
        return self.key_id(sealed) in self._keys

    def encrypt(self, plain: bytes, where: str) -> bytes:
        """Key id, nonce and ciphertext in one."""
        key_id = self.newest
        nonce = os.urandom(NONCE_BYTES)
        return key_id.encode() + nonce + AESGCM(self._keys[key_id]).encrypt(nonce, plain, _bound(where, key_id))

    def decrypt(self, sealed: bytes, where: str) -> bytes:
        """The plain text; ConfigError if the key is missing or the text is bound to another place."""
        key_id = self.key_id(sealed)
        key = self._key(key_id)
        nonce, ciphertext = sealed[16 : 16 + NONCE_BYTES], sealed[16 + NONCE_BYTES :]
        try:
            return AESGCM(key).decrypt(nonce, ciphertext, _bound(where, key_id))
        except InvalidTag:
            raise ConfigError(f"What is stored at {where} was not written there by this hub; reconnect it.") from None

    def sign(self, purpose: str, message: bytes) -> str:
        """A signature in hexadecimal digits, by the newest key; it is valid for one purpose only.

        Hexadecimal has one valid spelling. itsdangerous accepts four base64 spellings of a signature, because its last
        character may differ.
        """
        return _signature(self._keys[self.newest], purpose, message)

    def signed(self, purpose: str, message: bytes, signature: str) -> bool:
        """Whether any of the keys signed `message` for `purpose`; compared in constant time."""
        given = signature.encode("utf-8", "replace")
        fits = [hmac.compare_digest(_signature(key, purpose, message).encode(), given) for key in self._keys.values()]
        return any(fits)

    def sign_publicly(self, purpose: str, message: bytes, key_id: str | None = None) -> tuple[str, str]:
        """An Ed25519 public key and its signature, both in hexadecimal digits, that others can check without the hub's keys.
        The newest key signs, or the key `key_id`."""
        chosen = key_id or self.newest
        return self.public_key(purpose, chosen), _signing_key(self._key(chosen), purpose).sign(message).hex()

    def public_key(self, purpose: str, key_id: str) -> str:
        """The Ed25519 public key of the key `key_id` for `purpose`, in hexadecimal digits."""
        public = _signing_key(self._key(key_id), purpose).public_key()
        return public.public_bytes(Encoding.Raw, PublicFormat.Raw).hex()

    @staticmethod
    def key_id(sealed: bytes) -> str:
        """The id of the key that a ciphertext needs."""
        return sealed[:16].decode("ascii", "replace")


def new_key() -> str:
    """A new key in the form for config.yaml: 32 random bytes in base64."""
    return base64.b64encode(os.urandom(32)).decode()


def _signature(key: bytes, purpose: str, message: bytes) -> str:
    # A key derived only for signing: one key must not be used for two algorithms.
    return hmac.digest(hmac.digest(key, f"sign|{purpose}".encode(), "sha256"), message, "sha256").hex()


def _signing_key(key: bytes, purpose: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(hmac.digest(key, f"ed25519|{purpose}".encode(), "sha256"))


def is_signed_by(public_key: str, message: bytes, signature: str) -> bool:
    """Whether the owner of an Ed25519 public key signed `message`; both in hexadecimal digits."""
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key)).verify(bytes.fromhex(signature), message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _bound(where: str, key_id: str) -> bytes:
    return f"{where}|{key_id}".encode()


def _decoded(key: str) -> bytes:
    try:
        raw = base64.b64decode(key.strip(), validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) != 32:
        raise ConfigError("A key in hub.secret_keys is not 32 bytes in base64; make one with hub secrets new-key.")
    return raw
