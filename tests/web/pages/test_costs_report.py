"""The report of costs: from a file in the browser to the cost of a call; for whom, and what stays apart."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from page_client import PageClient, signed_in
from sqlmodel import select
from test_reports_page import make_link, rows_of, some_calls, strangers
from testbed import TestHub

from hub.access.scope import AccessScope
from hub.api import Money
from hub.marks.leads import mark_leads
from hub.model import AuditEntry, Call, CostRow, User

Factory = Callable[..., TestHub]


def send(browser: PageClient, *lines: str, company: str = "", path: str = "/reports/costs/import") -> Any:
    content = "\n".join(["day,source,medium,campaign,cost,currency,clicks,company", *lines]).encode()
    return browser.post(f"{path}?company={company}", files={"file": ("costs.csv", content, "text/csv")})


@pytest.fixture
def stage(lite_hub: Factory) -> TestHub:
    stage = lite_hub()
    some_calls(stage)
    stage.flow()
    return stage


def test_a_file_becomes_the_cost_of_a_call_a_lead_and_a_customer(stage: TestHub) -> None:
    browser = signed_in(stage)
    day = f"{stage.clock():%Y-%m-%d}"
    assert "No costs are known" in browser.text("/reports/costs")
    refused = send(browser, f"{day},yellow_pages,print,<b>x,12a,USD,,lakeside")
    assert refused.status_code == 422 and "line 2: cost &#39;12a&#39; is not an amount" in refused.text
    answer = send(
        browser,
        f"{day},yellow_pages,print,spring,120,USD,,lakeside",
        f"{day},radio,spot,<b>x,33.5,EUR,7,",
        f"{day},mail,post,=cmd(),8,USD,,northgate",
    )
    assert answer.status_code == 303 and len(stage.rows(CostRow)) == 3
    (entry,) = stage.rows(AuditEntry, action="costs.import")
    assert entry.actor == signed_in(stage).user.id

    with stage.hub.store.writing() as session:
        call = session.exec(select(Call).where(Call.caller_number == "+13125550145")).one()
        scope = AccessScope(session.exec(select(User)).first())  # type: ignore[arg-type]
        mark_leads(session, scope, [call.id], "booked", stage.clock(), Money(Decimal(300), "USD"))

    rows = rows_of(browser.get("/reports/costs?by=campaign").text)
    assert rows["Spring"] == [
        "$120", "–", "1", "$120.00", "–", "1", "$120.00", "–", "1", "$120.00", "–", "$300", "€0", "250%", "–", "0"
    ]  # fmt: skip
    assert rows["&lt;b&gt;x"][1] == "€34" and rows["=cmd()"][:4] == ["$8", "–", "0", "–"], "unmatched, and not lost"
    total = rows["All 4 campaigns"]
    assert total[:5] == ["$128", "€34", "4", "$128.00", "–"], "dollars and euros are never added"

    file = browser.get("/reports/costs/csv?by=campaign&compare=none").content.decode("utf-8-sig")
    found = {row["Campaign"]: row for row in csv.DictReader(io.StringIO(file))}
    assert found["'=cmd()"]["Cost, USD"] == "8" and found["Spring"]["Cost per call, USD"] == "120"


def test_costs_of_the_whole_account_are_told_apart_and_only_to_who_sees_all_of_it(stage: TestHub) -> None:
    day = f"{stage.clock():%Y-%m-%d}"
    owner, lakeside = signed_in(stage), signed_in(stage, "marketer", "lakeside")
    send(
        owner, f"{day},radio,spot,,75,USD,,", f"{day},mail,post,,5,USD,,lakeside", f"{day},mail,post,,9,USD,,northgate"
    )
    assert "$75 of $89" in owner.text("/reports/costs")
    one = owner.text("/reports/costs?company=lakeside")
    assert "$75.00 more were spent for several companies" in one and "Mail (post)" in one and "radio" not in one
    limited = lakeside.text("/reports/costs")
    assert "Mail (post)" in limited and "$75" not in limited and "$9" not in limited and "Import costs" not in limited
    assert send(lakeside, f"{day},mail,post,,5,USD,,lakeside").status_code == 403
    shared = strangers(stage).get(make_link(owner, "/reports/costs/links?company=lakeside"))
    assert shared.status_code == 200 and "Mail (post)" in shared.text and "$75" not in shared.text


def test_a_file_for_the_chosen_company_needs_no_column_for_it(stage: TestHub) -> None:
    browser = signed_in(stage)
    assert send(browser, f"{stage.clock():%Y-%m-%d},mail,post,,5,USD,,", company="northgate").status_code == 303
    (row,) = stage.rows(CostRow)
    assert row.company_id == stage.directory.companies["northgate"].id
    assert browser.post("/reports/costs/import").status_code == 422
    assert send(browser, path="/reports/source/import").status_code == 404
