"""What the customer writes for the phones of the business: SIP phones that sign in at the line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

from pydantic import Field, SecretStr, model_validator

from hub.api import PluginSettings
from hub.api.carriers import PhoneName
from plugins.carriers.sip.engine.guard.digest import REALM, secrets_of
from plugins.carriers.sip.setting_types import HOST_AND_PORT, Number


class PhoneSettings(PluginSettings):
    """One phone of the business."""

    password: SecretStr | None = Field(
        default=None,
        min_length=12,
        description="Its password, at least 12 characters. Its user name is the phone's name.",
    )
    digest: SecretStr | None = Field(
        default=None,
        description="Instead of the password what stands for it: the SHA-256 of NAME:ringfence:PASSWORD in hexadecimal digits.",
    )
    number: Number | None = Field(
        default=None, description="Its calls show this number, one of `numbers`; the first of them if left out."
    )
    call_waiting: bool = Field(
        default=False, description="Whether it rings while it is in a call; otherwise it counts as busy then."
    )

    @model_validator(mode="after")
    def _one_secret(self) -> PhoneSettings:
        if (self.password is None) == (self.digest is None):
            raise ValueError("write either password or digest")
        if self.digest and not re.fullmatch(r"[0-9a-f]{64}", self.digest.get_secret_value()):
            raise ValueError("digest is no SHA-256; printf %s 'NAME:ringfence:PASSWORD' | sha256sum prints it")
        return self


class PhonesSettings(PluginSettings):
    """The phones of the business and the port at which they sign in, over TLS."""

    named: Mapping[PhoneName, PhoneSettings] = Field(
        min_length=1, description="The phones by their names; a call flow rings one as phone:NAME."
    )
    tls_certificate: str = Field(description="The PEM file with certificate and key of the phones' port.")
    emergency: Literal["trunk", "announce"] = Field(
        description="What happens when a phone dials an emergency number: `trunk` calls it through the trunk, which must know "
        "the address of each phone; `announce` says that no emergency call is possible and to take another telephone."
    )
    listen: str = Field(
        default="0.0.0.0:5061", description="Where the phones sign in, over TLS alone.", pattern=HOST_AND_PORT
    )
    md5: bool = Field(
        default=False,
        description="Whether phones that know no SHA-256 may prove their password with MD5; only for phones with a `password`.",
    )
    srtp: Literal["off", "offer", "require"] = Field(
        default="offer", description="Encrypted sound between the phones and the gateway."
    )

    @model_validator(mode="after")
    def _md5_needs_passwords(self) -> PhonesSettings:
        without = [name for name, each in self.named.items() if each.password is None]
        if self.md5 and len(without) == len(self.named):
            raise ValueError("md5 needs phones with a password, because a digest is of SHA-256 alone")
        return self

    def for_gateway(self) -> PhonesSettings:
        """For a gateway, which gets digests in the place of the passwords, unless it needs more of them."""
        named = {
            name: each
            if each.digest or self.md5
            else each.model_copy(update={"password": None, "digest": SecretStr(self.secrets(name)["SHA-256"])})
            for name, each in self.named.items()
        }
        return self.model_copy(update={"named": named})

    def secrets(self, name: str) -> dict[str, str]:
        """What stands for the password of a phone, by algorithm."""
        phone = self.named[name]
        if phone.digest:
            return {"SHA-256": phone.digest.get_secret_value()}
        assert phone.password
        algorithms = ("SHA-256", "MD5") if self.md5 else ("SHA-256",)
        return secrets_of(name, REALM, phone.password.get_secret_value(), algorithms)
