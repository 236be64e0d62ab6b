"""What the customer writes in config.yaml for a line of their own: the trunk, its numbers, the gateway and its limits."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, field_validator, model_validator

from hub.api import PluginSettings
from hub.api.speech import has_weights
from plugins.carriers.sip.engine.voices import ENGLISH, spoken_languages
from plugins.carriers.sip.phones import PhonesSettings
from plugins.carriers.sip.setting_types import HOST, HOST_AND_PORT, Country, Network, Number, TimeZone

PORTS_A_CALL = 4
"""Two for the caller's sound and two for that of one phone."""


class TrunkSettings(PluginSettings):
    """The SIP trunk that brings calls in and takes calls out."""

    host: str = Field(description="The trunk's host for outgoing calls.", pattern=HOST)
    more_hosts: list[Annotated[str, Field(pattern=HOST)]] = Field(
        default_factory=list,
        description="Further hosts, called in this order if those before do not answer or are overloaded (503).",
    )
    port: int | None = Field(
        default=None,
        ge=1,
        le=65535,
        description="Their port. If left out, the hosts' SRV records are followed, and without any it is 5060, 5061 with tls.",
    )
    transport: Literal["udp", "tcp", "tls"] = Field(default="udp", description="How it is reached.")
    username: str | None = Field(default=None, description="The user of the trunk, if it asks for one.")
    password: SecretStr | None = Field(default=None, description="The password of that user.")
    registers: bool = Field(
        default=False,
        description="Whether the line signs in at the trunk (REGISTER) with username and password.",
    )
    caller_host: str = Field(
        default="",
        description="The host in From and P-Asserted-Identity of outgoing calls, if the trunk wants its own; our address "
        "if left out.",
        pattern=r"^[A-Za-z0-9.-]*$",
    )
    addresses: list[Network] = Field(
        default_factory=list,
        description="The addresses that the trunk calls and sends sound from, beside those of its hosts; other calls are "
        "dropped.",
    )
    caller_username: str | None = Field(
        default=None,
        description="A user that may call in from any other address by digest, a PBX for example; else left out.",
    )
    caller_password: SecretStr | None = Field(default=None, min_length=12, description="The password of that user.")
    srtp: Literal["off", "offer", "require"] = Field(
        default="off", description="Encrypted sound; needs transport: tls."
    )

    @model_validator(mode="after")
    def _complete(self) -> TrunkSettings:
        if (self.username is None) != (self.password is None):
            raise ValueError("write both username and password of the trunk, or neither")
        if (self.caller_username is None) != (self.caller_password is None):
            raise ValueError("write both caller_username and caller_password, or neither")
        if self.registers and self.username is None:
            raise ValueError("a trunk with registers: true needs username and password")
        if self.srtp != "off" and self.transport != "tls":
            raise ValueError("srtp needs transport: tls, because the keys of the sound stand in the signalling")
        return self


class LimitSettings(PluginSettings):
    """What protects against toll fraud and overload."""

    incoming_calls: int = Field(default=60, ge=1, le=1000, description="Calls at once that are taken; more get 503.")
    forward_minutes_per_day: int = Field(
        default=3000,
        ge=1,
        description="Minutes in a day for which calls that came in are connected with phones. It is reported at 80 % and at "
        "100 %, and never refuses or ends a call.",
    )
    call_backs_at_once: int = Field(
        default=20, ge=0, description="Call backs, and calls of your phones, at once; more are refused."
    )
    call_backs_per_day: int = Field(
        default=2000, ge=0, description="Call backs, and calls of your phones, in a day; more are refused."
    )
    call_back_minutes_per_day: int = Field(
        default=1000,
        ge=0,
        description="Minutes in a day of call backs and of calls of your phones; then new ones are refused.",
    )
    abroad_minutes_per_day: int = Field(
        default=120,
        ge=0,
        description="Minutes in a day of calls to another country than the line's (the USA and Canada count as one), forwarded "
        "ones too; then no further phone abroad is rung, and a call flow goes on with its next step.",
    )
    time_zone: TimeZone = Field(
        default=None, description="IANA time zone whose days count; that of the first company with numbers on the line."
    )
    countries: list[Country] = Field(
        default_factory=list,
        description="Countries (ISO 3166) that may be called; the line's own if left out, or both US and CA.",
    )
    call_minutes: int = Field(default=240, ge=1, le=1440, description="A longer call is ended.")
    silent_seconds: int = Field(default=30, ge=5, description="A call from which no sound comes for so long is ended.")


class SipSettings(PluginSettings):
    """One line of your own: a SIP trunk and the gateways that answer it."""

    secret: SecretStr = Field(description="Shared by the hub and its gateways; at least 32 characters.", min_length=32)
    previous_secret: SecretStr | None = Field(
        default=None, description="The secret being replaced; it stays valid until this line is removed."
    )
    trunk: TrunkSettings = Field(description="The SIP trunk.")
    numbers: list[Number] = Field(min_length=1, description="The trunk's numbers (E.164); calls to others get 404.")
    country: Country = Field(
        default="US",
        description="The country (ISO 3166) of the line: its trunk may write numbers as they are dialed there.",
    )
    gateways: list[Annotated[str, Field(pattern=r"^https?://[^/?#@]+$")]] = Field(
        default=["http://127.0.0.1:7060"],
        min_length=1,
        description="The control address of each gateway. Use http:// on this machine only.",
    )
    start: bool = Field(
        default=True, description="Whether `hub run` starts the first gateway; false if it is run apart."
    )
    hub_addresses: list[Annotated[str, Field(pattern=r"^https?://[^/?#@]+$")]] = Field(
        default_factory=list,
        description="Where the gateways reach the hub, the first that answers; the machine's own hub if left out.",
    )
    listen: str = Field(
        default="0.0.0.0:5060",
        description="The address on which the gateway speaks SIP; `[::]:5060` for IPv4 and IPv6.",
        pattern=HOST_AND_PORT,
    )
    public_address: str | None = Field(
        default=None, description="The IP address that the trunk sees, if the gateway is behind NAT."
    )
    rtp_ports: str = Field(
        default="10000-10999",
        description="The UDP ports for sound, at least 4 for each call; open them in the firewall.",
        pattern=r"^\d{4,5}-\d{4,5}$",
    )
    tls_certificate: str | None = Field(
        default=None, description="The PEM file with certificate and key, for a trunk with transport: tls."
    )
    phones: PhonesSettings | None = Field(
        default=None, description="SIP phones of the business, which sign in at the line; none if left out."
    )
    limits: LimitSettings = Field(default_factory=LimitSettings, description="Caps against toll fraud and overload.")
    folder: str = Field(
        default="",
        description="Where the gateway keeps what it has to report; a folder beside the database if left out.",
    )
    keep_recordings_days: int = Field(
        default=7, ge=1, le=90, description="Recordings that the hub has not fetched by then are deleted."
    )
    show: Literal["caller", "tracking_number"] = Field(
        default="caller",
        description="The number that the business's phone shows; tracking_number if the trunk allows only its own numbers.",
    )
    voices: Mapping[str, str] = Field(
        default_factory=dict,
        description="Piper voices (.onnx) by the languages that they speak, like es-MX. English without one is spoken by the "
        "voice of the extra speech, and other languages by espeak-ng.",
    )

    whisper_model: Path | None = Field(
        default=None,
        description="Folder of a larger Whisper model in CTranslate2's format, with which assistants understand callers in the "
        "languages that it knows; the small English one of the extra transcription if left out.",
    )

    @model_validator(mode="after")
    def _enough_ports(self) -> SipSettings:
        first, _, last = self.rtp_ports.partition("-")
        there, calls = int(last) - int(first) + 1, self.limits.incoming_calls
        if not 1024 <= int(first) <= int(last) <= 65535:
            raise ValueError(f"rtp_ports {self.rtp_ports} is no range of ports; write it like 10000-10999")
        if there < PORTS_A_CALL * calls:
            raise ValueError(
                f"rtp_ports has {there} ports, and {calls} calls at once need {PORTS_A_CALL * calls}, {PORTS_A_CALL} each: "
                "widen rtp_ports or lower limits.incoming_calls"
            )
        return self

    @model_validator(mode="after")
    def _phones_fit(self) -> SipSettings:
        for name, phone in (self.phones.named if self.phones else {}).items():
            if phone.number and phone.number not in self.numbers:
                raise ValueError(f"phone {name!r} shows {phone.number}, which is not among the numbers of the line")
        if self.phones and self.trunk.transport != "udp" and self.phones.listen == self.listen:
            raise ValueError(
                "phones.listen and listen are the same; give the phones a port of their own, like 0.0.0.0:5063"
            )
        return self

    @field_validator("gateways")
    @classmethod
    def _own_or_encrypted(cls, gateways: list[str]) -> list[str]:
        for each in gateways:
            host = each.split("://", 1)[1].rsplit(":", 1)[0].strip("[]")
            if each.startswith("http://") and host not in ("127.0.0.1", "::1", "localhost"):
                raise ValueError(f"{each} is on another machine: put TLS in front of the gateway and write https://")
        return gateways

    def phone_names(self) -> Collection[str]:
        """The phones that a call flow can ring."""
        return self.phones.named if self.phones else ()

    def spoken_languages(self) -> Collection[str] | None:
        """Those of the voices, if the gateway is on the hub's machine."""
        return spoken_languages(self.voices) if self.start else None

    def understood_languages(self) -> Collection[str] | None:
        """Those of the model, if the gateway is on the hub's machine and it is ours."""
        if not self.start or (self.whisper_model and has_weights(self.whisper_model)):
            return None
        return [ENGLISH] if has_weights(self.whisper_model) else []

    @property
    def home(self) -> tuple[str, ...]:
        """The countries to which a call is not one abroad."""
        return ("US", "CA") if self.country in ("US", "CA") else (self.country,)

    @property
    def may_call(self) -> tuple[str, ...]:
        """The countries that may be called."""
        return tuple(self.limits.countries) or self.home

    @property
    def secrets(self) -> tuple[str, ...]:
        """The secrets that may have signed; the first one signs."""
        both = (self.secret, self.previous_secret)
        return tuple(each.get_secret_value() for each in both if each is not None)
