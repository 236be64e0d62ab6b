"""`hub report`: what each source, campaign, keyword and page brought, as a table, CSV or JSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from cli_shop import CALLER, Shop
from sqlmodel import col, select
from typer.testing import Result

from hub.access.report_subscriptions import subscribe
from hub.access.saved_views import save_view
from hub.access.scope import AccessScope
from hub.model import AlertDelivery, AuditEntry, Call, Company, User
from hub.platform.clock import utc_now
from hub.queries.spreadsheets import harmless
from hub.reports.rollups import roll_up

Refusal = Callable[[Result], str]
AD = "https://north.example.com/repair?utm_source=bing&utm_medium=cpc&utm_campaign=%3Dcmd()&utm_term=drains&gclid=x"


@pytest.fixture
def sold(shop: Shop) -> Shop:
    """Two days ago an ad led to a call; an hour ago the same person called again, after another visit."""
    shop.clock.now = utc_now() - timedelta(days=2)
    shop.play(visit={"page": AD}, send=False)
    shop.clock.now = utc_now() - timedelta(hours=1)
    shop.play(visit={"page": "https://north.example.com/?utm_source=news&utm_medium=email"}, send=False)
    return shop


def test_the_last_touch_of_the_last_thirty_days_is_reported(sold: Shop) -> None:
    found = sold.run("report", "sources").stdout
    assert "Sources of north, last model" in found and "(UTC)" in found
    assert "bing / cpc" in found and "news / email" in found and "total" in found
    assert CALLER not in found


def test_a_model_divides_the_credit(sold: Shop) -> None:
    report = json.loads(sold.run("report", "sources", "--model", "linear", "--format", "json").stdout)
    assert (report["company"], report["model"], report["dimension"]) == ("north", "linear", "source")
    lines = {line["source"]: line for line in report["lines"]}
    assert (lines["bing / cpc"]["calls"], lines["news / email"]["calls"]) == (1.5, 0.5)
    assert report["total"] == {
        "calls": 2, "answered": 2, "first_time": 1, "texts": 0, "forms": 0, "leads": 0, "customers": 0,
        "conversions": 2, "answered_percent": 100.0, "average_talk_seconds": 98.0, "amounts": {"USD": "80"}, "won": {},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("command", "value"),
    [("campaigns", "'=cmd()"), ("keywords", "drains"), ("landing-pages", "north.example.com/repair")],
)
def test_csv_has_every_value_and_no_formula(sold: Shop, command: str, value: str) -> None:
    out = sold.run("report", command, "--model", "first", "--format", "csv").stdout
    rows = list(csv.DictReader(io.StringIO(out)))
    label = next(iter(rows[0]))
    assert [(row[label], row["calls"], row["amount_USD"]) for row in rows] == [(value, "2", "80"), ("total", "2", "80")]


def test_what_has_no_value_is_said_to_have_none(sold: Shop) -> None:
    assert "(none)" in sold.run("report", "campaigns").stdout


def test_a_long_table_sums_up_its_rare_lines(sold: Shop) -> None:
    found = sold.run("report", "sources", "--top", "1").stdout
    assert "1 other " in found and found.count(" / ") == 1
    assert found.splitlines()[-1].split()[:2] == ["total", "2"], "the total is of all"


def test_only_the_days_that_were_asked_for_count(sold: Shop) -> None:
    with sold.opened() as opened, opened.hub.store.reading() as session:
        first = session.scalars(select(col(Call.started_at)).order_by(col(Call.started_at))).first()
    day = f"{first:%Y-%m-%d}"
    one = sold.run("report", "sources", "--company", "north", "--from", day, "--to", day).stdout
    assert "bing / cpc" in one and "news / email" not in one
    assert "No call, text or form" in sold.run("report", "sources", "--to", "2020-01-31").stdout


def test_a_report_is_the_same_once_the_worker_has_rolled_up(sold: Shop) -> None:
    before = sold.run("report", "keywords", "--model", "decay", "--format", "csv").stdout
    with sold.opened() as opened:
        assert roll_up(opened.hub.store)
    assert sold.run("report", "keywords", "--model", "decay", "--format", "csv").stdout == before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--model", "best"), "'best' is no model; choose one of first, last, lead, linear, position, decay."),
        (("--format", "xlsx"), "'xlsx' is no format; choose one of table, csv, json."),
        (("--company", "nort"), "did you mean 'north'?"),
        (("--company", "north,south"), "config.yaml has no company 'south'"),
        (("--from", "yesterday"), "'yesterday' is not a date; write it like 2026-05-01."),
        (("--from", "2026-05-02", "--to", "2026-05-01"), "swap --from and --to"),
    ],
)
def test_a_report_that_makes_no_sense_is_one_sentence(
    shop: Shop, refusal: Refusal, words: tuple[str, ...], said: str
) -> None:
    with shop.opened():
        pass
    assert said in refusal(shop.run("report", "sources", *words))


def test_before_the_first_start_there_is_nothing_to_report(shop: Shop, refusal: Refusal) -> None:
    assert "hub run" in refusal(shop.run("report", "sources"))


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "＝1", "\r=1"])
def test_what_a_spreadsheet_would_take_for_a_formula_is_made_harmless(text: str) -> None:
    assert harmless(text) == f"'{text}"
    assert harmless("drain repair") == "drain repair"


def test_saved_reports_and_addresses_are_listed_and_one_is_sent_to_a_user(sold: Shop) -> None:
    sold.run("users", "add", "maria", "--role", "owner")
    sold.run("users", "email", "maria", "maria@example.com")
    with sold.opened() as opened, opened.hub.store.writing() as session:
        maria = session.exec(select(User)).one()
        north = session.exec(select(Company)).one()
        view = save_view(session, AccessScope(maria), "reports/source", "A month", "period=30d", utc_now(), shared=True)
        subscribe(session, maria, north, "pat@example.com", "source", view.query, every="weekly", hour=7,
                  all_companies=True, now=utc_now(), saved_view_id=view.id)  # fmt: skip
    (listed,) = sold.json("report", "saved", "--user", "maria")
    (address,) = sold.json("report", "emails")
    assert (listed["name"], listed["addresses"], address["email"]) == ("A month", 1, "pat@example.com")
    assert address["saved"] == "A month" and "A month" in sold.run("report", "emails").stdout
    assert "no mail server" in str(sold.run("report", "send", listed["id"], "--user", "maria").exception)
    file = sold.folder / "config.yaml"
    file.write_text(file.read_text() + "mail:\n  smtp: smtp://mail.example.com:2525\n  from: hub@example.org\n")
    for row_id in (listed["id"], address["id"][-12:]):
        assert "maria@example.com" in sold.run("report", "send", row_id, "--user", "maria").stdout
    assert sold.run("report", "send", "01900000", "--user", "maria").exit_code != 0
    assert [each.state for each in sold.rows(AlertDelivery)] == ["ready", "ready"]
    assert [each.action for each in sold.rows(AuditEntry)].count("report_mail.copy") == 2


def test_companies_and_weeks_are_those_of_the_pages(sold: Shop) -> None:
    day = (utc_now() - timedelta(days=2)).date()
    costs = sold.folder / "costs.csv"
    costs.write_text(f"day,source,medium,cost,currency,company\n{day},bing,cpc,30,USD,north\n")
    assert sold.run("costs", "import", str(costs)).exit_code == 0
    report = json.loads(sold.run("report", "companies", "--json").stdout)
    north = next(each for each in report["companies"] if each["company"] == "north")
    assert (north["calls"], north["costs"]["USD"]["cost"], report["total"]["calls"]) == (2, "30", 2)
    assert north["costs"]["USD"]["per_call"] == "30" and north["costs"]["USD"]["per_lead"] is None
    assert "30.00" in sold.run("report", "companies").stdout
    weeks = sold.json("report", "trend", "--weeks", "2")
    assert len(weeks) == 2 and all(each["calls_before"] == 0 for each in weeks)
    assert sum(each["calls"] for each in weeks) <= 2, "the week that is not over is left out"
    assert "answered before" in sold.run("report", "trend", "--company", "north").stdout
    agents = sold.json("report", "agents")
    assert agents and all(each["calls"] >= 1 and each["talk_seconds"] >= 0 for each in agents)
    assert "calls answered" in sold.run("report", "agents", "--from", "2026-01-01").stdout
    assert sold.run("report", "trend", "--company", "nowhere").exit_code != 0
