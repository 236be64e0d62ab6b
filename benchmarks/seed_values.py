"""The rows of one generated call, text or form: its person, visit, cause, marks, conversion, deliveries, recording."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from itertools import accumulate
from typing import Any
from uuid import UUID

from sqlmodel import SQLModel

from hub.model import (
    Attribution,
    Call,
    ConsentDecision,
    ConversionRow,
    Delivery,
    FormSubmission,
    Lead,
    Person,
    Recording,
    Tag,
    TextMessage,
    Visit,
)
from hub.model.columns import CALL_RETENTION

SOURCES = (
    ("google", "cpc"), ("google", "organic"), ("website", "direct"), ("bing", "cpc"), ("facebook", "paid_social"),
    ("yellow_pages", "print"), ("google_business_profile", "organic"), ("chatgpt", "ai"), ("van", "print"),
    *((f"partner{number}.example", "referral") for number in range(31)),
)  # fmt: skip
TABLES: tuple[type[SQLModel], ...] = (
    Person, Visit, Call, TextMessage, FormSubmission, Attribution, Lead, Tag, Recording, ConversionRow, ConsentDecision,
    Delivery,
)  # fmt: skip
"""What `contact_rows` makes rows of."""
CAMPAIGNS, KEYWORDS, PAGES = 100, 3_000, 100
TAGS = ("estimate", "regular", "warranty", "spam", "callback", "supplier")
AGENTS = ("+13125550190", "+13125550191", "+13125550192", "+13125550193")
STATES = ("delivered",) * 88 + ("held",) * 5 + ("rejected",) * 3 + ("accepted",) * 3 + ("dead",)


@dataclass(frozen=True)
class Contact:
    """What is decided about a contact before its rows are made."""

    index: int
    kind: str
    at: datetime
    company: str
    tracker: str
    person: int
    is_new: bool


def zipf(draw: random.Random, count: int) -> int:
    """A number below `count`; small ones are frequent."""
    return draw.choices(range(count), cum_weights=_weights(count))[0]


def contact_rows(rows: dict[type[SQLModel], list[dict[str, Any]]], draw: random.Random, told: Contact) -> None:
    """Add the rows of one contact."""
    row_id, ends = _id(told.at, draw), told.at + CALL_RETENTION
    person_id, number = f"person-{told.person:029}", f"+1{2_000_000_000 + told.person}"
    work = {"state": "done", "due_at": told.at, "expires_at": ends, "company_id": told.company, "person_id": person_id}
    if told.is_new:
        rows[Person].append(
            {"id": person_id, "company_id": told.company, "phone_number": number, "phone_learnt": "carrier"}
            | {"first_seen_at": told.at, "expires_at": ends}
        )
    match told.kind:
        case "call":
            rows[Call].append({"id": row_id, **work, **_call(draw, told, row_id, number)})
        case "text":
            rows[TextMessage].append(
                {"id": row_id, **work, "connector": "twilio", "carrier_message_id": row_id, "at": told.at}
                | {"tracker_id": told.tracker, "tracking_number": "+13125550100", "person_number": number}
            )
        case _:
            rows[FormSubmission].append(
                {"id": row_id, **work, "submission_key": row_id, "submitted_at": told.at, "phone_number": number}
                | {"email": f"visitor{told.person}@example.com", "first_time_contact": told.is_new}
            )
    _add_cause(rows, draw, told, row_id, person_id)
    _add_marks(rows, draw, told, row_id)
    _add_conversion(rows, draw, told, row_id, person_id)


def _call(draw: random.Random, told: Contact, row_id: str, number: str) -> dict[str, Any]:
    answered = draw.random() < 0.82
    seconds = int(draw.expovariate(1 / 150)) + 5
    return {
        "connector": "twilio",
        "carrier_call_id": row_id,
        "tracker_id": told.tracker,
        "tracking_number": "+13125550100",
        "caller_number": number if draw.random() < 0.97 else None,
        "status": "completed",
        "started_at": told.at,
        "start_reported": True,
        "answered_at": told.at + timedelta(seconds=6) if answered else None,
        "answered_by": AGENTS[zipf(draw, len(AGENTS))] if answered else None,
        "ended_at": told.at + timedelta(seconds=seconds),
        "duration": seconds,
        "voicemail": not answered and draw.random() < 0.3,
        "first_time_caller": told.is_new,
        "enriched_at": told.at,
    }


def _add_cause(
    rows: dict[type[SQLModel], list[dict[str, Any]]], draw: random.Random, told: Contact, row_id: str, person_id: str
) -> None:
    source, medium = SOURCES[zipf(draw, len(SOURCES))]
    paid = medium in ("cpc", "paid_social")
    cause = {
        "source": source,
        "medium": medium,
        "campaign": f"campaign {zipf(draw, CAMPAIGNS)}" if paid else None,
        "keyword": f"drain repair near {zipf(draw, KEYWORDS)}" if medium == "cpc" else None,
        "landing_page": f"https://lakeside.example.com/page-{zipf(draw, PAGES)}?utm_source={source}",
        "expires_at": told.at + CALL_RETENTION,
    }
    visit_id = None
    if medium != "print" and draw.random() < 0.4:
        visit_id = _id(told.at - timedelta(minutes=3), draw)
        rows[Visit].append(
            {"id": visit_id, "company_id": told.company, "visitor_id": f"v{told.person}", "person_id": person_id}
            | {"started_at": told.at - timedelta(minutes=3), "rule": "utm", **cause}
        )
    rows[Attribution].append(
        {"subject_id": row_id, "company_id": told.company, "visit_id": visit_id, "rule": "lease.live"}
        | {"confidence": 0.98, "made_at": told.at, "trace": ["the number was shown to this visit"], **cause}
    )


def _add_marks(
    rows: dict[type[SQLModel], list[dict[str, Any]]], draw: random.Random, told: Contact, row_id: str
) -> None:
    mine = {"subject_id": row_id, "company_id": told.company}
    if draw.random() < 0.15:
        status = ("qualified", "new", "not_a_lead", "booked")[zipf(draw, 4)]
        amount = Decimal(draw.randrange(40, 2_000)) if status in ("qualified", "booked") else None
        rows[Lead].append(
            {"status": status, "amount": amount, "currency": "USD" if amount else None, **mine}
            | {"marked_at": told.at, "marked_by": "user"}
        )
    if draw.random() < 0.1:
        rows[Tag].append(
            {
                "id": _id(told.at, draw),
                "name": TAGS[zipf(draw, len(TAGS))],
                "made_at": told.at,
                "made_by": "user",
                **mine,
            }
            | {"expires_at": told.at + CALL_RETENTION}
        )


def _add_conversion(
    rows: dict[type[SQLModel], list[dict[str, Any]]], draw: random.Random, told: Contact, row_id: str, person_id: str
) -> None:
    ends = told.at + CALL_RETENTION
    if told.kind == "call" and draw.random() < 0.3:
        rows[Recording].append(
            {"id": _id(told.at, draw), "connector": "twilio", "carrier_recording_id": row_id, "call_id": row_id}
            | {"recorded_at": told.at, "expires_at": ends, "due_at": told.at, "duration": 60}
            | {"state": "stored" if draw.random() < 0.9 else "refused"}
        )
    if draw.random() >= 0.2:
        return
    conversion_id, decision_id = _id(told.at, draw), _id(told.at, draw)
    rows[ConversionRow].append(
        {"id": conversion_id, "key": f"rf-{told.index:024}", "company_id": told.company, "subject_id": row_id}
        | {"person_id": person_id, "rule": "qualified call", "occurred_at": told.at, "made_at": told.at}
        | {"amount": Decimal(40), "currency": "USD"}
    )
    state = draw.choice(STATES)
    rows[ConsentDecision].append(
        {"id": decision_id, "subject_id": row_id, "connector": "google_ads", "moment": "send", "use": "measurement"}
        | {"verdict": "deny" if state == "held" else "allow", "rule_id": "us.default", "reason": "", "opinions": []}
        | {"decided_at": told.at, "expires_at": ends}
    )
    rows[Delivery].append(
        {"id": _id(told.at, draw), "connector": "google_ads", "hook": "upload_conversions", "dedup_key": conversion_id}
        | {"item_key": f"rf-{told.index:024}", "conversion_id": conversion_id, "subject_id": row_id, "state": state}
        | {"company_id": told.company, "due_at": told.at, "made_at": told.at, "finished_at": told.at}
        | {"decision_id": decision_id, "attempts": 1}
    )


def _id(at: datetime, draw: random.Random) -> str:
    """An id that sorts by time: a UUIDv7 (RFC 9562)."""
    time = int(at.timestamp() * 1_000)
    return str(UUID(int=time << 80 | 7 << 76 | draw.getrandbits(12) << 64 | 2 << 62 | draw.getrandbits(62)))


@cache
def _weights(count: int) -> list[float]:
    return list(accumulate(1 / (number + 1) for number in range(count)))
