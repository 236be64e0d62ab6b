"""One person or two: the conflicts of typed numbers and addresses that nobody has decided on, with what speaks for each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, or_
from sqlmodel import Session, col, select

from hub.access.scope import AccessScope
from hub.model import Call, Company, FormSubmission, Person, PersonMerge, PrivacyRequest, Suppression
from hub.model.states import CLOSED_REQUEST_STATES
from hub.privacy.conflicts import Conflict, conflicts_of
from hub.queries.masking import partly
from hub.runtime import Hub
from hub.store.encryption.encrypted_fields import names_of

MAX_SHOWN = 20
APART = timedelta(days=60)
"""After this long, a number or an address may have changed hands."""


@dataclass(frozen=True)
class Claimant:
    """One of those who used the number or the address."""

    person_id: str
    name: str | None
    other: str | None
    """Their other identifier, masked."""
    owner: bool
    """Whether the number or address is surely theirs."""
    contacts: int
    """Calls of the owner; forms of the others."""
    last_at: datetime | None


@dataclass(frozen=True)
class Case:
    """One conflict for an officer to decide."""

    conflict: Conflict
    company: str
    """The company's title."""
    shown_name: str
    """The number or address, masked."""
    claimants: Sequence[Claimant]
    for_one: Sequence[str]
    for_two: Sequence[str]
    at_stake: Sequence[str]

    @property
    def people(self) -> tuple[str, ...]:
        """The ids of all of them; the owner, or the first, stands first."""
        return people_in(self.conflict)


def people_in(conflict: Conflict) -> tuple[str, ...]:
    """The people of a conflict; the owner, or the one who typed it first, stands first."""
    return (conflict.known, *conflict.typed) if conflict.known else conflict.typed


def open_conflicts(session: Session, companies: Sequence[str]) -> list[Conflict]:
    """The conflicts on which nobody has decided, latest first."""
    found = [conflict for company_id in companies for conflict in conflicts_of(session, company_id)]
    decided = _decided(session, {each for conflict in found for each in people_in(conflict)})
    pairs = ([frozenset((first, other)) for other in others] for first, *others in map(people_in, found))
    waiting = [each for each, of in zip(found, pairs, strict=True) if not decided.issuperset(of)]
    return sorted(waiting, key=lambda each: each.last_at, reverse=True)


def cases(session: Session, hub: Hub, conflicts: Sequence[Conflict]) -> list[Case]:
    """At most `MAX_SHOWN` of the conflicts with their evidence."""
    shown = conflicts[:MAX_SHOWN]
    ids = {each for conflict in shown for each in people_in(conflict)}
    people = {each.id: each for each in session.exec(select(Person).where(col(Person.id).in_(ids)))} if ids else {}
    forms = session.exec(select(FormSubmission).where(col(FormSubmission.person_id).in_(ids))).all() if ids else []
    calls = _calls(session, ids)
    titles = dict(session.exec(select(Company.id, Company.title)).all())
    called = _names(session, hub, people.values(), forms)
    return [_case(session, hub, each, people, forms, calls, titles, called) for each in shown]


def conflict_of(session: Session, scope: AccessScope, person_id: str, kind: str) -> Conflict | None:
    """The undecided conflict of a kind whose first person has this id; NotFound if the user does not see the person."""
    person: Person = scope.one(session, Person, person_id)
    waiting = open_conflicts(session, [person.company_id])
    return next((each for each in waiting if each.kind == kind and people_in(each)[0] == person_id), None)


@dataclass(frozen=True)
class Merged:
    """Two people whom a user says are one."""

    merge: PersonMerge
    names: tuple[str, str]
    """What each is called: their name, or their number or address, masked."""
    company: str


def merged_by_hand(session: Session, hub: Hub, companies: Sequence[str]) -> list[Merged]:
    """The latest merges that are not undone, newest first."""
    live = select(PersonMerge).where(col(PersonMerge.company_id).in_(companies), col(PersonMerge.undone_at).is_(None))
    rows = session.exec(live.order_by(col(PersonMerge.id).desc()).limit(MAX_SHOWN)).all()
    ids = {each for row in rows for each in (row.person_id, row.other_id)}
    people = {each.id: each for each in session.exec(select(Person).where(col(Person.id).in_(ids)))} if ids else {}
    forms = session.exec(select(FormSubmission).where(col(FormSubmission.person_id).in_(ids))).all() if ids else []
    called = _names(session, hub, people.values(), forms)
    titles = dict(session.exec(select(Company.id, Company.title)).all())

    def name(person_id: str) -> str:
        person = people.get(person_id)
        return called.get(person_id) or (partly(person.phone_number or person.email) if person else "Erased person")

    return [Merged(row, (name(row.person_id), name(row.other_id)), titles.get(row.company_id, "")) for row in rows]


def _decided(session: Session, ids: set[str]) -> set[frozenset[str]]:
    """The pairs of people of whom a user said that they are one, or two."""
    if not ids:
        return set()
    touching = or_(col(PersonMerge.person_id).in_(ids), col(PersonMerge.other_id).in_(ids))
    rows = session.exec(select(PersonMerge.person_id, PersonMerge.other_id).where(touching)).all()
    return {frozenset(pair) for pair in rows}


def _calls(session: Session, ids: set[str]) -> Mapping[str, tuple[int, datetime]]:
    counted = select(Call.person_id, func.count(), func.max(col(Call.started_at))).where(col(Call.person_id).in_(ids))
    rows = session.execute(counted.group_by(col(Call.person_id))).all() if ids else []
    return {person_id or "": (count, last) for person_id, count, last in rows}


def _names(session: Session, hub: Hub, people: Iterable[Person], forms: Sequence[FormSubmission]) -> Mapping[str, str]:
    """Person id → the name that they have, or gave with their latest form."""
    known = list(people)
    opened = names_of(hub.vault, session, [*known, *forms])
    in_order = sorted(forms, key=lambda form: form.submitted_at)
    latest = {form.person_id or "": opened[form.id] for form in in_order if form.id in opened}
    return {**latest, **{each.id: opened[each.id] for each in known if each.id in opened}}


def _case(
    session: Session,
    hub: Hub,
    conflict: Conflict,
    people: Mapping[str, Person],
    forms: Sequence[FormSubmission],
    calls: Mapping[str, tuple[int, datetime]],
    titles: Mapping[str, str],
    called: Mapping[str, str],
) -> Case:
    claimants = []
    for person_id in people_in(conflict):
        person, mine = people.get(person_id), [form for form in forms if form.person_id == person_id]
        other = (person.email if conflict.kind == "number" else person.phone_number) if person else None
        last = max((form.submitted_at for form in mine), default=None)
        count, last_call = calls.get(person_id, (0, last))
        owner = person_id == conflict.known
        claimants.append(
            Claimant(person_id, called.get(person_id), partly(other) if other else None, owner,
                     count if owner else len(mine), last_call if owner else last)
        )  # fmt: skip
    names = {each.name.casefold() for each in claimants if each.name}
    visits = [{form.visit_id for form in forms if form.person_id == each and form.visit_id} for each in conflict.typed]
    shared = len(visits) > 1 and bool(set.intersection(*visits))
    span = _span(claimants)
    one = [f"same {conflict.kind}", *(["same visit"] if shared else []), *(["same name"] if len(names) == 1 else [])]
    two = [
        "other address" if conflict.kind == "number" else "other number",
        *(["other name"] if len(names) > 1 else []),
    ]
    two += [f"{span.days} days apart: it may have changed hands"] if span > APART else []
    return Case(
        conflict,
        titles.get(conflict.company_id, ""),
        partly(conflict.name),
        claimants,
        one,
        two,
        list(_at_stake(session, hub, conflict)),
    )


def _span(claimants: Sequence[Claimant]) -> timedelta:
    times = [each.last_at for each in claimants if each.last_at]
    return max(times) - min(times) if times else timedelta(0)


def _at_stake(session: Session, hub: Hub, conflict: Conflict) -> list[str]:
    """What depends on the answer."""
    mark = hub.vault.fingerprint(session, conflict.company_id, conflict.name)
    stake = []
    stopped = session.exec(select(func.min(Suppression.since)).where(Suppression.fingerprint == mark)).one()
    if stopped is not None:
        stake.append(f"texts to it were stopped on {stopped:%Y-%m-%d}")
    request = select(func.count()).where(
        PrivacyRequest.company_id == conflict.company_id,
        PrivacyRequest.fingerprint == mark,
        col(PrivacyRequest.state).not_in(CLOSED_REQUEST_STATES),
    )
    if open_requests := session.execute(request).scalar_one():
        stake.append(f"{open_requests} open privacy request{'s' if open_requests > 1 else ''} of this {conflict.kind}")
    stake.append(f"{conflict.forms} form{'s' if conflict.forms > 1 else ''} shown with the one or with the other")
    return stake
