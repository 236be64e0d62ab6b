"""The plan for the end of a company: what is there, what each step will do, and what blocks it. It changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from hub.hookspecs import NumberHooks, PrivacyHooks
from hub.model import (
    Call,
    Company,
    CompanyEnd,
    Delivery,
    FormSubmission,
    LegalHold,
    Person,
    PortOrderRow,
    PrivacyRequest,
    Recording,
    TextMessage,
    Tracker,
    TrackingNumber,
    TranscriptRow,
    Visit,
)
from hub.model.company_ends import CHANNEL, CompanyEndState
from hub.model.ports import FINAL_PORT_STATUSES
from hub.model.states import CLOSED_REQUEST_STATES, FINAL_DELIVERY_STATES
from hub.reload.company_changes import sections_naming
from hub.runtime import Hub

WHAT_REMAINS = (
    "The company's name, its former tracking numbers, and this certificate.",
    "The audit trail, the consent ledger, the decisions and the record of disclosures, under random ids that lead to nobody "
    "anymore, for as long as each must be kept.",
    "Earlier privacy requests of people, without number and address, for 24 months.",
    "Keyed hashes of text opt-outs, which identify nobody.",
    "Former versions of config.yaml, for 25 months.",
    "What was exported: it belongs to the company, and the hub cannot reach it.",
)


@dataclass(frozen=True)
class PlannedNumber:
    """One tracking number and what becomes of it."""

    number: str
    tracker: str
    carrier: str
    state: str
    """in use, at rest, released or handed over."""
    step: str
    """What the step on numbers does with it."""


@dataclass(frozen=True)
class ErasureTarget:
    """A connector that is asked to erase the company's people, unless it is named to be left alone."""

    connector: str
    recipient: str
    kind: str
    note: str
    kept: bool


@dataclass(frozen=True)
class CompanyEndPlan:
    """Everything that the end of a company will do."""

    name: str
    title: str
    end: CompanyEnd | None
    """The end that was begun last, if it was not called off."""
    numbers: tuple[PlannedNumber, ...]
    counts: dict[str, int]
    """Rows by what they are, in words."""
    requested: tuple[ErasureTarget, ...]
    sections: tuple[str, ...]
    connectors: tuple[str, ...]
    """Connectors that only this company uses; they are removed from config.yaml."""
    steps: tuple[str, ...]
    blockers: tuple[str, ...]
    remains: tuple[str, ...] = WHAT_REMAINS


def plan_company_end(session: Session, hub: Hub, company: Company) -> CompanyEndPlan:
    """The plan, as things are now. `session` must be the hub's own, because some rows belong to no account yet."""
    end = current_end(session, company.id)
    numbers = _numbers(session, hub, company, end)
    request = _requested(hub, company, end)
    counts = counts_of(session, company.id)
    sections, connectors = sections_naming(hub.config, company.name), hub.config.own_connectors(company.name)
    return CompanyEndPlan(
        name=company.name,
        title=company.title,
        end=end,
        numbers=numbers,
        counts=counts,
        requested=request,
        sections=tuple(sections),
        connectors=tuple(connectors),
        steps=tuple(_steps(counts, numbers, request, connectors)),
        blockers=tuple(blockers_of(session, company.id)),
    )


def current_end(session: Session, company_id: str) -> CompanyEnd | None:
    """The company's end that was begun last and not called off."""
    query = select(CompanyEnd).where(CompanyEnd.company_id == company_id, CompanyEnd.state != CompanyEndState.CANCELLED)
    return session.exec(query.order_by(col(CompanyEnd.requested_at).desc()).limit(1)).first()


def blockers_of(session: Session, company_id: str) -> list[str]:
    """What must be settled before a company can end, one sentence each."""
    found = []
    holds = _count(session, LegalHold, LegalHold.company_id == company_id, col(LegalHold.lifted_at).is_(None))
    if holds:
        found.append(f"{_counted(holds, 'legal hold')} at the company: nothing may be erased until they are lifted.")
    ports = _count(
        session,
        PortOrderRow,
        col(PortOrderRow.tracker_id).in_(select(Tracker.id).where(Tracker.company_id == company_id)),
        col(PortOrderRow.status).not_in(FINAL_PORT_STATUSES),
    )
    if ports:
        found.append(f"{_counted(ports, 'port order')} under way: cancel them, or wait until the numbers are here.")
    requests = _count(
        session,
        PrivacyRequest,
        PrivacyRequest.company_id == company_id,
        PrivacyRequest.channel != CHANNEL,
        col(PrivacyRequest.state).not_in(CLOSED_REQUEST_STATES),
    )
    if requests:
        found.append(f"{_counted(requests, 'privacy request')} of people still open: answer them first.")
    return found


def _numbers(session: Session, hub: Hub, company: Company, end: CompanyEnd | None) -> tuple[PlannedNumber, ...]:
    query = (
        select(TrackingNumber, Tracker)
        .join(Tracker, col(Tracker.id) == col(TrackingNumber.tracker_id))
        .where(Tracker.company_id == company.id)
        .order_by(col(Tracker.name), col(TrackingNumber.number))
    )
    able = set(hub.plugins.with_hook(NumberHooks.release_number))
    handed_over = set(end.hand_over) if end else set()
    return tuple(
        PlannedNumber(
            row.number, tracker.shown_name, tracker.carrier, _state(row), _step(row, tracker, able, handed_over)
        )
        for row, tracker in session.exec(query)
    )


def _state(row: TrackingNumber) -> str:
    if row.released_at is not None:
        return "given up"
    return "in use" if row.retired_at is None else "at rest"


def _step(row: TrackingNumber, tracker: Tracker, able: set[str], handed_over: set[str]) -> str:
    if row.released_at is not None:
        return "nothing is left to do"
    if row.number in handed_over:
        return f"stays at {tracker.carrier} for the company to take along; the hub no longer uses it"
    if tracker.carrier in able:
        return f"is given back to {tracker.carrier}; nobody can get it again"
    return f"the hub no longer uses it; {tracker.carrier} cannot take it back by its API, so cancel it there"


def _requested(hub: Hub, company: Company, end: CompanyEnd | None) -> tuple[ErasureTarget, ...]:
    found = []
    for name in hub.plugins.with_hook(PrivacyHooks.erase_person):
        entry = hub.config.connectors[name]
        if entry.serves(company.name):
            manifest = hub.plugins.connectors[name].manifest
            kept = end is not None and name in end.keep_at
            found.append(ErasureTarget(name, manifest.recipient.name, entry.kind, manifest.deletion.note, kept))
    return tuple(found)


def counts_of(session: Session, company_id: str) -> dict[str, int]:
    """Rows of a company by what they are, in words."""
    calls = select(Call.id).where(Call.company_id == company_id)
    recordings = select(Recording.id).where(col(Recording.call_id).in_(calls))
    under_way = col(Delivery.state).not_in(FINAL_DELIVERY_STATES)
    counted: dict[str, tuple[object, Sequence[object]]] = {
        "people": (Person, (Person.company_id == company_id,)),
        "calls": (Call, (Call.company_id == company_id,)),
        "texts": (TextMessage, (TextMessage.company_id == company_id,)),
        "forms": (FormSubmission, (FormSubmission.company_id == company_id,)),
        "visits": (Visit, (Visit.company_id == company_id,)),
        "recordings": (Recording, (col(Recording.call_id).in_(calls), col(Recording.path).is_not(None))),
        "transcripts": (TranscriptRow, (col(TranscriptRow.recording_id).in_(recordings),)),
        "deliveries under way": (Delivery, (Delivery.company_id == company_id, under_way)),
        "deliveries": (Delivery, (Delivery.company_id == company_id, ~under_way)),
    }
    return {words: _count(session, table, *where) for words, (table, where) in counted.items()}


def _steps(
    counts: dict[str, int],
    numbers: tuple[PlannedNumber, ...],
    request: tuple[ErasureTarget, ...],
    connectors: list[str],
) -> list[str]:
    left = [each for each in numbers if each.state != "given up"]
    providers = [each.recipient for each in request if not each.kept]
    gone = f", with the connectors that only it uses ({', '.join(connectors)})" if connectors else ""
    return [
        "Request: nothing is changed yet; it can be called off until it is confirmed.",
        "Export: everything is written to a folder or a zip, in clear, with a manifest; it is the company's to keep.",
        "Confirm, by typing the company's name. From here on it cannot be undone:",
        "Trackers and the rules about the company are removed from config.yaml: nothing is counted for it anymore.",
        f"Numbers: {_counted(len(left), 'number')} given back or handed over.",
        f"Erasure: {_counted(counts['people'], 'person', 'people')} and all their calls, texts, forms and recordings, here and "
        f"{'at ' + ', '.join(providers).rstrip('.') if providers else 'at no provider'}. Deliveries under way are not sent.",
        f"The company's section is removed from config.yaml{gone}; the history keeps the former version.",
        "The rest is deleted: visits, figures, marks, rows without a person. Then a certificate is signed.",
    ]


def _count(session: Session, table: Any, *where: Any) -> int:
    return int(session.execute(select(func.count()).select_from(table).where(*where)).scalar_one())


def _counted(count: int, one: str, many: str | None = None) -> str:
    return f"{count:,} {one if count == 1 else many or one + 's'}"
