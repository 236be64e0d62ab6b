"""What each filter asks of each table of contacts."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, func, or_
from sqlmodel import Session, col, select

from hub.contracts.conversions import UNVERIFIABLE
from hub.contracts.leads import LeadStatus
from hub.marks.spam import is_spam
from hub.model import Attribution, Call, ConsentDecision, Delivery, Lead, Recording, SignalRow, Tag, Tracker, Visit
from hub.model.calls import MAX_CALL_SECONDS, UNDER_WAY
from hub.model.conversions import is_shown_as
from hub.model.states import CallStatus, DeliveryState, RecordingState
from hub.queries.lists import filters
from hub.queries.lists.filters import GOOD, IS_LEAD, MARKED, NONE, UNSCORED, ContactFilter, Outcome, SentState
from hub.queries.lists.kinds import CALLS, TEXTS, Kind
from hub.queries.lists.plan import Period
from hub.queries.lists.search import Search, search_conditions, search_of, wide_search_of
from hub.reports.calendar import OwnDays, bounds, day_of, days_between, in_days
from hub.reports.touches import ABANDONED_SECONDS, MARKED_LEADS, is_lead, unanswered
from hub.store.rows import indexless

MAX_HEAT_DAYS = 366
"""So many days a filter by weekday or hour goes back at most."""
DELIVERY_STATES: dict[str, tuple[str, ...]] = {
    SentState.DELIVERED: (DeliveryState.DELIVERED,),
    SentState.UNVERIFIABLE: (UNVERIFIABLE,),
    SentState.UNMATCHED: (DeliveryState.UNMATCHED,),
    SentState.HELD: (DeliveryState.HELD,),
    SentState.REJECTED: (DeliveryState.REJECTED, DeliveryState.DEAD, DeliveryState.QUARANTINED),
    SentState.WAITING: (DeliveryState.READY, DeliveryState.LEASED, DeliveryState.ACCEPTED),
}
RECORDING_STATES: dict[str, tuple[RecordingState, ...]] = {
    "yes": (RecordingState.STORED,),
    "waiting": (RecordingState.READY, RecordingState.LEASED),
    "refused": (RecordingState.REFUSED,),
    "failed": (RecordingState.FAILED,),
    "gone": (RecordingState.GONE,),
}
Condition = ColumnElement[bool]


@dataclass(frozen=True)
class Question:
    """A filter with what it needs from the database, read once: ids of trackers, what was typed, hours as times."""

    wanted: ContactFilter
    companies: tuple[str, ...]
    trackers: tuple[str, ...] | None = None
    """The ids of the wanted trackers."""
    searches: tuple[Search, ...] = ()
    spans: tuple[OwnDays, ...] | None = None
    """The wanted hours, each for the companies of a time zone."""


def question(session: Session, companies: tuple[str, ...], wanted: ContactFilter) -> Question:
    """A filter, ready to be asked."""
    trackers = wanted.tracker_ids or None
    if wanted.tracker is not None:
        query = select(Tracker.id).where(Tracker.name == wanted.tracker, col(Tracker.company_id).in_(companies))
        trackers = tuple(session.exec(query))
    spans = None
    if (wanted.weekday is not None or wanted.hours) and wanted.ends:
        earliest = wanted.ends - timedelta(days=MAX_HEAT_DAYS)
        wanted = replace(wanted, begins=max(wanted.begins or earliest, earliest))
        spans = tuple(
            OwnDays(zone, ids, *span)
            for zone, ids in [(each.zone, each.companies) for each in wanted.days] or [(wanted.zone, companies)]
            for span in _spans(wanted, zone)
        )
    searches = [search_of(session, companies, wanted.q)] if wanted.q else []
    searches += [wide_search_of(session, companies, wanted.search)] if wanted.search else []
    return Question(wanted, companies, trackers, tuple(searches), spans)


def conditions(
    request: Question, kind: Kind, period: Period | None = None, tracker: object = None
) -> list[Condition] | None:
    """The conditions on rows of one kind; None if none can match. `period` is a part of the filter's, and `tracker` one of
    the wanted trackers, if they are read one by one."""
    wanted = request.wanted
    begins, ends = period or (wanted.begins, wanted.ends)
    if wanted.kind not in (None, kind.name) or (kind is not CALLS and _asks_about_calls(wanted)):
        return None
    if wanted.first_time is not None and kind.first is None:
        return None
    found = [
        *([kind.at >= begins] if begins is not None else []),
        *([kind.at < ends] if ends is not None else []),
        *_on_days(request, kind),
        *_on_attribution(wanted, kind),
        *_on_marks(wanted, kind),
        *_on_sent(wanted, kind),
        *(search_conditions(each, kind) for each in request.searches),
    ]
    if wanted.person_id is not None:
        found.append(kind.table.person_id == wanted.person_id)
    if wanted.first_time is not None:
        found.append(kind.first.is_(wanted.first_time == "yes"))
    if request.trackers is not None:
        if kind not in (CALLS, TEXTS) or not request.trackers:
            return None
        column = kind.table.tracker_id
        found.append(indexless(column).in_(request.trackers) if tracker is None else column == tracker)
    if kind is CALLS:
        found += _on_calls(wanted)
        if wanted.outcome == Outcome.LIVE and wanted.now is not None:
            found.append(kind.at >= wanted.now - timedelta(seconds=MAX_CALL_SECONDS))
    return found


def outcome_is(outcome: str) -> Condition:
    """The condition that a call came to an outcome."""
    over, live = col(Call.status).not_in(UNDER_WAY), col(Call.status).in_(UNDER_WAY)
    not_answered, missed, voicemail, abandoned = unanswered()
    match outcome:
        case Outcome.LIVE:
            return live
        case Outcome.ANSWERED:
            return and_(over, col(Call.answered_at).is_not(None))
        case filters.UNANSWERED:
            return not_answered
        case filters.FAILED:
            connected = or_(col(Call.answered_at).is_not(None), col(Call.voicemail).is_(True))
            return and_(col(Call.status) == CallStatus.FAILED, or_(connected, col(Call.failure).is_not(None)))
        case Outcome.VOICEMAIL:
            return voicemail
        case Outcome.ABANDONED:
            return abandoned
        case _:
            return missed


def outcome_of(call: Call) -> Outcome:
    """What became of a call."""
    if call.status in UNDER_WAY:
        return Outcome.LIVE
    if call.answered_at is not None:
        return Outcome.ANSWERED
    if call.voicemail:
        return Outcome.VOICEMAIL
    short = call.duration is not None and call.duration < ABANDONED_SECONDS
    return Outcome.ABANDONED if short else Outcome.MISSED


def attribution_is(wanted: ContactFilter) -> list[Condition]:
    """The conditions on a contact's cause."""
    pairs = [
        (Attribution.source, wanted.source),
        (Attribution.medium, wanted.medium),
        (Attribution.campaign, wanted.campaign),
        (Attribution.keyword, wanted.keyword),
    ]
    found: list[Condition] = [col(column) == value for column, value in pairs if value is not None]
    if wanted.landing_page is not None:
        found.append(_is_page(wanted.landing_page))
    if wanted.sources:
        found.append(col(Attribution.source).in_(wanted.sources))
    if wanted.devices:
        agent, unwanted = col(Visit.user_agent), wanted.devices[0].startswith("-")
        named = or_(*(agent.contains(word.removeprefix("-"), autoescape=True) for word in wanted.devices))
        visit = select(1).where(col(Visit.id) == Attribution.visit_id, ~named if unwanted else named)
        found.append(visit.correlate(Attribution).exists())
    return found


def _is_page(page: str) -> Condition:
    """The condition that the landing page is `page`: an address, or host and path as in reports; whatever its query."""
    at = col(Attribution.landing_page)
    pages = [page] if "://" in page else [f"https://{page}", f"http://{page}"]
    pages += [each[:-1] for each in pages if each.count("/") == 3 and each.endswith("/")]
    return or_(at.in_(pages), *(at.startswith(each + mark, autoescape=True) for each in pages for mark in "?#"))


def lead_is(wanted: ContactFilter) -> list[Condition]:
    """The conditions on a contact's lead status and value."""
    found: list[Condition] = []
    if wanted.lead == GOOD:
        found.append(col(Lead.status).in_(MARKED_LEADS))
    elif wanted.lead not in (None, IS_LEAD, MARKED, NONE, UNSCORED):
        found.append(col(Lead.status) == wanted.lead)
    if wanted.value_from is not None:
        found.append(col(Lead.amount) >= wanted.value_from)
    if wanted.value_to is not None:
        found.append(col(Lead.amount) <= wanted.value_to)
    return found


def exists_for(kind: Kind, subject: object, *where: Condition) -> Condition:
    """The condition that a row with `subject`, the id of a contact, exists and is as `where` says."""
    return select(1).where(subject == kind.table.id, *where).correlate(kind.table).exists()


def _asks_about_calls(wanted: ContactFilter) -> bool:
    request = (
        wanted.outcome, wanted.longer, wanted.shorter, wanted.recording, wanted.agent, wanted.agents, wanted.missed,
        wanted.signal,
    )  # fmt: skip
    return any(each is not None for each in request)


def _on_days(request: Question, kind: Kind) -> list[Condition]:
    if not request.wanted.days and request.spans is None:
        return []
    # One index for each span or company would be slower.
    at, company = indexless(kind.at, request.wanted.ends), indexless(kind.table.company_id)
    return [in_days(each, company, at) for each in (request.wanted.days or None, request.spans) if each is not None]


def _on_attribution(wanted: ContactFilter, kind: Kind) -> list[Condition]:
    causes = attribution_is(wanted)
    return [exists_for(kind, col(Attribution.subject_id), *causes)] if causes else []


def _on_marks(wanted: ContactFilter, kind: Kind) -> list[Condition]:
    found = []
    leads = lead_is(wanted)
    if leads or wanted.lead == MARKED:
        found.append(exists_for(kind, col(Lead.subject_id), *leads))
    if wanted.lead == IS_LEAD:
        found.append(is_lead(kind.table))
    if wanted.lead in (NONE, UNSCORED):
        scored = [] if wanted.lead == NONE else [col(Lead.status).in_((*MARKED_LEADS, LeadStatus.NOT_A_LEAD))]
        found.append(~exists_for(kind, col(Lead.subject_id), *scored))
    for name in tags_of(wanted):
        found.append(exists_for(kind, col(Tag.subject_id), col(Tag.name) == name))
    if wanted.spam is not None:
        spam = col(Call.spam).is_(True) if kind is CALLS else is_spam(kind.table.id)
        found.append(spam if wanted.spam == "yes" else ~spam)
    return found


def tags_of(wanted: ContactFilter) -> tuple[str, ...]:
    """The tags that a contact must have."""
    return (*wanted.tags, wanted.tag) if wanted.tag is not None else wanted.tags


def sent_is(state: str) -> Condition:
    """Deliveries in a `SentState`."""
    return or_(*map(is_shown_as, DELIVERY_STATES[state]))


def _on_sent(wanted: ContactFilter, kind: Kind) -> list[Condition]:
    found = []
    if wanted.sent == NONE:
        found.append(~exists_for(kind, col(Delivery.subject_id)))
    elif wanted.sent is not None:
        found.append(exists_for(kind, col(Delivery.subject_id), sent_is(wanted.sent)))
    if wanted.consent is not None:
        found.append(exists_for(kind, col(ConsentDecision.subject_id), col(ConsentDecision.verdict) == wanted.consent))
    return found


def _on_calls(wanted: ContactFilter) -> list[Condition]:
    found: list[Condition] = []
    if wanted.outcome is not None:
        found.append(outcome_is(wanted.outcome))
    if wanted.longer is not None:
        found.append(func.coalesce(Call.duration, 0) >= wanted.longer)
    if wanted.shorter is not None:
        found.append(func.coalesce(Call.duration, 0) <= wanted.shorter)
    if wanted.agent is not None:
        found += [col(Call.answered_at).is_not(None), col(Call.answered_by) == wanted.agent]
    if wanted.agents is not None:
        found += [col(Call.answered_at).is_not(None), col(Call.answered_by).in_(wanted.agents)]
    if wanted.signal is not None:
        found.append(exists_for(CALLS, col(SignalRow.subject_id), col(SignalRow.name) == wanted.signal))
    if wanted.recording == "no":
        found.append(~exists_for(CALLS, col(Recording.call_id)))
    elif wanted.recording is not None:
        states = RECORDING_STATES[wanted.recording]
        found.append(exists_for(CALLS, col(Recording.call_id), col(Recording.state).in_(states)))
    return found


def _spans(wanted: ContactFilter, zone: ZoneInfo) -> Collection[tuple[datetime, datetime]]:
    """The times of the period that fall on the weekday and into the hours of a time zone."""
    assert wanted.begins is not None and wanted.ends is not None
    first, last = wanted.hours or (0, 23)
    days = days_between(day_of(wanted.begins, zone), day_of(wanted.ends, zone))
    return [_hours(day, first, last, zone) for day in days if wanted.weekday in (None, day.weekday())]


def _hours(day: date, first: int, last: int, zone: ZoneInfo) -> tuple[datetime, datetime]:
    begins = datetime(day.year, day.month, day.day, first, tzinfo=zone)
    if last == 23:
        return begins, bounds(day, zone)[1]
    return begins, datetime(day.year, day.month, day.day, last + 1, tzinfo=zone)
