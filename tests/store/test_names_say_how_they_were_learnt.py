"""An older database, in which a form could name somebody, is migrated: what is known and what was typed are taken apart."""

from __future__ import annotations

from typing import Any

import pytest
from alembic import command
from sqlmodel import select
from test_sealing_of_names import insert_row
from test_store_schema import empty

from hub.model import Attribution, ConversionRow, FormSubmission, Person, Visit
from hub.store import Store
from hub.store.schema import alembic_config, upgrade

CALLED, OBJECTED, TYPED = "+13125550142", "+13125550143", "+13125550144"
VISIT: dict[str, Any] = {"company_id": "c", "landing_page": "https://example.com/", "click_ids": {"gclid": "g"}}
SEEN: dict[str, Any] = {"company_id": "c", "landing_page": "https://example.com/", "click_ids": {"gclid": "g"}}
ROWS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("account", {"id": "a"}),
    ("company", {"id": "c", "account_id": "a"}),
    ("person", {"id": "called", "company_id": "c", "phone_number": CALLED, "email": "mallory@example.net"}),
    ("person", {"id": "objected", "company_id": "c", "phone_number": OBJECTED}),
    ("person", {"id": "typed", "company_id": "c", "phone_number": TYPED, "email": "kim@example.com"}),
    ("visit", {"id": "sure", "visitor_id": "b1", "person_id": "called", **VISIT}),
    ("visit", {"id": "before", "visitor_id": "b1", "person_id": "called", **VISIT}),
    ("visit", {"id": "of a form", "visitor_id": "b2", "person_id": "called", **VISIT}),
    ("visit", {"id": "unsure", "visitor_id": "b3", **VISIT}),
    ("call", {"id": "call 1", "company_id": "c", "person_id": "called", "caller_number": CALLED}),
    ("call", {"id": "call 2", "company_id": "c", "person_id": "called", "caller_number": CALLED}),
    ("attribution", {"subject_id": "call 1", "visit_id": "sure", "confidence": 0.98, "rule": "lease.live", **SEEN}),
    ("attribution", {"subject_id": "call 2", "visit_id": "unsure", "confidence": 0.2, "rule": "number.shared",
                     **SEEN}),
    ("form_submission", {"id": "f1", "company_id": "c", "person_id": "called", "phone_number": CALLED,
                         "email": "mallory@example.net", "visit_id": "of a form"}),
    ("form_submission", {"id": "f2", "company_id": "c", "person_id": "typed", "phone_number": TYPED,
                         "email": "kim@example.com"}),
    ("conversion", {"id": "v1", "company_id": "c", "subject_id": "f1", "person_id": "called"}),
    ("consent_record", {"id": "w1", "company_id": "c", "person_id": "objected", "channel": "request", "scope": "person"}),
)  # fmt: skip


@pytest.fixture
def old(store: Store) -> Store:
    """A database from before, with a caller whose address a form had filled in."""
    empty(store)
    with store.engine.execution_options(ringfence_write=True).begin() as connection:
        config = alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0006")
        for table, row in ROWS:
            insert_row(connection, table, [row])
    return store


def test_known_and_typed_are_taken_apart(old: Store) -> None:
    assert upgrade(old, None)
    with old.reading() as session:
        people = {person.id: person for person in session.exec(select(Person))}
        forms = {form.id: form for form in session.exec(select(FormSubmission))}
        visits = {visit.id: visit.person_id for visit in session.exec(select(Visit))}
        seen = {row.subject_id: (row.landing_page, row.click_ids) for row in session.exec(select(Attribution))}
        converted = session.exec(select(ConversionRow)).one().person_id
    assert (people["called"].phone_learnt, people["called"].email) == ("carrier", None)
    assert people["objected"].phone_learnt == "proven", "an objection must still be found when they call"
    assert (people["typed"].phone_learnt, people["typed"].email_learnt) == ("typed", "typed")
    typist = people[forms["f1"].person_id or ""]
    assert (typist.phone_number, typist.email, typist.phone_learnt) == (CALLED, "mallory@example.net", "typed")
    assert (forms["f2"].person_id, converted) == ("typed", typist.id)
    assert visits == {"sure": "called", "before": "called", "of a form": None, "unsure": None}
    assert seen["call 1"][0] and seen["call 2"] == (None, {})
