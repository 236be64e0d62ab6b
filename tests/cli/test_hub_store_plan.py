"""`hub store plan`: how large the database is and will be, and when the disk is full."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from cli_shop import Shop
from testbed import TestHub

from hub.config.retention import RetentionSection
from hub.model import ArchiveFile, PageView
from hub.platform.clock import utc_now
from hub.queries.status.store_plan import StorePlan, TablePlan, store_plan


def planned(stage: TestHub, now: datetime, calls: float | None = None) -> StorePlan:
    with stage.hub.store.reading() as session:
        return store_plan(session, RetentionSection(), now, calls)


def test_a_plan_counts_the_rows_of_the_last_30_days_and_grows_with_the_calls(hub: object) -> None:
    stage: TestHub = hub()  # type: ignore[operator]
    for _ in range(3):
        stage.call_in()
    now = utc_now()  # ids are made by the machine's clock
    plan = planned(stage, now)
    (calls,) = (each for each in plan.tables if each.table == "call")
    assert (calls.rows, calls.monthly_rows, plan.monthly_calls) == (3, 3, 3)
    assert calls.monthly_bytes == pytest.approx(calls.bytes) and 0 < calls.share < 1, (
        "its row stays without personal data"
    )
    (views,) = (each for each in plan.tables if each.table == PageView.__tablename__)
    assert views.setting == "visitor_session"
    assert planned(stage, now, calls=300).monthly_calls == 300
    assert planned(stage, now + timedelta(days=31)).monthly_calls == 0
    with stage.hub.store.reading() as session:
        moving = store_plan(session, RetentionSection(), now, archive_after=timedelta(days=30)).tables
    (calls,) = (each for each in moving if each.table == "call")
    assert (calls.life, calls.share) == (timedelta(days=761), 1.0), (
        "a call that is archived leaves nothing in its table"
    )


def test_a_table_whose_rows_are_deleted_stops_growing_and_the_month_of_a_full_disk_is_found() -> None:
    grows = {"bytes": 1_000, "rows": 10, "monthly_rows": 10.0}
    kept = TablePlan(table="call", life=None, setting=None, **grows)  # type: ignore[arg-type]
    ending = TablePlan(table="page_view", life=timedelta(days=90), setting="visitor_session", **grows)  # type: ignore[arg-type]
    assert (kept.after(12), ending.after(1), ending.after(12)) == (13_000, 2_000, 3_000)
    plan = StorePlan(tables=[kept, ending], monthly_calls=10)
    assert plan.after(12) == 16_000
    assert (plan.months_until(16_000), plan.months_until(500)) == (13, 0)
    assert StorePlan(tables=[ending], monthly_calls=0).months_until(3_000) is None


def test_the_command_says_what_grows_and_when_the_disk_is_full(shop: Shop) -> None:
    printed = shop.run("store", "plan", "--disk-gb", "1000").stdout
    assert "calls in 30 days" in printed and "1,000.0 GB of disk are enough" in printed
    rows = shop.json("store", "plan")
    assert {"table", "bytes", "rows", "monthly_bytes"} <= set(rows[0])
    assert "full in month 0" in shop.run("store", "plan", "--disk-gb", "0").stdout


def test_a_file_of_old_calls_that_is_missing_is_named_and_the_archive_says_what_to_write_first(shop: Shop) -> None:
    refused = shop.run("store", "archive")
    assert refused.exit_code == 1 and "archive_calls_after" in str(refused.exception)
    file = shop.folder / "config.yaml"
    file.write_text(file.read_text().replace("hub:\n", "hub:\n  archive_calls_after: 30mo\n", 1))
    assert "0 calls moved" in shop.run("store", "archive").output
    assert "No calls are archived." in shop.run("store", "archived").output
    with shop.opened() as opened, opened.hub.store.writing() as session:
        row = {"month": date(2024, 3, 1), "path": "archive/2024-03/none/0001.parquet", "sha256": "0" * 64}
        session.add(ArchiveFile(**row, size=9, calls=3, archived_at=shop.clock()))
    assert [each["calls"] for each in shop.json("store", "archived")] == [3]
    checked = shop.run("store", "archived", "--check")
    assert checked.exit_code == 1 and "0001.parquet is missing or damaged" in checked.output
