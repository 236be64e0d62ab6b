"""A delivery ready to leave: the value for the plugin, built from the fields that its manifest declares."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from hub.config.destinations import destination_as_stored
from hub.contracts.connector import Connector
from hub.contracts.conversions import CallActivity, Conversion
from hub.contracts.manifest import Manifest
from hub.delivery.changes import value_to_send
from hub.flow.case import Case
from hub.flow.clicks import newest_clicks
from hub.flow.consent import StoredDecision
from hub.model import Call, ConversionRow, Delivery, FormSubmission, TextMessage
from hub.plugin_host.violations import ManifestViolations

TOO_OLD = "too_old"
"""The code of what a network takes no longer."""
AHEAD_OF_CLOCK = "ahead_of_clock"
"""The code of what waits because its time has not come by this machine's clock."""
MAX_CLOCK_ERROR = timedelta(days=2)


@dataclass(frozen=True)
class Payload:
    """One delivery with its case, its present consent ruling, and the value as the plugin may see it."""

    delivery: Delivery
    case: Case
    ruling: StoredDecision
    value: Conversion | CallActivity
    categories: frozenset[str]
    event_time: datetime
    """The time from which a network counts the item's age."""


def build_payload(
    delivery: Delivery,
    case: Case,
    ruling: StoredDecision,
    conversion: ConversionRow | None,
    connector: Connector,
    refusals: ManifestViolations,
    caller_name: str | None = None,
) -> Payload:
    """The payload of one delivery; `caller_name` is the caller's name for a call that is to be logged."""
    full: Conversion | CallActivity
    if conversion:
        full = known_conversion(delivery, case, ruling, conversion, connector)
    else:
        full = _activity(delivery, case, caller_name)
    disclosed = refusals.disclose(connector, full, delivery.hook)
    event_time = conversion.occurred_at if conversion else case.at
    return Payload(delivery, case, ruling, disclosed.value, disclosed.categories, event_time)


def click_kinds(manifest: Manifest, hook: str) -> tuple[str, ...] | None:
    """The kinds of click ids that the plugin declares; None for all."""
    flow = manifest.flow(hook)
    keys = [share.keys for share in flow.shares if share.field == "click_ids"] if flow else []
    return keys[0] or None if keys else ()


def too_old(event_time: datetime, now: datetime, manifest: Manifest) -> str | None:
    """Why the network takes something of `event_time` no longer; None if it does."""
    age, longest = now - event_time, manifest.limits.max_age
    if longest is None or age <= longest:
        return None
    return f"It is {age.days} days old; {longest.days} are taken."


def ahead_of_clock(payload: Payload, now: datetime) -> datetime | None:
    """When a conversion is no longer ahead of this machine's clock, which was set back or differs from the carrier's; None
    if it is not ahead. One that is days ahead is not explained by clocks, so the network judges it."""
    if not isinstance(payload.value, Conversion):
        return None
    happened = max(payload.event_time, payload.delivery.made_at)
    return happened if now < happened <= now + MAX_CLOCK_ERROR else None


def known_conversion(
    delivery: Delivery, case: Case, ruling: StoredDecision, row: ConversionRow, connector: Connector
) -> Conversion:
    """A conversion with everything that is known, before the manifest decides what the plugin gets of it."""
    visit, manifest = case.sure_visit, connector.manifest
    clicks = newest_clicks(case, row.occurred_at, click_kinds(manifest, delivery.hook))
    known_by_person = {"phone_number": case.phone_number, "email": case.email, "country": case.fact("country")}
    return Conversion(
        key=row.key,
        kind=delivery.kind,  # type: ignore[arg-type]
        name=row.rule,
        contact=_contact(case),
        occurred_at=row.occurred_at,
        changed_at=delivery.made_at if delivery.kind != "new" else None,
        value=value_to_send(delivery, row, connector.manifest),
        destination=destination_as_stored(connector.Destination, delivery.destination),
        ad_user_data=ruling.ad_permission,
        ad_personalization=ruling.ad_permission,
        call_started_at=None if isinstance(case.subject, FormSubmission) else case.at,
        click_ids={name: value for name, (_, value) in clicks.items()},
        # A carrier's times are whole seconds: a click within CLOCK_SLACK of the call came before it.
        clicked_at={name: min(at, row.occurred_at) for name, (at, _) in clicks.items()},
        cookies=dict(visit.cookies) if visit and _reads_cookies(manifest, delivery.hook) else {},
        **{name: value for name, value in known_by_person.items() if name not in ruling.left_out},
        landing_page=_landing_page(case),
        user_agent=visit.user_agent if visit else None,
    )


def _reads_cookies(manifest: Manifest, hook: str) -> bool:
    """Whether the plugin declares cookies. Another network's are not its own, so they are not kept back from it."""
    flow = manifest.flow(hook)
    return flow is not None and any(share.field == "cookies" for share in flow.shares)


def _landing_page(case: Case) -> str | None:
    """The page on which the visit began, if the visit is surely the person's."""
    return case.attribution.landing_page if case.attribution and case.is_sure else None


def _contact(case: Case) -> Literal["call", "text", "form"]:
    match case.subject:
        case Call():
            return "call"
        case TextMessage():
            return "text"
        case FormSubmission():
            return "form"


def _activity(delivery: Delivery, case: Case, caller_name: str | None) -> CallActivity:
    call = case.subject
    # A source that is only possibly the caller's is good for reports; a contact in a CRM would show it as a fact.
    sure = case.is_sure or (case.attribution is not None and case.attribution.visit_id is None)
    attribution = case.attribution if sure else None
    assert isinstance(call, Call)
    return CallActivity(
        key=delivery.item_key,
        answered=call.answered,
        started_at=call.started_at,
        duration=call.duration or 0,
        tracking_number=call.tracking_number or "",
        company=case.company.title,
        source=attribution.source if attribution else None,
        medium=attribution.medium if attribution else None,
        campaign=attribution.campaign if attribution else None,
        caller_number=call.caller_number,
        caller_name=caller_name,
        landing_page=_landing_page(case),
        recording_url=None,
    )
