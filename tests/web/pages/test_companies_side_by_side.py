"""The report of companies on its page, as a file, over the API and to an assistant: the same figures, and only one's own."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from page_client import PageClient, seen, signed_in
from sqlmodel import select
from test_reports_page import rows_of, some_calls
from testbed import NORTH_SHARED, SHARED, TestHub

from hub.access.keys import new_api_key
from hub.access.scope import AccessScope
from hub.marks.leads import mark_leads
from hub.model import Call, CostRow
from hub.web.api import create_api
from hub.web.mcp.reader import Reader
from hub.web.mcp.reports import compare
from hub.web.pages.reports.companies import FEW_CALLS

Factory = Callable[..., TestHub]


def grown(stage: TestHub, role: str = "owner", *companies: str) -> PageClient:
    """Northgate with more calls than the month before and half of them missed, Lakeside with a lead that cost $40; and the
    browser of a user."""
    stage.call_in(SHARED, "+13125550150")
    stage.clock.advance(days=31)
    some_calls(stage)
    for number in range(FEW_CALLS):
        stage.call_in(NORTH_SHARED, f"+131255501{60 + number}", answered=number % 2 == 0, seconds=30)
        stage.call_in(SHARED, f"+131255501{80 + number}")
    stage.flow()
    company, browser = stage.directory.companies["lakeside"], signed_in(stage, role, *companies)
    assert browser.user is not None
    with stage.hub.store.writing() as session:
        call = session.exec(select(Call).where(Call.caller_number == "+13125550145")).one()
        mark_leads(session, AccessScope(browser.user), [call.id], "qualified", stage.clock())
        session.add(
            CostRow(
                account_id=company.account_id, company_id=company.id, day=stage.clock().date(), source="yellow_pages",
                medium="print", amount=Decimal(40), currency="USD", saved_at=stage.clock(),
            )
        )  # fmt: skip
    return browser


def test_companies_stand_side_by_side_and_the_sentence_says_who_stands_out(stage: TestHub) -> None:
    browser = grown(stage)
    html = browser.get("/reports/companies").text
    rows = rows_of(html)
    assert rows["Lakeside IL"][1:8] == ["13", "+12", "92%", "1", "$40", "$40.00", "0"]
    assert rows["Northgate IL"][1:7] == ["11", "+11", "55%", "0", "–", "–"]
    assert rows["All 2 companies"][1:8] == ["24", "+23", "75%", "1", "$40", "$40.00", "0"]
    text = seen(html)
    assert "Lakeside grows fastest, by 12 calls. Northgate answers least, 55% of its calls." in text
    assert "1 lead" in html and "not known" in html, "a ratio says what it rests on"
    assert "What is counted" in text and "Cost divided by the leads" in text
    spark = re.findall(r'<svg class="spark"[^>]*aria-label="Lakeside, calls a week: ([0-9, ]+)"', html)
    assert len(spark) == 1 and len(spark[0].split(",")) == 8


def test_a_figure_of_a_company_leads_to_its_calls(stage: TestHub) -> None:
    some_calls(stage)
    html = signed_in(stage).get("/reports/companies?period=7d").text.replace("&amp;", "&")
    assert '<a class="main-link" href="/calls?company=lakeside&period=7d">Lakeside</a>' in html
    assert 'href="/calls?company=northgate&kind=call&period=7d">1</a>' in html


def test_who_is_limited_to_companies_sees_and_gets_only_these(stage: TestHub) -> None:
    browser = grown(stage, "marketer", "lakeside")
    for answer in (browser.get("/reports/companies").text, browser.get("/reports/companies/csv").text):
        assert "Lakeside" in answer and "orthgate" not in answer


def test_the_file_the_api_and_the_assistant_say_what_the_page_says(lite_hub: Factory) -> None:
    stage = lite_hub()
    browser = grown(stage)
    assert browser.user is not None
    file = browser.get("/reports/companies/csv").content.decode("utf-8-sig")
    rows = {row["Company"]: row for row in csv.DictReader(io.StringIO(file))}
    assert rows["Lakeside"]["Calls"] == "13" and rows["Lakeside"]["Cost per lead, USD"] == "40"

    last = stage.clock().date()
    first = last - timedelta(days=29)
    with stage.hub.store.writing() as session:
        key = new_api_key(session, browser.user, stage.clock())
    api = TestClientOf(stage, key).get(f"/reports/companies?first={first}&last={last}")
    assert [(each["company"], each["calls"]) for each in api["lines"]] == [("lakeside", 13.0), ("northgate", 11.0)]
    assert api["total"]["costs"]["USD"]["per_lead"] == "40.0000" and api["total"]["calls_before"] == 1.0
    assert len(api["lines"][0]["calls_by_week"]) == 8

    told = compare(Reader(stage.hub, browser.user), None, first, last)
    assert [each["calls"] for each in told["companies"]] == [13, 11] and told["total"]["leads"] == 1


class TestClientOf:
    """The API as a program asks it."""

    __test__ = False

    def __init__(self, stage: TestHub, key: str) -> None:
        from starlette.testclient import TestClient

        self.client = TestClient(create_api(stage.hub, stage.live))
        self.headers = {"Authorization": f"Bearer {key}"}

    def get(self, path: str) -> Any:
        answer = self.client.get(path, headers=self.headers)
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.mark.parametrize("query", ["first=2026-11-24&last=2026-11-20", "first=soon&last=2026-11-20"])
def test_days_that_are_none_or_the_wrong_way_round_are_refused(lite_hub: Factory, query: str) -> None:
    stage = lite_hub()
    user = signed_in(stage).user
    assert user is not None
    with stage.hub.store.writing() as session:
        key = new_api_key(session, user, stage.clock())
    client = TestClientOf(stage, key)
    assert client.client.get(f"/reports/companies?{query}", headers=client.headers).status_code == 422
