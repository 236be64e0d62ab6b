"""An older database, with personal data and click ids in addresses, is migrated: they are gone, and reports still add up."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from alembic import command
from sqlalchemy import MetaData, Table, insert, select
from test_store_schema import empty

from hub.model import Attribution, DayRollup, FormSubmission, PageView, Visit, YearRollup
from hub.store import Store
from hub.store.schema import alembic_config, upgrade

PAGE = "https://lakeside.example.com/drains"
DIRTY = f"{PAGE}?gclid=ZqvGclid456&email=zqvorn%40mail.example&ref=flyer&utm_campaign=20123456789&utm_term=zqvorn@mail.example"
CLEAN = f"{PAGE}?ref=flyer&utm_campaign=20123456789"
AT = datetime(2026, 11, 24, 15, tzinfo=UTC)
VISIT_TIMES: dict[str, Any] = {"started_at": AT, "expires_at": AT}
VISITS = 501
"""One more than are read at once."""


def _fill(store: Store) -> None:
    origin = {
        "source": "zqvorn@mail.example",
        "medium": "email",
        "campaign": "20123456789",
        "keyword": "call +1 312 555 0142",
    }
    origin |= {"trace": ["utm_source is zqvorn@mail.example", "direct decides"]}
    visit = {
        "company_id": "c",
        "landing_page": DIRTY,
        "referrer": "https://u:p@x.example/?q=zqvorn",
        **VISIT_TIMES,
        **origin,
    }
    visit |= {"parameters": {"utm_term": "zqvorn@mail.example", "utm_campaign": "20123456789"}, "rule": "utm.as_given"}
    visit |= {"click_ids": {"gclid": "ZqvGclid456"}, "clicked_at": {}, "consent": {}, "gpc": False, "dnt": False}
    candidate = {"visit": "v00000", "source": "zqvorn@mail.example", "confidence": 1, "why": "held the number"}
    rollup = {"company_id": "c", "model": "last_touch", "currency": "", "answered": 0, "first_time": 0}
    rollup |= {"texts": 0, "forms": 0, "conversions": 0, "amount": 0}
    rows: list[tuple[str, list[dict[str, Any]]]] = [
        ("account", [{"id": "a", "name": "a", "title": "A"}]),
        ("company", [{"id": "c", "account_id": "a", "name": "c", "title": "C", "time_zone": "UTC", "country": "US",
                      "domains": [], "website": {}}]),
        ("source_rule", [{"id": "s", "company_id": "c", "kind": "parameter", "value": "ref=flyer", "source": "flyer",
                          "medium": "print", "made_at": AT}]),
        ("visit", [{"id": f"v{n:05}", **visit} for n in range(VISITS)]),
        ("page_view", [{"id": "p", "visit_id": "v00000", "at": AT, "url": DIRTY, "title": "Order of zqvorn@mail.example",
                        "expires_at": AT}]),
        ("attribution", [{"subject_id": "k", "company_id": "c", "landing_page": DIRTY, **origin, "click_ids": {},
                          "rule": "lease.live", "confidence": 1, "candidates": [candidate], "made_at": AT, "expires_at": AT}]),
    ]  # fmt: skip
    for table, day in (("day_rollup", date(2026, 11, 24)), ("year_rollup", date(2026, 1, 1))):
        values = (
            ("landing_page", "lakeside.example.com/u/zqvorn@mail.example", 2),
            ("landing_page", "lakeside.example.com/u/redacted", 3),
            ("campaign", "20123456789", 5),
        )
        rows.append((table, [{**rollup, "day": day, "dimension": what, "value": value, "calls": calls}
                             for what, value, calls in values]))  # fmt: skip
    with store.engine.execution_options(ringfence_write=True).begin() as connection:
        config = alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0003")
        for name, values in rows:
            connection.execute(insert(Table(name, MetaData(), autoload_with=connection)), values)
        form = Table("form_submission", MetaData(), autoload_with=connection)
        connection.execute(insert(form).values(
            id="f", company_id="c", submission_key="c:1", page=DIRTY, consent={}, submitted_at=AT, due_at=AT, state="ready",
            attempts=0, expires_at=AT,
        ))  # fmt: skip


@pytest.fixture
def old(store: Store) -> Store:
    """A database before addresses were cleaned."""
    empty(store)
    _fill(store)
    return store


def test_stored_addresses_lose_what_is_personal_and_keep_what_reports_read(old: Store) -> None:
    assert upgrade(old)
    with old.reading() as session:
        visits = session.scalars(select(Visit)).all()
        (form,), (page,) = session.scalars(select(FormSubmission)).all(), session.scalars(select(PageView)).all()
        (attribution,) = session.scalars(select(Attribution)).all()
        assert len(visits) == VISITS
        assert {visit.landing_page for visit in visits} | {form.page, page.url, attribution.landing_page} == {CLEAN}
        for row in (visits[0], attribution):
            assert (row.source, row.campaign, row.keyword) == ("redacted", "20123456789", "call redacted")
            assert row.trace == ["utm_source is redacted", "direct decides"]
        assert visits[0].referrer == "https://x.example/" and visits[0].parameters == {"utm_campaign": "20123456789"}
        assert visits[0].click_ids == {"gclid": "ZqvGclid456"}, "a click id has its own column and its own life"
        assert page.title == "Order of redacted" and attribution.candidates[0]["source"] == "redacted"
        stored = json.dumps([row.model_dump(mode="json") for row in (*visits, form, page, attribution)], default=str)
        assert "zqvorn" not in stored


def test_rollups_of_pages_that_are_one_page_now_are_added_up(old: Store) -> None:
    assert upgrade(old)
    with old.reading() as session:
        for table in (DayRollup, YearRollup):
            rows = {row.value: row.calls for row in session.scalars(select(table))}
            assert rows == {"lakeside.example.com/u/redacted": 5, "20123456789": 5}
