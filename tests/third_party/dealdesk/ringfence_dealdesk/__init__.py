"""Dealdesk, an invented CRM: it receives calls and reports what became of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from pydantic import Field, SecretStr

from hub.api import (
    Auth,
    Caller,
    ConnectionReport,
    Connector,
    DataFlow,
    Deletion,
    Erasure,
    Fact,
    HeldRecord,
    Limits,
    Manifest,
    Money,
    PersonReference,
    PluginSettings,
    Provider,
    Receipt,
    Recipient,
    Rejected,
    RetryLater,
    Share,
    each_item,
    hookimpl,
    json_object,
    phone_number,
)
from hub.api.crm import CallActivity, Outcome, OutcomePage, erase_logged

PHONES = (Share(field="phone_numbers"),)
DEALDESK = Provider(name="Dealdesk", remedy="put a valid api_key into config.yaml", code="code", words="message")


class Settings(PluginSettings):
    api_key: SecretStr = Field(description="The key from the page of the API.")
    base_url: str = Field(default="https://api.dealdesk.example.com", description="Where the API is.")


class Dealdesk(Connector):
    Settings = Settings
    manifest = Manifest(
        name="dealdesk",
        kind="crm",
        version="1.0.0",
        summary="Logs calls in Dealdesk and brings opportunities back.",
        recipient=Recipient(name="Dealdesk", role="processor", privacy_url="https://dealdesk.example.com/privacy"),
        regions=("US",),
        hosts=("api.dealdesk.example.com",),
        flows=(
            DataFlow(hook="log_calls", use="sales", shares=(Share(field="caller_number"), Share(field="caller_name"))),
            DataFlow(hook="enrich_caller", use="sales", shares=(Share(field="phone_number"),)),
            DataFlow(hook="export_person", shares=PHONES),
            DataFlow(hook="erase_person", shares=PHONES),
        ),
        retention="as long as the lead is kept",
        deletion=Deletion(supported=True, note="The lead is deleted with its calls; its opportunities stay, nameless."),
        auth=Auth(kind="basic"),
        limits=Limits(batch_size=50),
    )

    def _ask(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        """The reply's JSON object. Personal data is in bodies, never in the address."""
        auth = (self.settings.api_key.get_secret_value(), "")
        answer = self.services.send(DEALDESK, method, self.settings.base_url + path, json=body, auth=auth)
        found = json_object(answer.content)
        if found is None or "code" in found or "error" in found:
            raise RetryLater("Dealdesk sent an answer that cannot be read; the hub will try again.")
        return found

    def _found(self, kind: str, **criteria: str) -> list[dict[str, Any]]:
        """All leads or calls with these values; a page has at most 100."""

        def page(cursor: object) -> dict[str, Any]:
            return self._ask("POST", f"/api/v1/{kind}/search", {"query": criteria, "cursor": cursor})

        return list(each_item(page, "data", "cursor"))

    @hookimpl
    def check_connection(self) -> ConnectionReport:
        name = self._ask("GET", "/api/v1/me").get("name")
        if not name:
            return ConnectionReport(ok=False, detail="Dealdesk does not name the account of the token; check it.")
        return ConnectionReport(ok=True, detail=f"Signed in to {name}.")

    @hookimpl
    def log_calls(self, activities: Sequence[CallActivity]) -> Sequence[Receipt]:
        return [self._log(activity) for activity in activities]

    def _log(self, activity: CallActivity) -> Receipt:
        earlier = self._found("call", external_id=activity.key)
        leads = self._leads(activity.caller_number)
        record = {
            "external_id": activity.key,
            "lead_id": leads[0]["id"] if leads else None,
            "direction": activity.direction,
            "disposition": "answered" if activity.answered else "no-answer",
            "started_at": activity.started_at.isoformat(),
            "duration": activity.duration,
            "phone": activity.caller_number,
            "name": activity.caller_name,
            "note": " / ".join(filter(None, (activity.source, activity.medium, activity.campaign))),
        }
        try:
            if earlier:
                self._ask("PUT", f"/api/v1/call/{earlier[0]['id']}", record)
            else:
                self._ask("POST", "/api/v1/call", record)
        except Rejected as error:
            return Receipt(key=activity.key, status="rejected", code=error.code, reason=str(error))
        return Receipt(key=activity.key, status="delivered")

    @hookimpl
    def pull_outcomes(self, cursor: str | None) -> OutcomePage:
        page = self._ask("GET", f"/api/v1/event?after={int(cursor or 0)}")
        events = page.get("data", [])
        last = str(events[-1]["sequence"]) if events else cursor
        return OutcomePage(outcomes=tuple(map(outcome, events)), cursor=last, more=bool(page.get("has_more")))

    @hookimpl
    def enrich_caller(self, caller: Caller) -> Sequence[Fact]:
        known = (("name", "user.name"), ("email", "user.contact.email"))
        return [
            Fact(name=f"crm_{field}", value=str(lead[field]), category=category, lifetime=timedelta(days=30))
            for lead in self._leads(caller.phone_number)[:1]
            for field, category in known
            if lead.get(field)
        ]

    @hookimpl
    def export_person(self, person: PersonReference) -> Sequence[HeldRecord]:
        return [
            HeldRecord(
                record_type="lead",
                record_id=str(lead["id"]),
                fields={name: str(value) for name, value in lead.items() if value is not None},
            )
            for lead in self._leads(*person.phone_numbers)
        ]

    @hookimpl
    def erase_person(self, person: PersonReference) -> Erasure:
        # Only the calls that were logged for the company of the request, because the account may serve several.
        calls = [call for key in person.item_keys for call in self._found("call", external_id=key)]
        leads = [f"lead/{lead['id']}" for lead in self._leads(*person.phone_numbers)]
        return erase_logged(person, [f"call/{call['id']}" for call in calls], leads, self._delete)

    def _delete(self, path: str) -> bool:
        """Delete a record; False if somebody else has done so."""
        auth, address = (self.settings.api_key.get_secret_value(), ""), f"{self.settings.base_url}/api/v1/{path}"
        return self.services.send(DEALDESK, "DELETE", address, auth=auth, expected=(404,)).status_code != 404

    def _leads(self, *numbers: str | None) -> list[dict[str, Any]]:
        return [lead for number in numbers if number for lead in self._found("lead", phone=number)]


def outcome(event: Mapping[str, Any]) -> Outcome:
    """The state of an opportunity; its value is in cents."""
    number = phone_number(event["phone"] or "")
    return Outcome(
        external_id=event["id"],
        stage=event["status"],
        changed_at=datetime.fromisoformat(event["changed_at"]),
        occurred_at=datetime.fromisoformat(event["changed_at"]),
        value=Money(Decimal(event["value"]) / 100, event["value_currency"]),
        phone_numbers=(number,) if number else (),
        email=event["email"],
    )
