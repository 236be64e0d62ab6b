"""Cal. Civ. Code 1798.83: what third parties received for their own marketing in the last calendar year; one answer a
year.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import Session, select

from hub.contracts.third_parties import is_third_party
from hub.model import Company, PrivacyRequest
from hub.model.states import RequestState
from hub.privacy.datamap.recipients import recipients_of
from hub.privacy_requests.collect import Answer, reach_of_request, recipients
from hub.runtime import Hub


def disclosed_last_year(session: Session, hub: Hub, request: PrivacyRequest) -> Answer:
    """Names and addresses of the recipients that got data and may use it for their own marketing, with the categories. The year
    is that of the company's clock.
    """
    company = session.get_one(Company, request.company_id)
    zone = ZoneInfo(company.time_zone)
    year = request.received_at.astimezone(zone).year - 1
    first, last = (datetime(each, 1, 1, tzinfo=zone).astimezone(UTC) for each in (year, year + 1))
    third: dict[str, dict[str, Any]] = {}
    for row in recipients(session, hub, reach_of_request(session, hub, request), request):
        if not first <= row["disclosed_at"] < last:
            continue
        # A third party may use what it got for its marketing, whatever it got it for. A recipient whose role is no longer
        # known may have been one.
        unknown = row["role"] == "unknown" and row["use"].startswith("marketing")
        if not unknown and not is_third_party(row["role"], row["use"]):
            continue
        entry = third.setdefault(row["recipient"], {"recipient": row["recipient"], "categories": [], "times": 0})
        entry["categories"] = sorted({*entry["categories"], *row["categories"]})
        entry["times"] += 1
    for each in recipients_of(hub.config).values():
        recipient = each.connector_class.manifest.recipient
        if recipient.name in third and recipient.privacy_url:
            third[recipient.name]["where_to_ask"] = recipient.privacy_url
        if recipient.name in third and recipient.postal_address:
            third[recipient.name]["address"] = recipient.postal_address
    about = {
        "request": request.id,
        "company": company.title,
        "made_at": hub.clock(),
        "year": year,
        "law": "California Civil Code section 1798.83",
        "result": f"{len(third)} third parties"
        if third
        else "Nothing was disclosed to third parties for their marketing.",
    }
    return Answer(about, {"third parties": list(third.values())})


def answered_this_year(session: Session, request: PrivacyRequest, time_zone: str) -> bool:
    """Whether the same person got an answer in this calendar year already. The law gives them one answer a year."""
    zone = ZoneInfo(time_zone)
    earlier = select(PrivacyRequest).where(
        PrivacyRequest.company_id == request.company_id,
        PrivacyRequest.kind == request.kind,
        PrivacyRequest.fingerprint == request.fingerprint,
        PrivacyRequest.state == RequestState.DONE,
        PrivacyRequest.id != request.id,
    )
    year = request.received_at.astimezone(zone).year
    return any(each.received_at.astimezone(zone).year == year for each in session.exec(earlier))
