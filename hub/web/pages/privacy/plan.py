"""`/privacy-desk/requests/{id}/plan`: what an erasure will delete, take back and keep, before it is confirmed."""

from __future__ import annotations

from starlette.responses import Response

from hub.errors import existing
from hub.model import PrivacyRequest
from hub.platform.id_words import words_of
from hub.privacy_requests.officer import digest_of, plan_of
from hub.privacy_requests.providers.stand_ins import warning_of
from hub.queries.privacy.requests import one_request
from hub.web.pages.guard import Page
from hub.web.pages.privacy.desk import desk_page
from hub.web.pages.privacy.queue import row, who
from hub.web.pages.privacy.request_labels import DESK
from hub.web.pages.request import PageRequest

TABLES = {
    "attribution": "sources of contacts",
    "call": "calls",
    "call_event": "events of calls",
    "call_step": "steps of callers in call flows",
    "consent_detail": "words in consent records",
    "conversion": "conversions",
    "delivery": "queued and sent deliveries",
    "fact": "facts about the person",
    "form_submission": "forms",
    "inbox": "raw webhooks",
    "lease": "numbers shown to them",
    "lead_change": "lead marks",
    "note": "notes",
    "outcome": "deals of the CRM",
    "outgoing_call": "calls placed to them",
    "page_view": "pages that they looked at",
    "person": "the person's own record",
    "recording": "recordings",
    "tag": "tags",
    "text_media": "pictures in texts",
    "text_message": "texts",
    "transcript": "transcripts",
    "visit": "visits",
}
"""What the tables hold, in words; a table that is missing here is named by its name."""


def plan_page(page: PageRequest) -> Response:
    """The plan of an erasure that has not begun; NotFound for other requests."""
    with page.session() as session:
        details = one_request(session, page.scope, page.path("request_id"))
    with page.hub.store.reading() as session:  # a person's rows are in tables that no account's session sees
        request = session.get_one(PrivacyRequest, details.shown.request.id)
        planned = existing(plan_of(session, page.hub, request))
    return desk_page(
        page,
        "plan",
        tab="",
        title="Plan of the erasure",
        planned=planned,
        erased=[(TABLES.get(name, words_of(name)), count) for name, count in planned["rows"].items() if count],
        seen=digest_of(planned),
        rehearsal=warning_of(planned["rehearsal"]),
        row=row(page, details.shown),
        request=request,
        who=who(details.shown),
    )


PAGES = (Page(f"{DESK}/requests/{{request_id}}/plan", plan_page, "requests"),)
