"""Attribute: finds the visit, click and campaign that caused a call, by the first rule that fits, and keeps the trace.

Rules in their order, with their confidence:
0. `form.visit`          a form came from this visit: certain; a form without a visit is `form.unknown`
1. `number.source`       the number stands for one source (a print ad): certain, no visit needed
2. `lease.live`          one visitor held the pool's number when the call began
3. `number.shared`       the pool was empty and visitors saw the shared number: 0.6 divided among those who saw it
4. `person.remembered`   nobody holds the number now, and an earlier visit of the caller held it: this visit is chosen,
                         not the last visitor, who is a stranger; beside a live lease it is the second candidate
5. `lease.cooling`       nobody holds the number now; its last visitor is chosen, with less confidence each day; of a
                         number that left the pool, until hub.numbers.rest.late_calls.LATE_CALLS is over
6. `person.earlier`      an earlier visit is known to be the caller's (a remembered number)
7. `tracker.unknown`     nothing is known; the tracker's own source, or `unknown`
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from hub.flow.case import CLOCK_SLACK, SHOWN_FOR, SURE_FROM, Case, as_likely
from hub.flow.clicks import clicked_at
from hub.model import Attribution, FormSubmission, Tracker, Visit
from hub.model.columns import CALL_RETENTION, CLICK_ID_RETENTION
from hub.numbers.rest.late_calls import LATE_CALLS, said_of
from hub.sources.classify import classify_tracker

LIVE = 0.98
SHARED_CONFIDENCE = 0.6
REMEMBERED = 0.8
COOLING = 0.8
DOUBT = 0.2
"""The confidence in the previous holder if the number went to another visitor within the hour: the pool is too small."""
EARLIER_CONFIDENCE = 0.5


@dataclass(frozen=True)
class _Candidate:
    visit: Visit
    confidence: float
    why: str


def attribute(case: Case, now: datetime) -> Attribution:
    """The attribution of a call, text or form. A candidate that was found stays, because a number's history only
    grows; only a contact that turns out to have begun at another time is attributed again."""
    if case.attribution is not None and case.is_attributed:
        return case.attribution
    case.attributed_again = case.attribution is not None
    rule, candidates, trace = _decide(case)
    if case.late and case.line is not None:
        trace = [said_of(case.line.number, case.line.tracker.name, case.at), *trace]
    case.visit = candidates[0].visit if candidates else None
    case.candidate_visits = [each.visit for each in candidates if as_likely(each.confidence, candidates[0].confidence)]
    visit = case.visit
    if visit is not None:
        source, medium, campaign = visit.source, visit.medium, visit.campaign
        trace = [*trace, *visit.trace]
    else:
        tracker = case.tracker
        match = classify_tracker(
            tracker.source if tracker and tracker.source else "unknown",
            tracker.medium if tracker else None,
            tracker.campaign if tracker else None,
        )
        source, medium, campaign = match.source, match.medium, match.campaign
    confidence = candidates[0].confidence if candidates else (1.0 if rule == "number.source" else 0.1)
    # What a visit says about its visitor is copied only if the visitor is surely this person.
    sure = visit if confidence >= SURE_FROM else None
    clicks = _clicks(sure, case.at) if sure else {}
    case.attribution = Attribution.to_write(
        subject_id=case.subject.id,
        company_id=case.company.id,
        visit_id=visit.id if visit else None,
        source=source,
        medium=medium,
        campaign=campaign,
        keyword=sure.keyword if sure else None,
        landing_page=sure.landing_page if sure else None,
        click_ids=clicks,
        clicked_at=sure.started_at if sure and clicks else None,
        clicks_end_at=sure.started_at + CLICK_ID_RETENTION if sure and clicks else None,
        rule=rule,
        confidence=round(confidence, 3),
        trace=trace,
        candidates=[
            {
                "visit": each.visit.id,
                "source": each.visit.source,
                "confidence": round(each.confidence, 3),
                "why": each.why,
            }
            for each in candidates[:50]
        ],
        made_at=now,
        expires_at=case.at + CALL_RETENTION,
    )
    return case.attribution


def _clicks(visit: Visit, at: datetime) -> dict[str, str]:
    """The visit's click ids that came before a contact. A later click caused other contacts."""
    if at - visit.started_at > CLICK_ID_RETENTION:
        return {}
    return {name: value for name, value in visit.click_ids.items() if clicked_at(visit, name) <= at + CLOCK_SLACK}


def _decide(case: Case) -> tuple[str, list[_Candidate], list[str]]:
    tracker = case.tracker
    if isinstance(case.subject, FormSubmission) or tracker is None:
        return _decide_form(case)
    if tracker.type == "source" and not tracker.is_default:
        return "number.source", [], [f"the number belongs to tracker {tracker.name}, which stands for {tracker.source}"]
    live = [visit for lease, visit in case.lease_visits if case.at <= lease.expires_at]
    if live:
        return (
            "lease.live",
            _live(case, live),
            [f"the number is of pool {tracker.name} and was held by {_visitors(len(live))} when the call began"],
        )
    if case.shown_visits:
        share = SHARED_CONFIDENCE / len(case.shown_visits)
        return (
            "number.shared",
            [_Candidate(visit, share, "saw the shared number within the hour") for visit in case.shown_visits],
            [f"the shared number of {tracker.name} was seen by {_visitors(len(case.shown_visits))} within the hour"],
        )
    cooled = [
        _Candidate(visit, _cooled(case.at - lease.expires_at, tracker, case.late), "held the number last")
        for lease, visit in case.lease_visits
    ]
    if case.remembered_visit is not None:
        others = [
            replace(each, confidence=DOUBT * each.confidence)
            for each in cooled
            if each.visit.id != case.remembered_visit.id
        ]
        mine = _Candidate(case.remembered_visit, REMEMBERED, "held the number, and is known to be the caller's")
        trace = f"nobody held the number of pool {tracker.name}, and an earlier visit of the caller's did"
        return "person.remembered", [mine, *others], [trace]
    if cooled:
        return "lease.cooling", cooled, [f"nobody held the number of pool {tracker.name}; its last visitor decides"]
    if case.earlier_visit is not None:
        candidate = _Candidate(case.earlier_visit, EARLIER_CONFIDENCE, "this visit is known to be the person's")
        return "person.earlier", [candidate], ["no visit holds the number; the caller is known from an earlier visit"]
    return "tracker.unknown", [], [f"no visit matches; tracker {tracker.name} has no visitor to name"]


def _decide_form(case: Case) -> tuple[str, list[_Candidate], list[str]]:
    if case.sent_from is not None:
        sent = _Candidate(case.sent_from, 1.0, "the form was sent on this visit")
        return "form.visit", [sent], ["the page sent the form with its visit"]
    return "form.unknown", [], ["the form came without a visit"]


def _live(case: Case, live: list[Visit]) -> list[_Candidate]:
    """The visitors who held the number, and the others who may have dialed it."""
    others: list[_Candidate] = []
    if case.remembered_visit is not None and case.remembered_visit.id not in {visit.id for visit in live}:
        others = [
            _Candidate(case.remembered_visit, 2 * DOUBT, "held the number before, and is known to be the caller's")
        ]
    else:
        former = next(((lease, visit) for lease, visit in case.lease_visits if lease.expires_at < case.at), None)
        if former is not None and case.at - former[0].expires_at <= SHOWN_FOR:
            others = [_Candidate(former[1], DOUBT, "held the number until within the hour before")]
    sure = (LIVE - sum(each.confidence for each in others)) / len(live)
    return [*(_Candidate(visit, sure, "held the number when the call began") for visit in live), *others]


def _cooled(idle: timedelta, tracker: Tracker, late: timedelta = timedelta()) -> float:
    """The confidence in a visitor whose lease ended `idle` before the call. `late`: the part of it in which the number was out
    of use already."""
    left = 1 - min(max((idle - late).total_seconds() / max(1, tracker.cool_down_seconds), 0.0), 1.0)
    left *= 1 - min(late / LATE_CALLS, 1.0)
    return 0.2 + (COOLING - 0.2) * left


def _visitors(count: int) -> str:
    return "one visitor" if count == 1 else f"{count} visitors"
