"""`calls/summary` and `calls/timeseries`: totals of the calls that the filters of `calls` select."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta

from hub.callrail import formatted
from hub.callrail.dates import FIRST_MOMENT, Period, range_time, zone_title
from hub.callrail.ids import COMPANY, wire_id
from hub.callrail.sources import source_name
from hub.errors import CannotDo
from hub.queries.lists.totals import GROUPS, Group, call_totals_by, call_totals_over_time, first_start
from hub.reports.calendar import bounds, month_of, year_of
from hub.reports.hours import CallFigures, total_of
from hub.web.callrail.calls import call_list
from hub.web.callrail.request import CallRailRequest
from hub.web.callrail.resource import Answer, Endpoint

INTERVALS = ("hour", "day", "week", "month", "year")
MAX_POINTS = 200


def summary(request: CallRailRequest) -> Answer:
    """Totals of a range of time, and of each value of `group_by`."""
    group = request.parameters.choice("group_by", GROUPS)
    with request.session() as session:
        calls, span = call_list(request, session)
        begins = span.begins or first_start(session, calls)
        body = range_of(request, span, begins)
        whole = (begins or span.ends, span.ends)
        (total,) = call_totals_over_time(session, calls, [whole], request.hub.clock())
        body["total_results"] = _measured(total, request)
        if group is not None:
            found = merged(call_totals_by(session, calls, group), group)
            body["grouped_results"] = [{"key": key, **_measured(each, request)} for key, each in found]
    return body


def timeseries(request: CallRailRequest) -> Answer:
    """Totals of each hour, day, week, month or year; at most 200 of them."""
    interval = (
        request.parameters.choice("interval", INTERVALS) or request.parameters.choice("group_by", INTERVALS) or "day"
    )
    with request.session() as session:
        calls, span = call_list(request, session)
        begins = span.begins or first_start(session, calls) or span.ends - timedelta(microseconds=1)
        points = list(_points(begins, span, interval))
        found = call_totals_over_time(session, calls, points, request.hub.clock())
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


def merged(found: list[Group], group: str) -> Iterator[tuple[str | None, CallFigures]]:
    """Groups by their written value: two that are written alike become one."""
    by_key: dict[str | None, list[CallFigures]] = {}
    for values, figures in found:
        by_key.setdefault(key_of(values, group), []).append(figures)
    totals = [(key, total_of(some)) for key, some in by_key.items()]
    yield from sorted(totals, key=lambda pair: (-pair[1].calls, pair[0] or ""))


def _measured(figures: CallFigures, request: CallRailRequest) -> Mapping[str, object]:
    wanted = {"total_calls", *request.parameters.list("fields")}
    average = round(figures.seconds / figures.calls) if figures.calls else 0
    values = {
        "total_calls": figures.calls,
        "missed_calls": figures.unanswered,
        "answered_calls": figures.answered,
        "abandoned_calls": figures.abandoned,
        "first_time_callers": figures.first_time,
        "average_duration": average,
        "formatted_average_duration": formatted.duration(average),
        "leads": figures.leads,
    }
    return {name: value for name, value in values.items() if name in wanted}


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
