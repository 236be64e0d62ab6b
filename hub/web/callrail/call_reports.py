"""`calls/summary` and `calls/timeseries`: totals of the calls that the filters of `calls` select."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta

from hub.callrail import formatted
from hub.callrail.dates import FIRST_MOMENT, Period, range_time, zone_title
from hub.callrail.ids import COMPANY, wire_id
from hub.callrail.sources import source_name
from hub.errors import CannotDo
from hub.queries.lists.kinds import CALLS
from hub.queries.lists.totals import (
    GROUPS,
    CallTotals,
    call_totals,
    call_totals_by,
    call_totals_over_time,
    first_start,
)
from hub.reports.calendar import bounds, month_of, year_of
from hub.web.callrail.calls import call_list
from hub.web.callrail.request import CallRailRequest
from hub.web.callrail.resource import Answer, Endpoint

MEASURES = (
    "total_calls", "missed_calls", "answered_calls", "abandoned_calls", "first_time_callers", "average_duration",
    "formatted_average_duration", "leads",
)  # fmt: skip
INTERVALS = ("hour", "day", "week", "month", "year")
MAX_POINTS = 200


def summary(request: CallRailRequest) -> Answer:
    """Totals of a range of time, and of each value of `group_by`."""
    group = request.parameters.choice("group_by", GROUPS)
    with request.session() as session:
        calls, span = call_list(request, session)
        query = calls.query(CALLS)
        body = range_of(request, span, first_start(session, query) if span.begins is None else None)
        body["total_results"] = _measured(call_totals(session, query), request)
        if group is not None:
            found = merged(call_totals_by(session, query, group), group)
            body["grouped_results"] = [{"key": key, **_measured(each, request)} for key, each in found]
    return body


def timeseries(request: CallRailRequest) -> Answer:
    """Totals of each hour, day, week, month or year; at most 200 of them."""
    interval = (
        request.parameters.choice("interval", INTERVALS) or request.parameters.choice("group_by", INTERVALS) or "day"
    )
    with request.session() as session:
        calls, span = call_list(request, session)
        query = calls.query(CALLS)
        begins = span.begins or first_start(session, query) or span.ends - timedelta(microseconds=1)
        points = list(_points(begins, span, interval))
        found = call_totals_over_time(session, query, points)
    body = range_of(request, span, begins)
    body["data"] = [
        {"key": (key := _key(first, span, interval)), "date": key, **_measured(each, request)}
        for (first, _), each in zip(points, found, strict=True)
    ]
    return body


def range_of(request: CallRailRequest, span: Period, begins: datetime | None = None) -> dict[str, object]:
    """The range of time of an answer; the end is the last second."""
    return {
        "start_date": range_time(span.begins or begins or FIRST_MOMENT, span.zone),
        "end_date": range_time(span.ends - timedelta(seconds=1), span.zone),
        "time_zone": zone_title(span.zone),
    }


def key_of(values: tuple[str | None, ...], group: str) -> str | None:
    """The value of a group as CallRail writes it."""
    if group == "source":
        return source_name(values[0], values[1])
    value = values[0]
    return wire_id(COMPANY, value) if group == "company_id" and value else value


def merged(found: list[CallTotals], group: str) -> Iterator[tuple[str | None, CallTotals]]:
    """Groups by their written value: two that are written alike become one."""
    by_key: dict[str | None, CallTotals] = {}
    for each in found:
        key = key_of(each.key, group)
        by_key[key] = _added(by_key[key], each) if key in by_key else each
    yield from sorted(by_key.items(), key=lambda pair: (-pair[1].total_calls, pair[0] or ""))


def _added(one: CallTotals, other: CallTotals) -> CallTotals:
    total = one.total_calls + other.total_calls
    seconds = sum((each.average_duration or 0) * each.total_calls for each in (one, other))
    return CallTotals(
        key=one.key,
        total_calls=total,
        missed_calls=one.missed_calls + other.missed_calls,
        answered_calls=one.answered_calls + other.answered_calls,
        abandoned_calls=one.abandoned_calls + other.abandoned_calls,
        first_time_callers=one.first_time_callers + other.first_time_callers,
        average_duration=seconds / total if total else None,
        leads=one.leads + other.leads,
    )


def _measured(totals: CallTotals, request: CallRailRequest) -> Mapping[str, object]:
    wanted = {"total_calls", *request.parameters.list("fields")}
    average = round(totals.average_duration or 0)
    values = {
        **{name: getattr(totals, name) for name in MEASURES if name not in ("formatted_average_duration",)},
        "average_duration": average,
        "formatted_average_duration": formatted.duration(average),
    }
    return {name: values[name] for name in MEASURES if name in wanted}


def _points(begins: datetime, span: Period, interval: str) -> Iterator[tuple[datetime, datetime]]:
    """The stretches of a range of time; the first and the last one may be cut off. CannotDo if there are too many."""
    at, count = begins, 0
    while at < span.ends:
        count += 1
        if count > MAX_POINTS:
            raise CannotDo(f"This would be more than {MAX_POINTS} points; take a longer interval or a shorter range.")
        following = min(_next(at, span, interval), span.ends)
        yield at, following
        at = following


def _next(at: datetime, span: Period, interval: str) -> datetime:
    """The beginning of the next stretch; weeks begin on Monday."""
    if interval == "hour":
        return at.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    day = at.astimezone(span.zone).date()
    following: date
    match interval:
        case "day":
            following = day + timedelta(days=1)
        case "week":
            following = day + timedelta(days=7 - day.weekday())
        case "month":
            following = month_of(month_of(day) + timedelta(days=31))
        case _:
            following = year_of(year_of(day) + timedelta(days=366))
    return bounds(following, span.zone)[0]


def _key(at: datetime, span: Period, interval: str) -> str:
    """The stretch's first day, or its hour."""
    return range_time(at, span.zone) if interval == "hour" else at.astimezone(span.zone).date().isoformat()


ENDPOINTS = (
    Endpoint("GET", "calls/summary", ("calls",), summary),
    Endpoint("GET", "calls/timeseries", ("calls",), timeseries),
)
