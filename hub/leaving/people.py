"""Erases the people of a company that ends: each by a request of the hub itself, providers included, as a person's own request
is carried out. What a finished request says is added to the end, and the request is deleted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import delete
from sqlmodel import Session, col, select

from hub.leaving.rows import contacts_left
from hub.model import CompanyEnd, Person, PrivacyRequest, RequestStep, RequestTask
from hub.model.company_ends import CHANNEL
from hub.model.states import RequestState
from hub.privacy_requests.erase import KEPT_AT
from hub.privacy_requests.people import PEOPLE_KEY, ROWS_KEY
from hub.privacy_requests.run import run, work_tasks
from hub.privacy_requests.steps import CASE_RETENTION, fingerprint_of, take_step
from hub.runtime import Hub
from hub.store.journal import touch

PEOPLE_PER_BATCH = 20
ANSWER_WITHIN = timedelta(days=30)
RULE = "company_end"
FOLDED = "folded"
"""Key in the outcome of a request that is added to the end already."""


def erase_people(hub: Hub, end: CompanyEnd, actor: str) -> bool:
    """Erase the next people of the company, and add up what is finished. Returns whether anything was done; afterwards
    `open_requests` are those whose providers have not answered."""
    with hub.store.writing() as session:
        _lock(session, end)
        made = _request_next(session, hub, end, actor)
    for request_id in _ids(hub, end, (RequestState.VERIFIED, RequestState.RUNNING)):
        run(hub, request_id, actor)
    return bool(_fold_finished(hub, end)) or made > 0


def ask_again(hub: Hub, end_id: str) -> None:
    """Ask the providers that have not answered once more, without waiting for their next turn."""
    with hub.store.reading() as session:
        end = session.get_one(CompanyEnd, end_id)
    for request_id in _ids(hub, end, (RequestState.WAITING_PLUGIN,)):
        work_tasks(hub, request_id)


def open_requests(hub: Hub, end: CompanyEnd) -> int:
    """How many erasures of the company's people wait for a provider, or are not carried out yet."""
    return len(_ids(hub, end, tuple(state for state in RequestState if state != RequestState.DONE)))


def waiting_for(session: Session, end: CompanyEnd) -> dict[str, str]:
    """Connector → why it has not answered yet, of the erasures that wait."""
    tasks = select(RequestTask).join(PrivacyRequest, col(PrivacyRequest.id) == col(RequestTask.request_id))
    waiting = tasks.where(*_own(end), col(RequestTask.finished_at).is_(None))
    return {each.connector: each.reason or "It has not answered yet." for each in session.exec(waiting)}


def _own(end: CompanyEnd) -> tuple[Any, Any]:
    return col(PrivacyRequest.company_id) == end.company_id, col(PrivacyRequest.channel) == CHANNEL


def _lock(session: Session, end: CompanyEnd) -> CompanyEnd:
    """The row of the end, which no other process changes before `session` ends."""
    return session.exec(select(CompanyEnd).where(CompanyEnd.id == end.id).with_for_update()).one()


def _ids(hub: Hub, end: CompanyEnd, states: tuple[RequestState, ...]) -> list[str]:
    query = select(PrivacyRequest.id).where(*_own(end), col(PrivacyRequest.state).in_(states))
    with hub.store.reading() as session:
        return list(session.exec(query.order_by(col(PrivacyRequest.id))))


def _request_next(session: Session, hub: Hub, end: CompanyEnd, actor: str) -> int:
    """Write the requests for the next people who have none yet."""
    open_ones = select(PrivacyRequest.known_as).where(*_own(end))
    named = {person_id for known in session.exec(open_ones) for person_id in known.get(PEOPLE_KEY, ())}
    left = select(Person).where(Person.company_id == end.company_id, col(Person.id).not_in(named))
    people = session.exec(left.order_by(col(Person.id)).limit(PEOPLE_PER_BATCH)).all()
    for person in people:
        name = person.known_email or person.id
        fingerprint = fingerprint_of(session, hub, end.company_id, person.known_number, name)
        known = {
            "phone_number": person.known_number,
            "email": person.known_email,
            "known_as": {PEOPLE_KEY: [person.id]},
        }
        _request(session, hub, end, actor, fingerprint=fingerprint, **known)
    return len(people) or _request_rows(session, hub, end, actor, open_ones)


def _request_rows(session: Session, hub: Hub, end: CompanyEnd, actor: str, open_ones: Any) -> int:
    """Write a request for the next calls, texts and forms that belong to no person, so that the carriers erase them too. One at
    a time: it names them by id."""
    if any(ROWS_KEY in known for known in session.exec(open_ones)):
        return 0
    rows = contacts_left(session, end.company_id, PEOPLE_PER_BATCH)
    if not any(rows.values()):
        return 0
    fingerprint = fingerprint_of(session, hub, end.company_id, None, end.id)
    _request(session, hub, end, actor, fingerprint=fingerprint, known_as={PEOPLE_KEY: [], ROWS_KEY: rows})
    return 1


def _request(session: Session, hub: Hub, end: CompanyEnd, actor: str, **values: Any) -> None:
    now = hub.clock()
    request = PrivacyRequest(
        company_id=end.company_id,
        kind="erasure",
        state=RequestState.VERIFIED,
        channel=CHANNEL,
        rule=RULE,
        received_at=now,
        due_at=now + ANSWER_WITHIN,
        promised_at=now + ANSWER_WITHIN,
        verified_at=now,
        outcome={KEPT_AT: end.keep_at},
        expires_at=now + CASE_RETENTION,
        **values,
    )
    session.add(request)
    session.flush()
    take_step(session, request, actor, "received", "the company ends", now)


def _fold_finished(hub: Hub, end: CompanyEnd) -> int:
    """Add the certificates of finished requests to the end, and delete these requests; returns how many. The journal needs the
    request to record that its steps are deleted, so the request goes in a transaction of its own."""
    done = select(PrivacyRequest).where(*_own(end), PrivacyRequest.state == RequestState.DONE)
    with hub.store.writing() as session:
        row = _lock(session, end)
        sums = dict(row.outcome.get("people", {}))
        new = [each for each in session.exec(done) if FOLDED not in each.outcome]
        for request in new:
            sums = _added(sums, request.certificate, request.outcome["people"])
            request.outcome = {**request.outcome, FOLDED: True}
            session.add(request)
        if new:
            row.outcome = {**row.outcome, "people": sums}
            session.add(row)
        ids = [each.id for each in new]
        touch(session, RequestStep, col(RequestStep.request_id).in_(ids))
        for table in (RequestStep, RequestTask):
            session.execute(delete(table).where(col(table.request_id).in_(ids)))
    with hub.store.writing() as session:
        for request in session.exec(done):
            if FOLDED in request.outcome:
                session.delete(request)
    return len(ids)


def _added(sums: Mapping[str, Any], certificate: Mapping[str, Any], people: int) -> dict[str, Any]:
    """The sums with one more certificate, of a person or of rows without one."""
    here = certificate["erased_here"]
    request = {name: dict(each) for name, each in sums.get("asked", {}).items()}
    for answer in certificate["erased_at_providers"]:
        total = request.setdefault(answer["connector"], {"recipient": answer["recipient"], "records": 0, "answers": {}})
        total["records"] += answer["records"]
        total["answers"] = dict(Counter(total["answers"]) + Counter([answer["result"]]))
    notified = {name: dict(each) for name, each in sums.get("notified", {}).items()}
    for each in certificate.get("receivers", ()):
        total = notified.setdefault(each["recipient"], {"notified": 0, "not_notified": 0})
        total[each["result"]] += 1
    not_recalled = {name: dict(each) for name, each in sums.get("not_recalled", {}).items()}
    for each in certificate["not_recalled"]:
        total = not_recalled.setdefault(each["recipient"], {"people": 0, "why": each["why"]})
        total["people"] += people
    return {
        "erased": sums.get("erased", 0) + people,
        "rows": dict(sorted((Counter(sums.get("rows", {})) + Counter(here["rows"])).items())),
        "keys": sums.get("keys", 0) + here["keys_destroyed"],
        "files": sums.get("files", 0) + here["files"],
        "asked": request,
        "notified": notified,
        "not_recalled": not_recalled,
        "rehearsal": sorted({*sums.get("rehearsal", ()), *certificate.get("rehearsal", ())}),
    }
