"""Pipedrive: calls as activities of their persons, deals as outcomes; a person who asks is shown, corrected and erased."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from hub.api import (
    ApiVersion,
    ConfigError,
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
from hub.api.crm import CallActivity, JsonCrm, OutcomePage, changed_at, changed_since
from hub.api.json_service import ServiceRequest, ServiceStandIn
from plugins.crm.pipedrive.settings import PipedriveSettings
from plugins.crm.pipedrive.translate import call_key, call_record, in_requests, outcome, spellings, whole_second

NEXT = "additional_data.next_cursor"
PAGE = {"limit": "500", "cursor": "{cursor}"}
CLOCKS = timedelta(minutes=5)
"""How far Pipedrive's clock may be behind the carrier's."""


class Pipedrive(JsonCrm):
    """One company at Pipedrive."""

    Settings = PipedriveSettings
    settings: PipedriveSettings
    manifest = Manifest(
        name="pipedrive",
        kind="crm",
        version="0.1.0",
        title="Pipedrive",
        recipient=Recipient(name="Pipedrive OÜ", role="processor", privacy_url="https://www.pipedrive.com/en/privacy"),
        regions=("US", "DE"),
        hosts=("*.pipedrive.com",),
        shares=tuple(Share(field=name) for name in ("caller_number", "caller_name", "landing_page")),
        retention="as long as the customer keeps the person in Pipedrive; 30 days after its deletion",
        deletion=Deletion(
            supported=True, note="the person and its calls are deleted; Pipedrive purges them after 30 days"
        ),
        limits=Limits(batch_size=25),
        personal_in_address="Pipedrive takes what it searches for only in the address: the number of the caller stands in it.",
        versions=(ApiVersion(name="v2"),),
    )
    provider = Provider(
        name="Pipedrive",
        remedy="put a valid api_token into config.yaml",
        code="code",
        words=("error", "error_info"),
        codes={"feature_capping*": ConfigError},
        wait_headers=("retry-after", "x-ratelimit-reset"),
    )
    headers = {"x-api-token": "{api_token}"}
    phones = ("phones", "value")
    emails = ("emails", "value")
    new_entry = {"label": "work"}
    facts = {"caller_name": ("name", "user.name"), "crm.email": ("emails.0.value", "user.contact.email")}
    check = ServiceRequest(method="GET", path="/api/v2/stages", params={"limit": "1"})
    stand_in = ServiceStandIn(rules=Path(__file__).parent / "sandbox" / "rules.yaml")
    search = ServiceRequest(
        method="GET",
        path="/api/v2/persons/search",
        params={"term": "{term}", "fields": "{field}", "exact_match": "{exact}", **PAGE},
    )
    persons = ServiceRequest(method="GET", path="/api/v2/persons", params={"ids": "{ids}", **PAGE})
    calls = ServiceRequest(
        method="GET",
        path="/api/v2/activities",
        params={"ids": "{ids}", "person_id": "{person_id}", "updated_since": "{since}", **PAGE},
    )
    new_call = ServiceRequest(path="/api/v2/activities", body="{record}")
    deals = ServiceRequest(
        method="GET",
        path="/api/v2/deals",
        params={"updated_since": "{since}", "sort_by": "update_time", "sort_direction": "asc", **PAGE},
    )
    stages = ServiceRequest(method="GET", path="/api/v2/stages", params=PAGE)
    change_contact = ServiceRequest(method="PATCH", path="/api/v2/persons/{id}", body="{changes}")
    delete_contact = ServiceRequest(method="DELETE", path="/api/v2/persons/{id}")
    delete_call = ServiceRequest(method="DELETE", path="/api/v2/activities/{id}")

    def contacts(self, numbers: Sequence[str], emails: Sequence[str]) -> Iterator[JsonObject]:
        """A search finds what contains a term, and says less about a person than the list of persons."""
        wanted = [("phone", term, None) for number in numbers for term in spellings(number)]
        found: dict[str, None] = {}
        for field, term, exact in [*wanted, *(("email", each, "true") for each in emails)]:
            hits = self._list(self.search, "data.items", term=term, field=field, exact=exact)
            found |= {str(hit["item"]["id"]): None for hit in hits}
        yield from self._persons(found)

    def logged_call(self, activity: CallActivity) -> JsonObject | None:
        """Pipedrive takes no key of ours, so the activities that changed since the call are looked through."""
        since = self._calls(since=whole_second(activity.started_at - CLOCKS))
        return next((call for call in since if call_key(call) == activity.key), None)

    def log_call(self, activity: CallActivity, contact: Mapping[str, Any]) -> JsonObject:
        return dict(self.ask(self.new_call, record=call_record(activity, contact)).get("data") or {})

    def call_key(self, call: Mapping[str, Any]) -> str:
        return call_key(call)

    def calls_of(self, person: PersonReference, contacts: Sequence[JsonObject]) -> Iterator[JsonObject]:
        for contact in contacts:
            yield from self._calls(person_id=str(contact["id"]))
        # Only an activity that the hub wrote counts: a person may have written one of the same number as a record elsewhere.
        for ids in in_requests(each for each in person.provider_ids if each.isdecimal()):
            yield from (call for call in self._calls(ids=ids) if call_key(call))

    @hookimpl
    def pull_outcomes(self, cursor: str | None) -> OutcomePage:
        """Deals that are not archived in the order of their changes, with the person that each names."""
        page = changed_since(
            cursor,
            lambda since, mark: self.ask(self.deals, since=since and whole_second(changed_at(since)), cursor=mark),
            "data",
            "update_time",
            NEXT,
            by="cursor",
        )
        named = dict.fromkeys(str(deal["person_id"]) for deal in page.items if deal.get("person_id"))
        people = {each["id"]: each for each in self._persons(named)}
        stages = {each["id"]: as_text(each["name"]) for each in self._list(self.stages, "data")} if page.items else {}
        outcomes = tuple(
            outcome(deal, stages, self.settings.qualified, self.reach(people.get(deal.get("person_id"), {})))
            for deal in page.items
        )
        return OutcomePage(outcomes=outcomes, cursor=page.cursor, more=page.more)

    def _persons(self, ids: Iterable[str]) -> Iterator[JsonObject]:
        for some in in_requests(ids):
            yield from self._list(self.persons, "data", ids=some)

    def _calls(self, **filters: str) -> Iterator[JsonObject]:
        listed = self._list(self.calls, "data", **{"ids": None, "person_id": None, "since": None, **filters})
        return (call for call in listed if not call.get("is_deleted"))

    def _list(self, request: ServiceRequest, items: str, **values: str | None) -> Iterator[JsonObject]:
        return each_item(lambda cursor: self.ask(request, cursor=cursor, **values), items, NEXT)
