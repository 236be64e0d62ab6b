"""A certificate as a file: what `hub certify --sign` found for one wheel, signed with the author's key.

It says that somebody with this key ran the suite on this wheel; it does not say who that is. The signature covers all other
fields, so that none can be changed without the key, and the wheel's SHA-256 ties it to one file.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hub.errors import CannotDo

ENDING = ".certificate.json"
MAX_BYTES = 200_000
SHORT = 16
"""Digits of a key's id, enough for a person to compare."""


class VendorExchanges(BaseModel):
    """The requests and replies of the vendor's documentation that a plugin holds against: how many, from which sources, and the
    first and the last day on which those were read."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    exchanges: int = Field(0, ge=0)
    sources: tuple[Annotated[str, Field(max_length=500)], ...] = Field((), max_length=200)
    oldest: date | None = None
    newest: date | None = None
    has_vendor: bool = True
    """False if the manifest names no host: there is nobody to hold the plugin against."""

    @property
    def words(self) -> str:
        """`held against 12 exchanges of the vendor`."""
        if not self.has_vendor:
            return "no host in its manifest, so no vendor to hold it against"
        plural = "exchange" if self.exchanges == 1 else "exchanges"
        return f"held against {f'{self.exchanges} {plural}' if self.exchanges else 'nothing'} of the vendor"


class SignedCertificate(BaseModel):
    """The content of a certificate file. `verdicts` counts the promises by what was found."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = 1
    plugin: str = Field(max_length=64)
    kind: str = Field(max_length=32)
    distribution: str = Field(max_length=200)
    version: str = Field(max_length=64)
    wheel_sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    suite: str = Field(max_length=64)
    """The version of Ringfence whose suite ran."""
    api: str = Field(max_length=16)
    """The number of the `hub.api` with which the suite ran."""
    certified_on: date
    verdicts: dict[str, int]
    failed: tuple[str, ...] = ()
    """The promises that do not hold."""
    vendor: VendorExchanges | None = None
    key: str = Field(max_length=64)
    """The author's public key, in base64."""
    signature: str = Field(default="", max_length=128)

    @property
    def key_id(self) -> str:
        """A short name of the key."""
        return hashlib.sha256(base64.b64decode(self.key)).hexdigest()[:SHORT]

    @property
    def passed(self) -> bool:
        """Whether at least one promise was proved and none failed."""
        return bool(self.verdicts.get("proved")) and not self.verdicts.get("failed")

    @property
    def sentence(self) -> str:
        """`44 of 44 promises proved on 2026-11-20, held against 12 exchanges of the vendor, signed with key 7c1e…`."""
        proved, failed = self.verdicts.get("proved", 0), self.verdicts.get("failed", 0)
        count = f"{proved} of {proved + failed} promises proved on {self.certified_on}"
        return f"{count}, {f'{self.vendor.words}, ' if self.vendor else ''}signed with key {self.key_id}"

    def signed_bytes(self) -> bytes:
        """What the signature is of: every other field, in one form."""
        tree = self.model_dump(mode="json", exclude={"signature"} if self.vendor else {"signature", "vendor"})
        return json.dumps(tree, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def new_signing_key() -> str:
    """A private key of an author, as PEM."""
    key = Ed25519PrivateKey.generate()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def sign(fields: Mapping[str, object], pem: bytes) -> SignedCertificate:
    """A certificate of these fields, signed. CannotDo if the key is none."""
    key = _private_key(pem)
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    made = SignedCertificate.model_validate({**fields, "key": base64.b64encode(public).decode()})
    return made.model_copy(update={"signature": base64.b64encode(key.sign(made.signed_bytes())).decode()})


def read_certificate(file: Path, wheel_sha256: str = "", version: str = "", plugin: str = "") -> SignedCertificate:
    """A certificate whose signature is right. CannotDo if it is not, or if it is of another wheel, version or plugin than
    given."""
    try:
        with file.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise ValueError
        found = SignedCertificate.model_validate_json(content)
        raw = base64.b64decode(found.key, validate=True)
        key, signature = Ed25519PublicKey.from_public_bytes(raw), base64.b64decode(found.signature, validate=True)
    except OSError as error:
        raise CannotDo(f"{file} cannot be read ({error.strerror}).") from None
    except (ValidationError, ValueError, binascii.Error):
        raise CannotDo(f"{file.name} is not a certificate of `hub certify --sign`.") from None
    try:
        key.verify(signature, found.signed_bytes())
    except InvalidSignature:
        raise CannotDo(f"{file.name} was changed after it was signed: its signature does not match.") from None
    for what, wanted, said in (
        ("wheel", wheel_sha256, found.wheel_sha256),
        ("version", version, found.version),
        ("plugin", plugin, found.plugin),
    ):
        if wanted and wanted != said:
            raise CannotDo(f"{file.name} is the certificate of another {what} ({said[:64]}, not {wanted}).")
    return found


def _private_key(pem: bytes) -> Ed25519PrivateKey:
    try:
        key = load_pem_private_key(pem, None)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise CannotDo("The key file holds no Ed25519 key; make one with `hub plugins new-key FILE`.")
    return key
