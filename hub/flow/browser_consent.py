"""What browsers have said on visits and forms: as records for a decision, and copied into the consent ledger.

The entries of the ledger are evidence. Decisions read the visits themselves: there the latest choice counts, and the
consent plugins weigh a privacy signal. An entry of a browser is never read as the person's own statement.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Literal

from sqlalchemy import bindparam, select
from sqlmodel import Session

from hub.contracts.consent import ConsentRecord
from hub.flow.case import Case
from hub.model import ConsentEntry, FormSubmission, Visit
from hub.privacy.ledger import ConsentStatement, append
from hub.store.rows import read

_entry = ConsentEntry.__table__.c
_HEARD = (
    select(_entry.visit_id, _entry.channel, _entry.use, _entry.state)
    .where(_entry.visit_id.in_(bindparam("visits", expanding=True)))
    .order_by(_entry.recorded_at, _entry.id)
)
SHARING = "marketing.advertising"
"""What GPC and DNT object to."""
CONSENT_FIELDS = {
    "ads": "marketing.advertising",
    "ad_user_data": "marketing.advertising.third_party.targeted",
    "all": "marketing",
}
"""The consent fields of a visit, and the data use that each covers; each is `granted` or `denied`."""


def words_of(consent: Mapping[str, str]) -> dict[str, Literal["given", "refused"]]:
    """What a page's consent fields say about each data use."""
    return {
        use: "given" if consent[name] == "granted" else "refused"
        for name, use in CONSENT_FIELDS.items()
        if consent.get(name) in ("granted", "denied")
    }


def held_back_by(consent: Mapping[str, str]) -> list[str]:
    """The data uses that a page denies by default while the visitor has not chosen. No person chose this, so it is
    never evidence."""
    return [
        use
        for name, use in CONSENT_FIELDS.items()
        if consent.get(f"default_{name}") == "denied" and name not in consent
    ]


def records_of_pages(case: Case, typed: frozenset[str]) -> tuple[ConsentRecord, ...]:
    """What was said on visits of the person, and on the form itself.

    A yes counts only on a visit that is surely theirs, from the visit's start; a no counts on any visit that may be
    theirs, from the last page that said it. What a page denies by default counts as a no, from the visit's start; what it
    grants by default says nothing.

    The yes on a form counts only if the typed number called from the number that the form's visit showed. `typed` are the
    identifiers of `case.unproven` that the question covers: no yes on a page or form covers those.
    """
    certain = set() if typed else {visit.id for visit in case.sure_visits}
    said = [
        (
            visit.consent if visit.id in certain else _refusals(visit.consent),
            "web",
            (visit.started_at, visit.last_seen_at or visit.started_at),
            f"visit {visit.id}",
        )
        for visit in case.possible_visits
    ]
    if isinstance(case.subject, FormSubmission):
        form, at = case.subject, case.subject.submitted_at
        own = case.has_proven_number and not typed
        said.append((form.consent if own else _refusals(form.consent), "form", (at, at), f"form {form.id}"))
    records = [
        ConsentRecord(state=state, use=use, channel=channel, at=begun if state == "given" else last, evidence=evidence)
        for consent, channel, (begun, last), evidence in said
        for use, state in words_of(consent).items()
    ]
    records += [
        ConsentRecord(state="refused", use=use, channel=channel, at=begun, evidence=f"the page's default, {evidence}")
        for consent, channel, (begun, _), evidence in said
        for use in held_back_by(consent)
    ]
    return tuple(records)


def _refusals(consent: Mapping[str, str]) -> dict[str, str]:
    chosen = {f"default_{name}" for name in consent}
    return {name: answer for name, answer in consent.items() if answer == "denied" and name not in chosen}


def hear(session: Session, cases: Sequence[Case], now: datetime) -> int:
    """Record what the visits of these cases' people say if it differs from the last record of the visit; returns the
    number of records."""
    statements = {}
    for case in cases:
        if case.person is not None:
            for visit in case.sure_visits:
                statements[visit.id] = list(_statements(case.person.id, visit))
    wanted = [statement for each in statements.values() for statement in each]
    if not wanted:
        return 0
    known = read(session, _HEARD, visits=list(statements))
    last = {(visit_id, channel, use): state for visit_id, channel, use, state in known}
    new = [each for each in wanted if last.get((each.visit_id, each.channel, each.use)) != each.state]
    return len(append(session, new, now)) if new else 0


def refusals_of(cases: Sequence[Case]) -> Iterator[ConsentStatement]:
    """What people have refused by a form, or by the number that they called or wrote to: it counts for all that they do."""
    yield from refusals_on_forms(cases)
    for case in cases:
        known = any(entry.channel == "gpc" for entry in case.consent_entries)
        if case.person is not None and case.reached_by_signal and not known:
            yield ConsentStatement(
                company_id=case.person.company_id,
                person_id=case.person.id,
                state="refused",
                use=SHARING,
                channel="gpc",
                basis="opt_out",
                evidence=case.subject.id,
                stated_at=case.at,
            )


def refusals_on_forms(cases: Sequence[Case]) -> Iterator[ConsentStatement]:
    """What known people have refused on forms: a form holds their number, and they have called from the same visit.

    Anybody can type another person's number, so without the call a refusal binds its form alone. A yes on a form
    never counts beyond the form.
    """
    for case in cases:
        if isinstance(case.subject, FormSubmission):
            sender = case.sent_from.person_id if case.sent_from else None
            pairs = [(person, case.subject) for person in case.named if person.id == sender]
        else:
            visit = case.sure_visit
            pairs = [(case.person, form) for form in case.forms if case.person and visit and form.visit_id == visit.id]
        for person, form in pairs:
            if form.phone_number is None or form.phone_number != person.known_number:
                continue
            for use, state in words_of(form.consent).items():
                if state == "refused":
                    yield ConsentStatement(
                        company_id=person.company_id,
                        person_id=person.id,
                        state=state,
                        use=use,
                        channel="form",
                        evidence=f"form {form.id}",
                        stated_at=form.submitted_at,
                    )


def _statements(person_id: str, visit: Visit) -> Iterator[ConsentStatement]:
    said = [(channel, "refused", SHARING) for channel, seen in (("gpc", visit.gpc), ("dnt", visit.dnt)) if seen]
    channel = next((name for name in ("tcf", "gpp") if name in visit.consent), "web")
    said += [(channel, state, use) for use, state in words_of(visit.consent).items()]
    for by, state, use in said:
        yield ConsentStatement(
            company_id=visit.company_id,
            person_id=person_id,
            visit_id=visit.id,
            state=state,  # type: ignore[arg-type]
            use=use,
            channel=by,
            basis="opt_out" if state == "refused" else "consent",
            evidence=visit.consent.get(by) or f"visit {visit.id}",
            scope="browser",
            stated_at=visit.last_seen_at or visit.started_at,
        )
