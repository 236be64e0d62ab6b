"""Copies what the browsers of known people have said into the consent ledger, with the place where it was said.

These records are evidence. Decisions read the visits themselves (hub.flow.consent): there the latest choice counts,
and the consent plugins weigh a privacy signal. A record of a browser is never read as the person's own statement.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlmodel import Session, col, select

from hub.flow.case import Case
from hub.flow.consent import words_of
from hub.model import ConsentEntry, FormSubmission, Visit
from hub.privacy.ledger import ConsentStatement, append

SHARING = "marketing.advertising"
"""What GPC and DNT object to."""


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
    known = select(ConsentEntry.visit_id, ConsentEntry.channel, ConsentEntry.use, ConsentEntry.state)
    in_order = known.where(col(ConsentEntry.visit_id).in_(statements)).order_by(
        col(ConsentEntry.recorded_at), col(ConsentEntry.id)
    )
    last = {(visit_id, channel, use): state for visit_id, channel, use, state in session.exec(in_order)}
    new = [each for each in wanted if last.get((each.visit_id, each.channel, each.use)) != each.state]
    return len(append(session, new, now)) if new else 0


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
                        spoken_at=form.submitted_at,
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
            spoken_at=visit.last_seen_at or visit.started_at,
        )
