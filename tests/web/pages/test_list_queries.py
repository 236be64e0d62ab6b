"""The queries of the pages' lists: none of them reads a whole table, however many calls there are."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from explained import full_scans, statements
from page_client import signed_in
from sqlmodel import col
from testbed import TestHub

from hub.access.scope import AccessScope
from hub.marks.subjects import visible_subjects
from hub.model import Call, User
from hub.queries.deliveries.subjects import subjects_by_id
from hub.queries.lists.keyset import Cursor
from hub.queries.texts.paging import flags_of

GROWING = frozenset(
    (
        "call",
        "visit",
        "page_view",
        "text_message",
        "form_submission",
        "attribution",
        "person",
        "lead",
        "tag",
        "recording",
    )
) | {"conversion", "delivery", "consent_decision"}
"""Tables that grow with the calls."""
LISTS = (
    "/",
    "/?period=30d",
    "/calls",
    "/calls?company=lakeside",
    "/calls?source=google+%2F+cpc&period=90d",
    "/calls?missed=open",
    "/calls?lead=qualified",
    "/calls?sent=held",
    "/calls?tag=spam",
    "/calls?q=drain",
    "/calls?q=%2B13125550142",
    "/people",
    f"/people?after={Cursor((datetime(2026, 1, 1, tzinfo=UTC), '01939f1c-0000-7000-8000-000000000000'))}",
    "/texts",
    "/deliveries",
    "/deliveries?state=held",
    "/conversions",
    "/numbers",
    "/reports/hours",
    "/reports/missed",
    "/search?q=drain",
    "/audit",
)


def test_no_list_of_the_pages_reads_a_whole_table(hub: Callable[..., TestHub]) -> None:
    stage = hub()
    browser = signed_in(stage)
    with statements(stage.hub.store) as sent:
        for path in LISTS:
            assert browser.get(path).status_code == 200, path
    scanned = {
        statement: found for statement, plan in sent.plans(stage.hub.store) if (found := full_scans(plan, GROWING))
    }
    assert not scanned
    assert len(sent.sent) > len(LISTS)


def test_the_list_of_people_is_read_along_its_index(lite_hub: Callable[..., TestHub]) -> None:
    stage = lite_hub()
    browser = signed_in(stage)
    with statements(stage.hub.store) as sent:
        browser.get("/people")
    listed = [
        plan for statement, plan in sent.plans(stage.hub.store) if "ORDER BY person.first_seen_at DESC" in statement
    ]
    assert "ix_person_company (company_id=?)" in listed[0] and "TEMP B-TREE" not in listed[0]


def test_rows_of_hundreds_of_ids_are_found_by_the_ids_and_not_among_all_rows_of_the_companies(
    lite_hub: Callable[..., TestHub],
) -> None:
    stage = lite_hub()
    scope = AccessScope(
        User(
            account_id=next(iter(stage.directory.companies.values())).account_id,
            name="mia",
            role="owner",
            made_at=stage.clock(),
        )
    )
    ids = [str(number) for number in range(1_000)]
    with statements(stage.hub.store) as sent, stage.hub.store.reading() as session:
        session.exec(scope.having(col(Call.id), ids)).all()
        visible_subjects(session, scope, ids)
        subjects_by_id(session, scope, stage.hub.vault, ids)
    plans = [plan for statement, plan in sent.plans(stage.hub.store) if "FROM call" in statement]
    assert plans and all("SEARCH call USING INDEX sqlite_autoindex_call_1 (id=?)" in plan for plan in plans)


def test_texts_are_found_by_their_thread(lite_hub: Callable[..., TestHub]) -> None:
    stage = lite_hub()
    with statements(stage.hub.store) as sent, stage.hub.store.reading() as session:
        flags_of(session, [("a company", "+13125550142")])
    plans = [plan for _, plan in sent.plans(stage.hub.store)]
    assert len(plans) == 2
    assert all("ix_text_message_thread (company_id=? AND person_number=?" in plan for plan in plans)
