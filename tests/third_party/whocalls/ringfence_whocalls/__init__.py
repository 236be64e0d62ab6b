"""Whocalls, an invented data service: facts about a caller's number."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from pydantic import Field, SecretStr

from hub.api import (
    Auth,
    Caller,
    ConnectionReport,
    Connector,
    DataFlow,
    Deletion,
    Fact,
    Limits,
    Manifest,
    PluginSettings,
    Provider,
    Recipient,
    RetryLater,
    Share,
    hookimpl,
    json_object,
)

WHOCALLS = Provider(name="Whocalls", remedy="put a valid api_key into config.yaml", code="code", words="message")
FACTS = {
    "owner": ("name", "user.name", 0.7, timedelta(days=90)),
    "line": ("line_type", "user.telephony.line_type", 0.9, timedelta(days=365)),
    "city": ("city", "user.contact.address.city", 0.6, timedelta(days=365)),
}
"""Their field → the fact's name, its data category, its confidence, and how long to keep it."""


class Settings(PluginSettings):
    api_key: SecretStr = Field(description="The key of the account.")
    base_url: str = Field(default="https://api.whocalls.example.com", description="Where the API is.")


class Whocalls(Connector):
    Settings = Settings
    manifest = Manifest(
        name="whocalls",
        kind="enrichment",
        version="1.0.0",
        summary="Looks up callers at Whocalls.",
        recipient=Recipient(name="Whocalls", role="processor", privacy_url="https://whocalls.example.com/privacy"),
        regions=("US",),
        hosts=("api.whocalls.example.com",),
        flows=(DataFlow(hook="enrich_caller", use="essential.service", shares=(Share(field="phone_number"),)),),
        retention="not kept",
        deletion=Deletion(supported=True, note="A look-up is answered and forgotten."),
        auth=Auth(kind="api_key"),
        limits=Limits(requests_per_minute=600),
    )

    @hookimpl
    def check_connection(self) -> ConnectionReport:
        headers = {"x-api-key": self.settings.api_key.get_secret_value()}
        answer = self.services.json(WHOCALLS, "GET", f"{self.settings.base_url}/3/account", headers=headers)
        if "account" not in answer:
            return ConnectionReport(ok=False, detail="Whocalls does not name the account of the key; check api_key.")
        return ConnectionReport(ok=True, detail="Whocalls accepts the key.")

    @hookimpl
    def enrich_caller(self, caller: Caller) -> Sequence[Fact]:
        if not caller.phone_number:
            return []
        answer = self.services.send(
            WHOCALLS,
            "POST",
            f"{self.settings.base_url}/3/phone",
            json={"phone": caller.phone_number},
            headers={"x-api-key": self.settings.api_key.get_secret_value()},
            expected=(404,),
        )
        if answer.status_code == 404:
            return []
        found = json_object(answer.content)
        if found is None or found.get("error"):
            raise RetryLater("Whocalls sent an answer that cannot be read; the hub will try again.")
        return [
            Fact(name=name, value=str(found[field]), category=category, confidence=confidence, lifetime=lifetime)
            for field, (name, category, confidence, lifetime) in FACTS.items()
            if found.get(field)
        ]
