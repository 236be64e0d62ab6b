"""CallRail's JSON objects as records. What cannot be read is left out with a reason, and never stops an import."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Literal

from hub.contracts.phones import phone_number
from hub.importing.callrail.settings import OF_COMPANY, lost_of_tracker, switches_on
from hub.importing.callrail.vocabulary import (
    LEAD_STATUSES,
    MEDIUMS,
    TRACKER_SOURCES,
    is_yes,
    moment_of,
    money_of,
    origin_of,
    seconds_of,
    slug,
    text_of,
    zone_of,
)
from hub.importing.records import (
    CallRecord,
    Cause,
    CompanyRecord,
    FormRecord,
    Marks,
    Record,
    TagRecord,
    TextRecord,
    TrackerRecord,
    UserRecord,
)

CALL_FIELDS = (
    "call_type", "company_id", "tracker_id", "first_call", "source", "source_name", "medium", "campaign", "keywords",
    "landing_page_url", "utm_source", "utm_medium", "utm_campaign", "utm_term", "gclid", "fbclid", "msclkid",
    "lead_status", "value", "formatted_value", "tags", "note",
)  # fmt: skip
"""What is asked for besides the fields that CallRail always sends."""
FORM_FIELDS = (
    "form_name", "lead_status", "value", "tags", "note", "utm_source", "utm_medium", "utm_campaign", "utm_term",
)  # fmt: skip
TEXT_FIELDS = ("lead_status", "value", "tags", "source", "notes")
CLICK_IDS = ("gclid", "fbclid", "msclkid")
COOKIE_UNITS = {"days": 1, "weeks": 7, "months": 30}
MAX_COOKIE_DAYS = 400
"""What `website: cookie_days:` may be."""
MAX_ID = 64
NO_ID, NO_TIME = "it has no id", "its time cannot be read"
CURRENCY = "USD"


class Unreadable(Exception):
    """An object that is not stored: its id, if it has one, and the reason."""

    def __init__(self, external_id: str, reason: str) -> None:
        super().__init__(reason)
        self.external_id, self.reason = external_id, reason


def records_of(
    rows: Iterable[Mapping[str, object]], read: Callable[[Mapping[str, Any]], Iterable[Record]]
) -> tuple[tuple[Record, ...], tuple[tuple[str, str], ...]]:
    """The records of some objects, and (id, reason) of those that cannot be read."""
    found: list[Record] = []
    unreadable = []
    for row in rows:
        try:
            found += read(row)
        except Unreadable as refusal:
            unreadable.append((refusal.external_id, refusal.reason))
    return tuple(found), tuple(unreadable)


def company_of(row: Mapping[str, object]) -> CompanyRecord:
    """A company."""
    return CompanyRecord(
        id=id_of(row),
        title=text_of(row.get("name"), 200) or id_of(row),
        time_zone=zone_of(row.get("time_zone")),
        is_active=row.get("status") != "disabled" and not row.get("disabled_at"),
        cookie_days=_cookie_days(row),
        lost=switches_on(row, OF_COMPANY),
    )


def _cookie_days(row: Mapping[str, object]) -> int | None:
    count = seconds_of(row.get("swap_cookie_duration"))
    days = COOKIE_UNITS.get(text_of(row.get("swap_cookie_duration_unit")) or "days")
    return min(count * days, MAX_COOKIE_DAYS) if count and days else None


def tracker_of(row: Mapping[str, object]) -> TrackerRecord:
    """A tracker, with what of its call flow a tracker here can do."""
    flow, source = _mapping(row.get("call_flow")), _mapping(row.get("source"))
    company, title = _mapping(row.get("company")), text_of(row.get("name"), 200) or id_of(row)
    swap = row.get("swap_targets")
    is_pool = row.get("type") == "session"
    return TrackerRecord(
        id=id_of(row),
        company_id=text_of(company.get("id"), MAX_ID) or "",
        title=title,
        is_pool=is_pool,
        is_active=row.get("status") != "disabled" and not row.get("disabled_at"),
        numbers=tuple(filter(None, map(phone_number, _list(row.get("tracking_numbers"))))),
        source=None if is_pool else _tracker_source(source, title),
        dial=phone_number(row.get("destination_number")) or phone_number(flow.get("destination_number")),
        greeting=text_of(flow.get("greeting_text"), 500),
        whisper=text_of(row.get("whisper_message"), 200),
        record=is_yes(flow.get("recording_enabled")) is True,
        swap=tuple(filter(None, map(phone_number, _list(swap)))),
        voicemail=is_yes(flow.get("voicemail_enabled")) is True,
        lost=tuple(lost_of_tracker(flow, source)),
    )


def tag_of(row: Mapping[str, object]) -> TagRecord:
    """A tag; its id is a number."""
    return TagRecord(
        id=id_of(row),
        name=text_of(row.get("name"), 200) or "",
        color=text_of(row.get("color"), 20) or "",
        company_id=text_of(row.get("company_id"), MAX_ID) if row.get("tag_level") != "account" else None,
        enabled=row.get("status") != "disabled",
    )


def user_of(row: Mapping[str, object]) -> UserRecord:
    """A user. One who sees every company has them all in the list; who is limited is decided by the import."""
    name = text_of(row.get("name"), 100) or " ".join(
        filter(None, (text_of(row.get("first_name"), 50), text_of(row.get("last_name"), 50)))
    )
    companies = (text_of(_mapping(each).get("id"), MAX_ID) for each in _list(row.get("companies")))
    return UserRecord(
        id=id_of(row),
        email=(text_of(row.get("email"), 250) or "").lower(),
        name=name or "",
        role=text_of(row.get("role"), 40) or "",
        companies=tuple(filter(None, companies)),
    )


def call_of(row: Mapping[str, object]) -> Iterator[CallRecord]:
    """A call."""
    external_id, at = id_of(row), moment_of(row.get("start_time"))
    if at is None:
        raise Unreadable(external_id, NO_TIME)
    voicemail = is_yes(row.get("voicemail")) is True
    recording_duration = seconds_of(row.get("recording_duration"))
    city, state, country = (text_of(row.get(f"customer_{name}"), 100) for name in ("city", "state", "country"))
    yield CallRecord(
        id=external_id,
        company=text_of(row.get("company_id"), MAX_ID),
        tracker=text_of(row.get("tracker_id"), MAX_ID),
        at=at,
        direction="out" if row.get("direction") == "outbound" else "in",
        caller_number=phone_number(row.get("customer_phone_number")),
        tracking_number=phone_number(row.get("tracking_phone_number")),
        business_number=phone_number(row.get("business_phone_number")),
        name=text_of(row.get("customer_name"), 200),
        place=place_of(city, state, country),
        duration=seconds_of(row.get("duration")),
        answered=is_yes(row.get("answered")) is True and not voicemail,
        voicemail=voicemail,
        is_first=is_yes(row.get("first_call")),
        recorded=bool(row.get("recording")),
        recording_duration=recording_duration,
        cause=cause_of(row),
        marks=marks_of(row),
    )


def form_of(row: Mapping[str, object]) -> Iterator[FormRecord]:
    """A form."""
    external_id, at = id_of(row), moment_of(row.get("submitted_at"))
    if at is None:
        raise Unreadable(external_id, NO_TIME)
    fields = {str(name): str(value) for name, value in _mapping(row.get("form_data")).items() if value is not None}
    yield FormRecord(
        id=external_id,
        company=text_of(row.get("company_id"), MAX_ID),
        at=at,
        form_id=text_of(row.get("form_name"), 200),
        page=text_of(row.get("form_url"), 4_000),
        number=phone_number(row.get("customer_phone_number")),
        name=text_of(row.get("customer_name"), 200),
        fields=fields,
        is_first=is_yes(row.get("first_form")),
        cause=cause_of(row),
        marks=marks_of(row),
    )


def thread_of(row: Mapping[str, object]) -> Iterator[TextRecord]:
    """The texts of a conversation: all that it holds. A text has no id in older answers; then its time and direction are it,
    which are the same at every reading."""
    thread = id_of(row)
    number = phone_number(row.get("customer_phone_number"))
    tracking = phone_number(row.get("current_tracking_number")) or phone_number(row.get("initial_tracking_number"))
    seen: Counter[str] = Counter()
    texts = sorted(
        (each for each in map(_mapping, _list(row.get("messages") or row.get("recent_messages"))) if each),
        key=lambda each: str(each.get("created_at")),
    )
    for each in texts:
        at = moment_of(each.get("created_at"))
        if at is None:
            raise Unreadable(thread, NO_TIME)
        direction: Literal["in", "out"] = "out" if each.get("direction") in ("outgoing", "outbound") else "in"
        same = f"{thread[:30]}/{at:%Y%m%d%H%M%S%f}{direction}"
        seen[same] += 1
        own = each.get("id")
        yield TextRecord(
            id=str(own)[:MAX_ID] if own else f"{same}{seen[same]}",
            company=text_of(row.get("company_id"), MAX_ID),
            tracker=text_of(row.get("current_tracker_id"), MAX_ID) or text_of(row.get("initial_tracker_id"), MAX_ID),
            at=at,
            direction=direction,
            person_number=number,
            tracking_number=tracking,
            body=text_of(each.get("content"), 10_000) or "",
            cause=cause_of(row),
            marks=marks_of(row),
        )


def cause_of(row: Mapping[str, object]) -> Cause:
    """What CallRail says of a contact's source. The link's own tags take precedence over the displayed name."""
    shown = text_of(row.get("source"), 200) or text_of(row.get("source_name"), 200)
    named = origin_of(shown)
    source, medium = text_of(row.get("utm_source"), 200), text_of(row.get("utm_medium"), 200)
    reported = (text_of(row.get("medium"), 200) or "").casefold()
    if source is None and named is not None:
        source, medium = named[0], medium or MEDIUMS.get(reported, reported) or named[1]
    clicks = {name: value for name in CLICK_IDS if (value := text_of(row.get(name), 500))}
    return Cause(
        shown=shown,
        source=source,
        medium=medium or MEDIUMS.get(reported, reported) or None,
        campaign=text_of(row.get("campaign"), 300) or text_of(row.get("utm_campaign"), 300),
        keyword=text_of(row.get("keywords"), 300) or text_of(row.get("utm_term"), 300),
        landing_page=text_of(row.get("landing_page_url"), 4_000),
        click_ids=clicks,
    )


def place_of(city: str | None, state: str | None, country: str | None) -> dict[str, str]:
    """Where a caller is, by the names of facts."""
    reported = {"place": f"{city}, {state}" if city and state else city, "region": state, "country": country}
    return {name: value for name, value in reported.items() if value}


def marks_of(row: Mapping[str, object]) -> Marks:
    """Lead status, value, tags and note. A tag is a text, or an object with its name."""
    value = money_of(row.get("formatted_value"), CURRENCY) or money_of(row.get("value"), CURRENCY)
    tags = (each if isinstance(each, str) else _mapping(each).get("name") for each in _list(row.get("tags")))
    return Marks(
        status=LEAD_STATUSES.get(str(row.get("lead_status")).casefold()),
        value=value,
        tags=tuple(filter(None, (text_of(each, 200) for each in tags))),
        note=text_of(row.get("note"), 5_000) or text_of(row.get("notes"), 5_000),
    )


def id_of(row: Mapping[str, object]) -> str:
    """The id of an object; a number in older answers."""
    found = row.get("id")
    text = str(found) if isinstance(found, str | int) and not isinstance(found, bool) else ""
    if not text or len(text) > MAX_ID or not text.isascii() or not text.isprintable():
        raise Unreadable("", NO_ID)
    return text


def _tracker_source(source: Mapping[str, object], title: str) -> tuple[str, str]:
    kind = text_of(source.get("type"), 40) or ""
    if kind in TRACKER_SOURCES:
        return TRACKER_SOURCES[kind]
    if kind == "search":
        engine = text_of(source.get("search_engine"), 40) or "google"
        paid = source.get("search_type") == "paid"
        return ("search" if engine == "all" else slug(engine)), "cpc" if paid else "organic"
    if kind == "web_referrer":
        return slug(text_of(source.get("referrer"), 100) or title), "referral"
    known = origin_of(text_of(source.get("name"), 200) or title)
    return known or (slug(title), "offline" if kind == "offline" else "other")


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else [value] if isinstance(value, str) and value else []
