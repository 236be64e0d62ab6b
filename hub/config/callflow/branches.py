"""Where a call goes on at a step that branches: by the clock, by the caller's place, by what caused the call."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from datetime import date
from fnmatch import fnmatchcase

from hub.config.callflow.context import CallContext
from hub.config.callflow.definition import AttributionRoute, Case, GeoRoute, Schedule, Split
from hub.config.callflow.hours import DAYS, Hours, local_time, open_at, public_holiday
from hub.contracts.consent import Place

SHARE = "share"
"""How the result of a `split` begins."""


def by_the_clock(step: Schedule, known: CallContext) -> tuple[str, str]:
    """The next step, and why: the company's opening hours, its holidays, or a day of its own."""
    now = local_time(known.at, step.time_zone or known.time_zone)
    spans, holiday = day_of_schedule(step, now.date())
    if holiday:
        return step.holiday or step.closed, f"{holiday}"
    open_now = open_at(spans, now.time())
    when = f"on {now.date()}" if now.date() in step.dates else f"at {now:%a %H:%M}"
    return (step.open if open_now else step.closed), f"{'open' if open_now else 'closed'} {when}"


def day_of_schedule(step: Schedule, day: date) -> tuple[tuple[Hours, ...], str | None]:
    """The open hours of one day, and the public holiday for which it is closed; a date of the company's own decides alone."""
    if day in step.dates:
        return step.dates[day], None
    if step.holidays and (holiday := public_holiday(step.holidays, day)):
        return (), holiday
    return step.hours.get(DAYS[day.weekday()], ()), None


def by_place(step: GeoRoute, known: CallContext) -> tuple[str, str]:
    """The next step if every place where the caller's number could be from leads to the same one; else `otherwise`."""
    ways, places = set(), [each for each in known.places if each.basis == "caller_number"]
    for place in places:
        codes = (f"{place.country}-{place.region}", place.country or "")
        ways.add(next((step.places[code] for code in codes if code in step.places), step.otherwise))
    spelled = " or ".join(sorted(map(_spelled, places))) or "an unknown place"
    return (ways.pop() if len(ways) == 1 else step.otherwise), f"from {spelled}"


def by_attribution(step: AttributionRoute, known: CallContext, tags: Collection[str]) -> tuple[str, str]:
    """The next step of the first case that holds; `tags` are those that the call has by now."""
    for index, case in enumerate(step.cases, 1):
        if _holds(case, known, tags):
            return case.then, f"case {index}"
    return step.otherwise, "no case matches"


def by_share(step: Split, name: str, known: CallContext) -> tuple[str, str]:
    """The next step of one of the equal shares: the same for each call of a caller, by a hash of the number."""
    seed = hashlib.sha256(f"{name}/{known.caller_key or known.call_id}".encode()).digest()
    way, target = [*step.ways.items()][int.from_bytes(seed[:6], "big") % len(step.ways)]
    return target, f"{SHARE} {way}"


def _holds(case: Case, known: CallContext, tags: Collection[str]) -> bool:
    texts = (
        (case.source, known.source),
        (case.medium, known.medium),
        (case.campaign, known.campaign),
        (case.landing_page, known.landing_page),
    )
    return (
        all(wanted is None or _fits(wanted, value) for wanted, value in texts)
        and (case.tag is None or case.tag in tags)
        and (case.caller_list is None or case.caller_list in known.caller_lists)
        and (case.owner is None or _fits(case.owner, known.owner))
        and (case.caller is None or known.first_time is (case.caller == "first_time"))
    )


def _fits(wanted: str, value: str | None) -> bool:
    return value is not None and fnmatchcase(value.casefold(), wanted.casefold())


def _spelled(place: Place) -> str:
    return "-".join(filter(None, (place.country, place.region)))
