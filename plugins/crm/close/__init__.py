"""Close: calls on their contacts, opportunities as outcomes; a person who asks is shown, corrected and erased."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

from hub.api import (
    ApiVersion,
    Deletion,
    JsonObject,
    Limits,
    Manifest,
    PersonReference,
    Provider,
    Recipient,
    Share,
    as_text,
    each_item,
    hookimpl,
)
from hub.api.crm import CallActivity, JsonCrm, Outcome, OutcomePage, changed_since
from hub.api.json_service import ServiceRequest, ServiceStandIn
from plugins.crm.close.settings import CloseSettings
from plugins.crm.close.translate import call_key, call_record, contact_with, outcome, people_of

PAGE = "100"


class Close(JsonCrm):
    """One organization at Close."""

    Settings = CloseSettings
    settings: CloseSettings
    manifest = Manifest(
        name="close",
        kind="crm",
        version="0.1.0",
        title="Close",
        recipient=Recipient(
            name="Elastic Inc. (Close)", role="processor", privacy_url="https://www.close.com/privacy-policy"
        ),
        regions=("US",),
        hosts=("api.close.com",),
        shares=tuple(Share(field=name) for name in ("caller_number", "caller_name", "landing_page")),
        retention="as long as the customer keeps the lead in Close",
        deletion=Deletion(supported=True, note="the contact and its calls are deleted; the name of the lead stays"),
        limits=Limits(batch_size=50),
        versions=(ApiVersion(name="v1"),),
    )
    provider = Provider(
        name="Close", remedy="put a valid api_key into config.yaml", words=("error.message", "error", "errors.0")
    )
    basic = ("{api_key}", "")
    new_entry = {"type": "office"}
    facts = {
        "caller_name": ("name", "user.name"),
        "crm.email": ("emails.0.email", "user.contact.email"),
        "crm.job_title": ("title", "user.job_title"),
    }
    check = ServiceRequest(method="GET", path="/api/v1/me/")
    stand_in = ServiceStandIn(rules=Path(__file__).parent / "sandbox" / "rules.yaml")
    search = ServiceRequest(
        path="/api/v1/data/search/",
        body={
            "query": {"type": "and", "queries": [{"type": "object_type", "object_type": "contact"}, "{related}"]},
            "_fields": {"contact": ["id", "lead_id", "name", "title", "phones", "emails"]},
            "_limit": 100,
            "include_counts": True,
            "cursor": "{cursor}",
        },
    )
    calls = ServiceRequest(
        method="GET",
        path="/api/v1/activity/call/",
        params={
            "lead_id": "{lead_id}", "date_created__gt": "{after}", "date_created__lt": "{before}",
            "_skip": "{skip}", "_limit": PAGE,
        },
    )  # fmt: skip
    call = ServiceRequest(method="GET", path="/api/v1/activity/call/{id}/")
    new_call = ServiceRequest(path="/api/v1/activity/call/", body="{record}")
    deals = ServiceRequest(
        method="GET",
        path="/api/v1/opportunity/",
        params={"_order_by": "date_updated", "date_updated__gte": "{since}", "_skip": "{skip}", "_limit": "50"},
    )
    lead = ServiceRequest(method="GET", path="/api/v1/lead/{id}/")
    change_contact = ServiceRequest(method="PUT", path="/api/v1/contact/{id}/", body="{changes}")
    delete_contact = ServiceRequest(method="DELETE", path="/api/v1/contact/{id}/")
    delete_call = ServiceRequest(method="DELETE", path="/api/v1/activity/call/{id}/")

    def contacts(self, numbers: Sequence[str], emails: Sequence[str]) -> Iterator[JsonObject]:
        """Close keeps numbers in E.164 (source: its reference of contacts)."""
        for field, value in [*(("phone", each) for each in numbers), *(("email", each) for each in emails)]:
            related = contact_with(field, value)
            yield from each_item(
                lambda cursor, related=related: self.ask(self.search, related=related, cursor=cursor),  # type: ignore[misc]
                "data",
                "cursor",
                total="count.total",
            )

    def logged_call(self, activity: CallActivity) -> JsonObject | None:
        """Close takes no key of ours, so the calls at the same second are looked through."""
        at, second = activity.started_at.astimezone(UTC), timedelta(seconds=1)
        around = self._calls(after=(at - second).isoformat(), before=(at + second).isoformat())
        return next((call for call in around if self.call_key(call) == activity.key), None)

    def log_call(self, activity: CallActivity, contact: Mapping[str, Any]) -> JsonObject:
        return dict(self.ask(self.new_call, record=call_record(activity, contact)))

    def call_key(self, call: Mapping[str, Any]) -> str:
        return call_key(call)

    def calls_of(self, person: PersonReference, contacts: Sequence[JsonObject]) -> Iterator[JsonObject]:
        for lead in dict.fromkeys(as_text(contact.get("lead_id")) for contact in contacts):
            yield from self._calls(lead_id=lead)
        for known in person.provider_ids:
            found = self.find(self.call, id=known) if known.startswith("acti_") else None
            if found:
                yield dict(found)

    @hookimpl
    def pull_outcomes(self, cursor: str | None) -> OutcomePage:
        """Opportunities in the order of their changes, with the contact that each or its lead names."""
        page = changed_since(
            cursor,
            lambda since, skip: self.ask(self.deals, since=since, skip=skip),
            "data",
            "date_updated",
            "has_more",
        )
        leads = {
            lead: self.find(self.lead, id=lead) or {} for lead in {as_text(deal["lead_id"]) for deal in page.items}
        }
        outcomes = tuple(self._outcome(deal, leads[deal["lead_id"]]) for deal in page.items)
        return OutcomePage(outcomes=outcomes, cursor=page.cursor, more=page.more)

    def _calls(self, **filters: str) -> Iterable[JsonObject]:
        chosen = {"lead_id": None, "after": None, "before": None, **filters}
        return each_item(lambda skip: self.ask(self.calls, skip=skip, **chosen), "data", "has_more", by="offset")

    def _outcome(self, deal: Mapping[str, Any], lead: Mapping[str, Any]) -> Outcome:
        reached = [self.reach(person) for person in people_of(deal, lead)]
        numbers, emails = ([each for side in reached for each in side[place]] for place in (0, 1))
        return outcome(deal, self.settings.qualified, numbers, emails)
