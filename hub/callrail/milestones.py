"""`milestones`: what led to a contact, at its first touch, when it became a lead, when it was qualified, at its last touch.

Ringfence keeps the visit that led to the contact. It is the first and the last touch, unless only a number led to it.
"""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from hub.callrail.dates import local_time
from hub.callrail.people import is_good_lead
from hub.callrail.sources import source_name
from hub.callrail.visits import device_type
from hub.contracts.untrusted import JsonObject
from hub.model import Attribution, Call, FormSubmission, Lead, Visit


def milestones(
    contact: Call | FormSubmission, cause: Attribution | None, visit: Visit | None, lead: Lead | None, zone: ZoneInfo
) -> JsonObject | None:
    """The four milestones; None before the contact has a source. `qualified` is None without a good lead."""
    if cause is None:
        return None
    at = contact.started_at if isinstance(contact, Call) else contact.submitted_at
    touched = visit.started_at if visit else at
    good = lead if is_good_lead(lead) else None
    return {
        "first_touch": _milestone(touched, cause, visit, zone),
        "lead_created": _milestone(at, cause, visit, zone),
        "qualified": _milestone(good.marked_at, cause, visit, zone) if good else None,
        "last_touch": _milestone(touched, cause, visit, zone),
    }


def _milestone(at: datetime, cause: Attribution, visit: Visit | None, zone: ZoneInfo) -> dict[str, object]:
    parameters = {name: str(value) for name, value in (visit.parameters if visit else {}).items()}
    return {
        "event_date": local_time(at, zone),
        "ad_position": None,
        "campaign": cause.campaign,
        "device": device_type(visit),
        "keywords": cause.keyword,
        "landing": cause.landing_page,
        "landing_page_url_params": parameters,
        "match_type": parameters.get("matchtype"),
        "medium": cause.medium,
        "referrer": visit.referrer if visit else None,
        "referrer_url_params": {},
        "session_browser": None,
        "url_utm_params": {name: value for name, value in parameters.items() if name.startswith("utm_")},
        "source": source_name(cause.source, cause.medium),
    }
