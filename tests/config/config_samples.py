"""A few plugins as third parties write them, and a small config.yaml that is right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import Field, SecretStr, model_validator

from hub.api import Connector, Manifest, PluginSettings, Recipient
from hub.api.sandbox import Sandbox

GOOD = """\
hub:
  public_url: https://calls.example.com
  secret_keys: ["${env:HUB_KEY}"]
connectors:
  phone:
    plugin: phoneco
    schedule: every 15 minutes
    auth_token: ${env:PHONE_TOKEN}
  ads:
    plugin: adco
    companies: [north]
    account: "1234567890"
  nay:
    plugin: nayco
conversions:
  - name: qualified call
    when: {event: call, answered: true, min_duration: 60s}
    value: 40 USD
    send_to: {ads: {action: 7}}
  - name: deal won
    when: {event: outcome, stage: won}
    value: from outcome
    send_to: {ads: {action: 8}}
accounts:
  - name: agency
    title: Agency
    companies:
      - name: north
        title: North
        time_zone: America/Chicago
        route: {dial: "+13125550190"}
        trackers:
          - name: pool
            type: session
            carrier: phone
            numbers: [+13125550100, "(312) 555-0101"]
          - name: print
            type: source
            carrier: phone
            numbers: ["+13125550120"]
            source: yellow_pages
"""
ENVIRON = {"HUB_KEY": "bm9ib2R5LW1heS1zZWUtdGhpcy1zZWNyZXQta2V5ISE=", "PHONE_TOKEN": "a-token-that-nobody-may-see"}


def manifest(name: str, kind: Any) -> Manifest:
    return Manifest(
        name=name,
        kind=kind,
        version="1",
        summary=f"{name} for tests.",
        recipient=Recipient(name=name, role="processor"),
    )


class PhoneSettings(PluginSettings):
    auth_token: SecretStr = Field(min_length=4, description="The account's token.")
    spare_token: SecretStr | None = Field(None, description="Another.")
    shared_keys: dict[str, SecretStr] = Field({}, description="More keys.")
    region: str = Field("us", pattern=r"^[a-z]{2}$", description="Two letters, like us")
    base_url: str = Field("https://api.example.com", description="Where the provider answers.")
    port: int = Field(443, ge=1, le=65535, description="A port.")

    @model_validator(mode="after")
    def _tokens_differ(self) -> PhoneSettings:
        if self.spare_token and self.spare_token == self.auth_token:
            # A careless plugin: the message shows the secret.
            raise ValueError(f"{self.auth_token.get_secret_value()} stands twice")
        return self


class Phone(Connector):
    manifest = manifest("phoneco", "carrier").model_copy(update={"abilities": ("dial", "say", "whisper", "message")})
    Settings = PhoneSettings

    @classmethod
    def sandbox_class(cls) -> type[Sandbox] | None:
        return Sandbox


class AdsSettings(PluginSettings):
    account: str = Field(description="The account's number.")


class AdsDestination(PluginSettings):
    action: int = Field(description="The action's number.")

    def without_value(self) -> str | None:
        return "action 8 is for sales; write `value:` into the rule" if self.action == 8 else None


class Ads(Connector):
    manifest = manifest("adco", "ads")
    Settings = AdsSettings
    Destination = AdsDestination


class Nay(Connector):
    manifest = manifest("nayco", "consent")
    Settings = PluginSettings


@dataclass(frozen=True)
class InstalledPlugins:
    """What `discover` finds."""

    classes: Mapping[str, type[Connector]] = field(
        default_factory=lambda: {"phoneco": Phone, "adco": Ads, "nayco": Nay}
    )
    broken: Mapping[str, str] = field(default_factory=lambda: {"brokenco": "it cannot be imported (ImportError: no x)"})

    def isolated(self, plugin: str, isolation: str | None) -> type[Connector]:
        return self.classes[plugin]

    def disabled(self, plugin: str, reason: str) -> type[Connector] | None:
        return None


def installed_plugins(folders: Sequence[Path]) -> InstalledPlugins:
    return InstalledPlugins()
