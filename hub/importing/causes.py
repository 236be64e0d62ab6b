"""The causes of imported contacts, as the other service reported them."""

from __future__ import annotations

from datetime import datetime

from hub.config.retention import RetentionSection
from hub.contracts.clean_urls import clean_text, clean_url, without_click_ids
from hub.importing.callrail.vocabulary import slug
from hub.importing.records import Cause
from hub.model import Attribution, Company, Tracker
from hub.model.columns import CALL_RETENTION, CLICK_ID_RETENTION, storable
from hub.model.imports import IMPORTED

MAX_URL_CHARACTERS = 4_096
UNKNOWN = ("unknown", "unknown")
OTHER = "other"


def cause_row(
    subject_id: str,
    company: Company,
    tracker: Tracker | None,
    cause: Cause,
    service: str,
    at: datetime,
    now: datetime,
    retention: RetentionSection,
) -> dict[str, object]:
    """The row of a contact's cause, as the service of this title reported it. Click ids are kept only as long as those of a
    visit here; nothing is ever sent because of them."""
    source, medium = _origin(cause, tracker)
    clicks = dict(cause.click_ids) if at + retention.life("click_ids") > now else {}
    page = clean_url(cause.landing_page, company.link_parameters)
    reported = f"{service} reported the source {cause.shown}" if cause.shown else f"{service} reported no source"
    return Attribution.columns(
        subject_id=subject_id,
        company_id=company.id,
        source=storable(source),
        medium=storable(medium),
        campaign=storable(cause.campaign) or (tracker.campaign if tracker else None),
        keyword=storable(clean_text(cause.keyword)) if cause.keyword else None,
        landing_page=storable(without_click_ids(page, company.own_click_ids)[:MAX_URL_CHARACTERS]) if page else None,
        click_ids=storable(clicks),
        clicked_at=at if clicks else None,
        rule=IMPORTED,
        confidence=1.0,
        trace=[storable(reported)],
        made_at=now,
        clicks_end_at=at + CLICK_ID_RETENTION if clicks else None,
        expires_at=at + CALL_RETENTION,
    )


def _origin(cause: Cause, tracker: Tracker | None) -> tuple[str, str]:
    """Source and medium: as reported, else those of the tracker. A tracker fills in the medium of its own source."""
    own = (tracker.source, tracker.medium) if tracker is not None and tracker.source else None
    source = cause.source or (slug(cause.shown) if cause.shown else None)
    if source is None:
        return (own[0] or "", own[1] or OTHER) if own else UNKNOWN
    return source, cause.medium or (own[1] if own and own[0] == source else None) or OTHER
