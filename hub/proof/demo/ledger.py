"""The ledger: compares what the hub reports with what was seen outside, and checks that every figure adds up."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import and_, case, func, literal, union_all
from sqlalchemy import select as columns
from sqlmodel import Session, col, select

from hub.contracts.sandbox import AdsSandbox, CarrierSandbox, CrmSandbox
from hub.model import (
    Attribution,
    Call,
    Company,
    ConsentDecision,
    ConversionRow,
    Delivery,
    Disclosure,
    FormSubmission,
    InboxWebhook,
    Lease,
    Recording,
    TextMedia,
    TextMessage,
    Tracker,
    TrackingNumber,
    TranscriptRow,
    Visit,
)
from hub.model.columns import RAW_WEBHOOK_RETENTION
from hub.model.conversions import LOG, UPLOAD
from hub.model.states import OPEN_DELIVERY_STATES, DeliveryState, InboxState
from hub.plugin_host.sandboxes import RunningSandboxes
from hub.proof.demo.advertising import cost_checks
from hub.proof.demo.check import Check
from hub.proof.demo.play import Tally
from hub.proof.demo.scenario import Story
from hub.proof.demo.telephony import SOON, CarrierLine, Spoken, carrier_checks, carrier_lines
from hub.proof.demo.visitors import Showing
from hub.queries.conversions.drift import drift
from hub.runtime import Hub
from hub.texts.queue import SEND
from hub.texts.suppression import STOPPED


@dataclass(frozen=True)
class SourceLine:
    """The calls of one source."""

    source: str
    medium: str
    calls: int
    answered: int
    first_time: int
    confidence: float


@dataclass
class DestinationLine:
    """The outcomes of all deliveries to one destination."""

    connector: str
    what: str
    created: int = 0
    states: Counter[str] = field(default_factory=Counter)
    withheld: Counter[tuple[str, str]] = field(default_factory=Counter)
    """(rule id, reason) → how many."""
    unmatched: Counter[tuple[str, str]] = field(default_factory=Counter)
    refused: Counter[tuple[str, str]] = field(default_factory=Counter)
    """(code, the provider's words) → how many."""


@dataclass
class Ledger:
    """The full result of a run."""

    carriers: list[CarrierLine]
    sources: list[SourceLine]
    conversions: list[tuple[str, int, Decimal]]
    destinations: list[DestinationLine]
    checks: list[Check]

    @property
    def adds_up(self) -> bool:
        """Whether every check holds."""
        return all(check.holds for check in self.checks)


def unfinished(hub: Hub) -> Counter[str]:
    """All unfinished work, by queue and state."""
    waiting: Counter[str] = Counter()
    tables: Mapping[str, Any] = {
        "inbox": InboxWebhook,
        "calls": Call,
        "forms": FormSubmission,
        "texts": TextMessage,
        "pictures": TextMedia,
        "recordings": Recording,
        "transcripts": TranscriptRow,
        "deliveries": Delivery,
    }
    later = and_(
        col(Delivery.hook) == SEND,
        col(Delivery.state) == DeliveryState.READY,
        col(Delivery.due_at) > hub.clock() + SOON,
    )
    queries = []
    for name, table in tables.items():
        is_open = col(table.state).in_(OPEN_DELIVERY_STATES)
        moving = columns(literal(name), col(table.state), func.count()).where(is_open)
        if table is Delivery:
            moving = moving.where(~later)
        queries.append(moving.group_by(col(table.state)))
    with hub.store.reading() as session:
        for name, state, count in session.execute(union_all(*queries)):
            waiting[f"{name} {state}"] = count
    return waiting


def account(
    hub: Hub, sandboxes: RunningSandboxes, tally: Tally, stories: Sequence[Story], spoken: Spoken | None = None
) -> Ledger:
    """Make the ledger of a day of `stories`; `spoken` says whether a recording holds its call, if sandboxes did not play it."""
    running: list[tuple[str, object]] = [(name, sandboxes.of(name)) for name in sandboxes]
    stand_ins = [(name, each) for name, each in running if isinstance(each, CarrierSandbox)]
    with hub.store.reading() as session:
        destinations = _destinations(session)
        checks = [
            *_arrivals(session, hub, tally),
            *shown_numbers(session, tally.showings),
            *_networks(session, sandboxes),
            *_crms(session, sandboxes),
            *cost_checks(session, sandboxes),
            *carrier_checks(session, hub, stand_ins, stories, tally.counts, spoken),
            *_consent(session),
        ]
        carriers, sources, conversions = carrier_lines(session), _sources(session), _conversions(session)
    waiting = unfinished(hub)
    detail = ", ".join(f"{name}: {count}" for name, count in waiting.items())
    checks.append(
        Check(
            "nothing is pending:  every webhook, call, form, recording, text and delivery is done", not waiting, detail
        )
    )
    return Ledger(carriers, sources, conversions, destinations, checks)


def _sources(session: Session) -> list[SourceLine]:
    rows: Any = session.execute(
        columns(
            col(Attribution.source),
            col(Attribution.medium),
            func.count(),
            func.count(col(Call.answered_at)),
            func.sum(case((col(Call.first_time_caller).is_(True), 1), else_=0)),
            func.avg(col(Attribution.confidence)),
        )
        .join(Call, col(Call.id) == col(Attribution.subject_id))
        .group_by(col(Attribution.source), col(Attribution.medium))
        .order_by(func.count().desc(), col(Attribution.source))
    )
    return [
        SourceLine(source, medium, calls, answered, first_time or 0, float(sure))
        for source, medium, calls, answered, first_time, sure in rows
    ]


def _conversions(session: Session) -> list[tuple[str, int, Decimal]]:
    rows = session.exec(
        select(ConversionRow.rule, func.count(), func.sum(ConversionRow.amount))
        .where(col(ConversionRow.retracted).is_(False))
        .group_by(col(ConversionRow.rule))
        .order_by(col(ConversionRow.rule))
    )
    return [(rule, count, Decimal(total or 0).quantize(Decimal("0.01"))) for rule, count, total in rows]


def _destinations(session: Session) -> list[DestinationLine]:
    lines: dict[tuple[str, str], DestinationLine] = {}
    query = select(Delivery).order_by(col(Delivery.connector), col(Delivery.hook).desc())
    for delivery in session.exec(query):
        key = (delivery.connector, delivery.hook)
        line = lines.setdefault(key, DestinationLine(delivery.connector, _WHAT[delivery.hook]))
        line.created += 1
        line.states[delivery.shown_state] += 1
        if delivery.state == DeliveryState.HELD or (delivery.state == DeliveryState.READY and delivery.code):
            line.withheld[delivery.code or "", delivery.reason or ""] += 1
        elif delivery.state == DeliveryState.UNMATCHED:
            line.unmatched[delivery.code or "", delivery.reason or ""] += 1
        elif delivery.state in (DeliveryState.REJECTED, DeliveryState.DEAD):
            line.refused[delivery.code or delivery.state, delivery.reason or ""] += 1
    return list(lines.values())


def _arrivals(session: Session, hub: Hub, tally: Tally) -> list[Check]:
    kept = Counter(
        (row.body or b"").decode() + (row.url or "")
        for row in session.exec(select(InboxWebhook))
        if row.body is not None
    )
    kept_since = hub.clock() - RAW_WEBHOOK_RETENTION + timedelta(days=1)
    missing = {body for body, at in tally.acknowledged.items() if at > kept_since} - kept.keys()
    doubled = sum(count - 1 for count in kept.values())
    parked = session.exec(
        select(func.count()).select_from(InboxWebhook).where(col(InboxWebhook.state) == InboxState.PARKED)
    ).one()
    calls = session.exec(select(func.count()).select_from(Call)).one()
    found = session.exec(select(func.count()).select_from(Call).where(col(Call.found_by) == "reconcile")).one()
    forms = session.exec(select(func.count()).select_from(FormSubmission)).one()
    sent, withheld = tally.counts["forms"], tally.counts["forms withheld"]
    kept_back = f"; {withheld} withheld by pages without permission" if withheld else ""
    played, lost = tally.counts["calls"], tally.counts["calls without webhooks"]
    late = tally.counts["calls that the trunk sends elsewhere"]
    elsewhere = f"; {late} were sent elsewhere by the trunk, because the answer was late" if late else ""
    acknowledged, late = len(tally.acknowledged), tally.counts["calls forwarded at once"]
    return [
        Check(
            "no simulated call failed",
            not tally.stumbles,
            ", ".join(f"{count} × {error}" for error, count in tally.stumbles.items()),
        ),
        Check(
            "every acknowledged webhook is in the inbox, once",
            not missing and doubled == 0,
            f"{acknowledged} acknowledged, {kept.total()} kept, {len(missing)} missing, {doubled} doubled"
            + (f"; {late} calls forwarded at once, because the answer was late" if late else ""),
        ),
        Check("every genuine webhook was readable", parked == 0, f"{parked} parked"),
        Check(
            "every forged webhook was rejected",
            tally.answers[403] == tally.counts["forgeries"],
            f"{tally.answers[403]} refused",
        ),
        Check("every call is known", calls == played, f"{played} made, {calls} known" + elsewhere),
        Check("every form that was sent is known, once", forms == sent, f"{sent} sent, {forms} known" + kept_back),
        Check(
            "calls whose webhooks never came were found in the carrier's list",
            found == lost,
            f"{lost} lost, {found} found",
        ),
    ]


def shown_numbers(session: Session, showings: Sequence[Showing]) -> list[Check]:
    """Whether visitors saw the numbers that the hub meant to show, by page and by API.

    For a recorded visit this is the number that was lent to it, or the shared number stored with it. For any other
    visitor it is a number outside the pools.
    """
    lent, others = _rows(session, _LENT), _rows(session, _FOR_ALL)
    noted = _rows(session, _NOTED)
    checks: list[Check] = []
    for way, place in (("page", "a page"), ("api", "the API")):
        seen = [showing for showing in showings if showing.way == way and showing.number is not None]
        if not seen:
            continue
        found = Counter(
            "lent"
            if (showing.visit_id, showing.number) in lent
            else "for everybody"
            if (showing.company, showing.number) in others
            and (showing.visit_id is None or (showing.visit_id, showing.number) in noted)
            else "of somebody else"
            for showing in seen
        )
        unlike = sum(showing.number != showing.linked for showing in seen)
        checks.append(
            Check(
                f"each number that {place} showed is the one assigned to the visit, or the shared one",
                not found["of somebody else"] and not unlike,
                f"{found['lent']} assigned, {found['for everybody']} shared, {found['of somebody else']} of "
                f"somebody else" + (f", {unlike} links that dial another" if way == "page" else ""),
            )
        )
    return checks


def _rows(session: Session, query: Any) -> set[tuple[str, str]]:
    return {(left, right) for left, right in session.execute(query)}


def _networks(session: Session, sandboxes: RunningSandboxes) -> list[Check]:
    """For each ad network: its conversions equal our delivered ones, key by key and to the cent."""
    checks: list[Check] = []
    for name in sandboxes:
        network = sandboxes.of(name)
        if not isinstance(network, AdsSandbox):
            continue
        ours: dict[str, tuple[Decimal, bool]] = {}
        deliveries = session.exec(
            select(Delivery)
            .where(Delivery.connector == name, Delivery.hook == UPLOAD, Delivery.state == DeliveryState.DELIVERED)
            .order_by(col(Delivery.id))
        ).all()
        for each in deliveries:
            ours[each.item_key] = (Decimal(each.amount or 0), each.kind == "retract")
        theirs = {
            key: (Decimal(str(row["value"] or 0)), bool(row["retracted"])) for key, row in network.conversions().items()
        }
        changed = len(deliveries) - len(ours)
        checks.append(
            Check(
                f"{name} counts what we delivered, each once",
                ours.keys() == theirs.keys(),
                f"{len(ours)} and {len(theirs)}" + (f"; {changed} changed or taken back later" if changed else ""),
            )
        )
        value, counted = (_total(each) for each in (ours, theirs))
        checks.append(Check(f"{name} counts the same value", value == counted, f"{value:.2f} and {counted:.2f}"))
        checks.append(_drift(session, name, ours.keys(), counted))
    return checks


def _drift(session: Session, name: str, keys: Collection[str], counted: Decimal) -> Check:
    """What the network's conversions are worth here, compared with there: what differs changed here since."""
    found = drift(session, select(Delivery).where(Delivery.connector == name))
    standing = select(ConversionRow).where(col(ConversionRow.key).in_(keys), col(ConversionRow.retracted).is_(False))
    here = sum((Decimal(row.amount or 0) for row in session.exec(standing)), Decimal(0))
    explained = sum((sum(each.here.values()) - sum(each.there.values()) for each in found), Decimal(0))
    changed = sum(each.count for each in found)
    return Check(
        f"{name} differs from the hub by nothing but what it cannot change",
        here - counted == explained,
        f"{here:.2f} here, {counted:.2f} there; {changed} changed or taken back here since",
    )


def _crms(session: Session, sandboxes: RunningSandboxes) -> list[Check]:
    checks: list[Check] = []
    for name in sandboxes:
        crm = sandboxes.of(name)
        if not isinstance(crm, CrmSandbox):
            continue
        ours = set(
            session.exec(
                select(Delivery.item_key).where(
                    Delivery.connector == name, Delivery.hook == LOG, Delivery.state == DeliveryState.DELIVERED
                )
            )
        )
        theirs = Counter(activity["key"] for activity in crm.activities())
        doubled = sum(count - 1 for count in theirs.values())
        holds = ours == theirs.keys() and doubled == 0
        checks.append(
            Check(f"{name} has each logged call once", holds, f"{len(ours)} and {len(theirs)}, {doubled} doubled")
        )
    return checks


def _consent(session: Session) -> list[Check]:
    # Deliveries that a person's stop removed from the queue have no consent decision.
    cancelled = and_(col(Delivery.hook) == SEND, func.coalesce(Delivery.code, "") == STOPPED)
    undecided = session.exec(
        select(func.count())
        .select_from(Delivery)
        .outerjoin(ConsentDecision, col(ConsentDecision.id) == col(Delivery.decision_id))
        .where(col(ConsentDecision.id).is_(None), ~cancelled)
    ).one()
    sent = select(Delivery.id).where(col(Delivery.state).in_((DeliveryState.DELIVERED, DeliveryState.ACCEPTED)))
    undisclosed = session.exec(
        select(func.count())
        .select_from(Delivery)
        .outerjoin(Disclosure, col(Disclosure.delivery_id) == col(Delivery.id))
        .where(col(Delivery.id).in_(sent), col(Disclosure.id).is_(None))
    ).one()
    by_state: dict[str, int] = defaultdict(int)
    for state, count in session.exec(
        select(ConsentDecision.verdict, func.count()).group_by(col(ConsentDecision.verdict))
    ):
        by_state[state] = count
    detail = ", ".join(f"{count} {verdict}" for verdict, count in sorted(by_state.items()))
    return [
        Check("every delivery rests on a stored consent decision", undecided == 0, f"decisions: {detail}"),
        Check("everything that left is in the disclosure log", undisclosed == 0),
    ]


def _total(rows: Mapping[str, tuple[Decimal, bool]]) -> Decimal:
    return sum((value for value, retracted in rows.values() if not retracted), Decimal(0)).quantize(Decimal("0.01"))


_LENT = columns(col(Lease.visit_id), col(TrackingNumber.number)).join(
    TrackingNumber, col(TrackingNumber.id) == col(Lease.tracking_number_id)
)
_NOTED = columns(col(Visit.id), col(TrackingNumber.number)).join(
    TrackingNumber, col(TrackingNumber.id) == col(Visit.number_shown_id)
)
_FOR_ALL = (
    columns(col(Company.name), col(TrackingNumber.number))
    .join(Tracker, col(Tracker.id) == col(TrackingNumber.tracker_id))
    .join(Company, col(Company.id) == col(Tracker.company_id))
    .where(col(Tracker.type) == "source")
)
_WHAT = {UPLOAD: "", LOG: "calls", SEND: "texts"}
