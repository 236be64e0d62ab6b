"""Our calls to HubSpot's call properties; HubSpot's contacts and deals to our facts and outcomes. Pure."""

from __future__ import annotations

import html
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import partial

from hub.api import Fact, Money, phone_number
from hub.api.crm import CallActivity, Correction, KnownSource, Outcome, instant
from plugins.crm.hubspot.settings import Stage

Properties = Mapping[str, str | None]

FACTS = {
    "company": ("crm.company", "user.contact.organization"),
    "jobtitle": ("crm.job_title", "user.job_title"),
    "email": ("crm.email", "user.contact.email"),
    "city": ("crm.city", "user.contact.address.city"),
    "state": ("crm.state", "user.contact.address.state"),
    "lifecyclestage": ("crm.lifecycle_stage", "user.behavior.purchase_history"),
}
"""Contact property → our fact's name and its data category."""
PHONES = ("phone", "mobilephone")
CONTACT_PROPERTIES = ("firstname", "lastname", *PHONES, *FACTS)
DEAL_PROPERTIES = (
    "dealstage",
    "amount",
    "deal_currency_code",
    "closedate",
    "hs_is_closed",
    "hs_is_closed_won",
    "hs_lastmodifieddate",
)
SOURCES = tuple(
    KnownSource(kind="utm_source", value=tag, source="hubspot", medium="email") for tag in ("hs_email", "hs_automation")
)
"""The tags that HubSpot adds to untagged links in its emails; the second is for workflows."""
read_time = partial(instant, per_second=1_000)
"""A time as HubSpot writes it: in milliseconds since 1970, or ISO 8601."""
TITLE_LENGTH = 255
BODY_LENGTH = 65_536
"""Most characters that HubSpot stores of a call's body."""


def call_properties(call: CallActivity, call_property: str) -> dict[str, str]:
    """A finished call in the properties of HubSpot's call object (source: its calls guide)."""
    inbound = call.direction == "inbound"
    caller, ours = call.caller_number or "", call.tracking_number
    properties = {
        call_property: call.key,
        "hs_timestamp": hubspot_time(call.started_at),
        "hs_call_direction": "INBOUND" if inbound else "OUTBOUND",
        "hs_call_duration": str(call.duration * 1000),
        "hs_call_from_number": caller if inbound else ours,
        "hs_call_to_number": ours if inbound else caller,
        "hs_call_status": "COMPLETED" if call.answered else "NO_ANSWER",
        "hs_call_title": _title(call),
        "hs_call_body": _body(call),
        "hs_call_recording_url": call.recording_url or "",
    }
    return {name: value for name, value in properties.items() if value}


def _title(call: CallActivity) -> str:
    kind = f"{'Answered' if call.answered else 'Missed'} {call.direction} call"
    cause = " / ".join(plain(part) for part in (call.source, call.campaign) if part)
    return (f"{kind} from {cause}" if cause else kind)[:TITLE_LENGTH]


def _body(call: CallActivity) -> str:
    """Lines of HTML, as HubSpot shows the body; values from a caller or an ad's address are escaped."""
    lines = (
        ("Company", call.company),
        ("Source", call.source),
        ("Medium", call.medium),
        ("Campaign", call.campaign),
        ("Landing page", call.landing_page),
        ("Caller", call.caller_name),
    )
    shown = (f"{name}: {html.escape(plain(value)[:2000])}" for name, value in lines if value)
    return "<br>".join(shown)[:BODY_LENGTH]


def plain(text: str) -> str:
    """`text` without control characters and lone surrogates, which JSON or HubSpot would refuse."""
    return "".join(c for c in text if unicodedata.category(c) not in ("Cc", "Cs"))


def facts(contacts: Sequence[tuple[str, Properties]], lifetime: timedelta) -> tuple[Fact, ...]:
    """Facts about a caller from the first contact, with less confidence if several contacts share the number."""
    if not contacts:
        return ()
    contact_id, properties = contacts[0]
    confidence = 0.95 if len(contacts) == 1 else 0.5
    name = " ".join(part for part in (properties.get("firstname"), properties.get("lastname")) if part)
    known = [("crm.contact_id", contact_id, "user.unique_id"), ("caller_name", name, "user.name")]
    known += [(fact, properties.get(of) or "", category) for of, (fact, category) in FACTS.items()]
    return tuple(
        Fact(name=fact, value=value, category=category, confidence=confidence, lifetime=lifetime)
        for fact, value, category in known
        if value
    )


def phones(properties: Properties, country: str) -> tuple[str, ...]:
    """A contact's numbers in E.164, each once."""
    read = (phone_number(properties.get(name), country) for name in PHONES)
    return tuple(dict.fromkeys(number for number in read if number))


def full_name(properties: Properties) -> str:
    """A contact's name, for comparison."""
    return " ".join(filter(None, (properties.get("firstname"), properties.get("lastname")))).strip().casefold()


def right(correction: Correction, held: Properties, country: str) -> dict[str, str]:
    """The properties of a contact that a correction changes. A number replaces the old one, else it goes to `phone`."""
    changed: dict[str, str] = {}
    if correction.new_name:
        first, _, last = correction.new_name.strip().rpartition(" ")
        changed |= {"firstname": first, "lastname": last}
    if correction.new_email:
        changed["email"] = correction.new_email
    if correction.new_phone_number:
        old = [name for name in PHONES if phone_number(held.get(name), country) in correction.phone_numbers]
        changed |= dict.fromkeys(old or ["phone"], correction.new_phone_number)
    return {name: value for name, value in changed.items() if (held.get(name) or "") != value}


def outcome(
    deal_id: str,
    deal: Properties,
    *,
    stages: Mapping[str, Stage],
    currency: str,
    phone_numbers: tuple[str, ...] = (),
    email: str | None = None,
    call_key: str | None = None,
) -> Outcome:
    """A deal's present state. Raises ValueError if HubSpot does not say when it changed."""
    changed_at = read_time(deal.get("hs_lastmodifieddate"))
    if changed_at is None:
        raise ValueError("a deal without hs_lastmodifieddate")
    stage = stage_of(deal, stages)
    reached = deal.get("closedate") if stage in ("won", "lost") else deal.get(entered(deal.get("dealstage") or ""))
    return Outcome(
        external_id=deal_id,
        stage=stage,
        changed_at=changed_at,
        # A close date is a salesperson's forecast; a deal cannot have closed after the change that reports it.
        occurred_at=min(read_time(reached) or changed_at, changed_at),
        value=_money(deal, currency),
        call_key=call_key,
        phone_numbers=phone_numbers,
        email=email,
    )


def stage_of(deal: Properties, stages: Mapping[str, Stage]) -> str:
    """The stage by the settings, else by HubSpot's own flags for closed stages, else HubSpot's id."""
    own = deal.get("dealstage") or ""
    if own in stages:
        return stages[own]
    if deal.get("hs_is_closed_won") == "true":
        return "won"
    return "lost" if deal.get("hs_is_closed") == "true" else own


def entered(stage: str) -> str:
    """The property that holds when a deal entered `stage`."""
    return f"hs_v2_date_entered_{stage}"


def _money(deal: Properties, currency: str) -> Money | None:
    try:
        amount = Decimal(deal.get("amount") or "")
    except InvalidOperation:
        return None
    return Money(amount, deal.get("deal_currency_code") or currency) if amount.is_finite() else None


def hubspot_time(moment: datetime) -> str:
    """A time as HubSpot writes it: ISO 8601, UTC, milliseconds."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def milliseconds(moment: datetime) -> int:
    """Milliseconds since 1970, the format of search filters; exact, without floating point."""
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
