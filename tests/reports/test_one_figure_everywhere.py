"""Leads, value, won and what they cost are the same figure on every face, and every total is the sum of its rows."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from page_client import PageClient, seen, signed_in
from sqlmodel import select
from starlette.testclient import TestClient
from testbed import CALLER, NORTH_SHARED, SHARED, TestHub

from hub.access.keys import new_api_key
from hub.access.scope import AccessScope
from hub.alerts.digests import digest_values
from hub.contracts.leads import LeadStatus
from hub.model import (
    Attribution,
    Call,
    Company,
    ConversionRow,
    CostRow,
    FormSubmission,
    Lead,
    OutcomeRow,
    SpamMark,
    TextMessage,
)
from hub.queries.reports.companies import compare_companies
from hub.queries.reports.costs import cost_report
from hub.reports.definitions import DEFINITIONS
from hub.reports.dirty_days import mark_company
from hub.reports.gains import gains_of
from hub.reports.tally import MEASURES
from hub.reports.touches import contact_tables, is_lead, is_spam
from hub.web.api import create_api
from hub.web.callrail import create_callrail_api
from hub.web.mcp.reader import reader_of
from hub.web.mcp.reports import run_report

Factory = Callable[..., TestHub]
SOURCES = (("google", "cpc"), ("bing", "cpc"), ("google", "organic"), ("direct", "none"))
CAMPAIGNS = ("brand", "spring", None)
STATUSES = (None, None, *LeadStatus)
STAGES = (None, None, None, "qualified", "won", "lost")
DAYS = "first=2026-11-20&last=2026-11-24"


@dataclass
class World:
    """Random contacts of two companies, and what they brought, counted one by one."""

    stage: TestHub
    browser: PageClient
    random: Random
    leads: Counter[tuple[str, str]] = field(default_factory=Counter)
    """(company, kind) → leads."""
    won: Counter[str] = field(default_factory=Counter)
    value: Counter[str] = field(default_factory=Counter)
    rows: list[Any] = field(default_factory=list)

    @property
    def company(self) -> Company:
        return self.stage.directory.companies["lakeside"]

    def fill(self) -> None:
        """Contacts with and without leads, deals, values, spam and costs."""
        for number in range(120):
            self._contact(number)
        cost = {"account_id": self.company.account_id, "saved_at": self.stage.clock(), "currency": "USD"}
        days = [self.stage.clock().date() - timedelta(days=each) for each in range(4)]
        for day in days:
            for (source, medium), campaign in zip(SOURCES[:2], CAMPAIGNS[:2], strict=True):
                amount = Decimal(self.random.randrange(10_000)) / 100
                row = CostRow(company_id=self.company.id, source=source, medium=medium, campaign=campaign, day=day,
                              amount=amount, clicks=3, **cost)  # fmt: skip
                self.rows.append(row)
        with self.stage.hub.store.writing() as session:
            session.add_all(self.rows)
            for company in self.stage.directory.companies.values():
                mark_company(session, company, self.stage.clock())

    def _contact(self, number: int) -> None:
        random, now = self.random, self.stage.clock()
        name = random.choice(("lakeside", "lakeside", "northgate"))
        company = self.stage.directory.companies[name]
        at = now - timedelta(seconds=random.randrange(4 * 86_400))
        kind, spam = random.choice(("call", "call", "text", "form")), random.random() < 0.1
        given: dict[str, Any] = {"company_id": company.id, "due_at": at, "state": "done"}
        row: Any
        if kind == "call":
            row = Call(connector="carrier", carrier_call_id=f"CA{number}", status="completed", started_at=at,
                       answered_at=at, duration=60, caller_number=CALLER, first_time_caller=False, spam=spam,
                       tracking_number=SHARED if name == "lakeside" else NORTH_SHARED, **given)  # fmt: skip
        elif kind == "text":
            row = TextMessage(connector="carrier", person_number=CALLER, tracking_number=SHARED, at=at,
                              expires_at=now + timedelta(days=90), **given)  # fmt: skip
        else:
            row = FormSubmission(submission_key=str(number), submitted_at=at, **given)
        source, medium = random.choice(SOURCES)
        cause = Attribution(subject_id=row.id, company_id=company.id, source=source, medium=medium, made_at=at, rule="test",
                            campaign=random.choice(CAMPAIGNS), confidence=1.0)  # fmt: skip
        self.rows.append(row)
        self.rows.append(cause)
        self._gains(row.id, company, name, kind, at, spam)

    def _gains(self, subject: str, company: Company, name: str, kind: str, at: Any, spam: bool) -> None:
        random = self.random
        status, stage = random.choice(STATUSES), random.choice(STAGES)
        marked, deal, value = (Decimal(random.randrange(1, 90_000)) / 100 for _ in range(3))
        if status is not None:
            self.rows.append(Lead(subject_id=subject, company_id=company.id, status=status, amount=marked, currency="USD",
                                marked_at=self.stage.clock(), marked_by="mia"))  # fmt: skip
        if stage is not None:
            self.rows.append(OutcomeRow(connector="crm", external_id=subject, stage=stage, amount=deal, currency="USD",
                                      occurred_at=at, changed_at=at, subject_id=subject))  # fmt: skip
        if random.random() < 0.4:
            self.rows.append(ConversionRow(rule="call", subject_id=subject, company_id=company.id, amount=value, currency="USD",
                                         occurred_at=at, made_at=at, key=f"rf-{subject}"))  # fmt: skip
            self.value[name] += 0 if spam else value
        if spam:
            now = self.stage.clock()
            self.rows.append(SpamMark(subject_id=subject, company_id=company.id, marked_at=now, marked_by="mia"))
            return
        good = status in ("qualified", "booked") or (stage is not None and status != "not_a_lead")
        self.leads[name, kind] += good
        if good and stage == "won":
            self.won[name] += deal
        elif good and status == "booked":
            self.won[name] += marked

    def count(self, company: str, *kinds: str) -> int:
        """How many leads a company has, of some kinds or of all."""
        return sum(n for (name, kind), n in self.leads.items() if name == company and kind in (kinds or (kind,)))


@pytest.fixture
def world(hub: Factory, request: pytest.FixtureRequest) -> World:
    stage = hub()
    made = World(stage, signed_in(stage), Random(25))
    made.fill()
    return made


def table_of(html: str) -> tuple[list[str], list[dict[str, tuple[str, str]]]]:
    """The first report of a page: the titles of its columns, and its rows, the total last: title → figure and its basis."""
    body = html[html.index('<table class="table report') :]
    body = body[: body.index("</table>")]
    titles = [seen(each).strip() for each in re.findall(r"<th scope=\"col\"[^>]*>(.*?)</th>", body, re.S)]
    rows = []
    for row in re.findall(r"<tr>(.*?)</tr>", body, re.S)[1:]:
        cells = re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S)
        parts = [seen(cell.replace('<span class="sub">', " | ")).split("|") for cell in cells]
        figures = [(each[0].strip(), each[1].strip() if len(each) > 1 else "") for each in parts]
        rows.append(dict(zip(titles, figures, strict=True)))
    return titles, rows


def number(text: str) -> Decimal:
    return Decimal(0) if text in ("", "–") else Decimal(text.replace("$", "").replace(",", "").rstrip("%"))


def page_rows(world: World, path: str) -> list[dict[str, tuple[str, str]]]:
    """The rows of a report of lakeside without a comparison."""
    answer = world.browser.get(f"{path}{'&' if '?' in path else '?'}company=lakeside&compare=none&{DAYS}")
    assert answer.status_code == 200
    return table_of(answer.text)[1]


def costs_by(world: World) -> Iterator[tuple[str, list[dict[str, tuple[str, str]]]]]:
    for by in ("source", "campaign"):
        yield by, page_rows(world, f"/reports/costs?by={by}")


def test_leads_are_one_figure_on_every_face(world: World) -> None:
    leads = world.count("lakeside")
    assert leads > 10
    overview = world.browser.text(f"/?company=lakeside&{DAYS}")
    assert f"Leads {DEFINITIONS['leads'].sentence} {leads} " in overview
    assert 'href="/calls?company=lakeside&amp;lead=yes' in world.browser.get(f"/?company=lakeside&{DAYS}").text
    for path in ("/reports/source", "/reports/campaign", "/reports/costs", "/reports/costs?by=campaign"):
        *rows, total = page_rows(world, path)
        assert number(total["Leads"][0]) == leads == sum(number(row["Leads"][0]) for row in rows), path
    sources = rest(world, "/reports/lakeside/source")
    costs = rest(world, "/reports/lakeside/costs")
    assert sources["total"]["numbers"]["leads"] == costs["total"]["leads"] == leads
    assert sum(line["numbers"]["leads"] for line in sources["lines"]) == leads
    for costly in (False, True):
        report = tool(world, costs=costly)
        assert report["total"]["leads"] == sum(line["leads"] for line in report["lines"]) == leads
    assert digest(world)["Leads"] == str(leads)
    summary = rest(world, "/v3", callrail=True)
    assert summary["total_results"]["leads"] == world.count("lakeside", "call") + world.count("northgate", "call")


def test_the_companies_of_a_report_add_up_to_its_total_and_are_those_of_their_own_reports(world: World) -> None:
    html = world.browser.get(f"/reports/companies/csv?compare=none&{DAYS}").content.decode("utf-8-sig")
    rows = {row["Company"]: row for row in csv.DictReader(io.StringIO(html))}
    assert {name: int(row["Leads"]) for name, row in rows.items()} == {
        "Lakeside": world.count("lakeside"), "Northgate": world.count("northgate")
    }  # fmt: skip
    usd = rest(world, "/reports/lakeside/costs")["total"]["costs"]["USD"]
    assert round(Decimal(rows["Lakeside"]["Cost per lead, USD"]), 2) == round(Decimal(usd["per_lead"]), 2)
    known = Decimal(usd["leads_with_cost"])
    assert rows["Lakeside"]["Cost per lead, USD, from"] == f"{known:.0f} leads" and not rows["Northgate"]["Cost, USD"]


def test_costs_over_all_companies_rest_on_what_the_companies_report_adds_up(world: World) -> None:
    companies = list(world.stage.directory.companies.values())
    last = world.stage.clock().date()
    first = last - timedelta(days=4)
    with world.stage.hub.store.reading() as session:
        compared = compare_companies(session, companies, first, last)
        report = cost_report(session, companies, "source", "last", first, last)
    usd = report.total.returns["USD"]
    assert usd == compared.total.costs.returns["USD"]
    assert 0 < usd.leads < sum(line.credits.number("leads") for line in report.lines if line.returns), (
        "the same sources brought leads to a company that knows no costs"
    )


def test_won_and_value_are_one_figure_on_every_face(world: World) -> None:
    won, value = world.won["lakeside"], world.value["lakeside"]
    for path in ("/reports/source", "/reports/campaign", "/reports/costs", "/reports/costs?by=campaign"):
        *rows, total = page_rows(world, path)
        assert number(total["Won"][0]) == round(won), path
        assert abs(sum(number(row["Won"][0]) for row in rows) - won) < len(rows), path
        if "costs" not in path:
            assert number(total["Conversion value"][0]) == round(value), path
    for answer in (rest(world, "/reports/lakeside/source"), rest(world, "/reports/lakeside/costs")):
        assert (
            Decimal(answer["total"]["won"]["USD"])
            == won
            == sum(Decimal(x["won"].get("USD", 0)) for x in answer["lines"])
        )
    assert Decimal(rest(world, "/reports/lakeside/source")["total"]["amounts"]["USD"]) == value
    for costly in (False, True):
        assert tool(world, costs=costly)["total"]["won"] == {"USD": won}
    assert tool(world)["total"]["amounts"] == {"USD": value}


def test_a_ratio_is_that_of_the_rows_whose_cost_is_known_and_says_how_many(world: World) -> None:
    for by, (*rows, total) in costs_by(world):
        known = [row for row in rows if row["Cost"][0] != "–"]
        assert 0 < len(known) < len(rows), "some rows have no known cost"
        spent = Decimal(rest(world, "/reports/lakeside/costs", by=by)["total"]["costs"]["USD"]["cost"])
        for title, of in (("Cost per call", "Calls"), ("Cost per lead", "Leads"), ("Cost per customer", "Customers")):
            base = sum(number(row[of][0]) for row in known)
            assert number(total[title][0]) == round(spent / base, 2), (by, title)
            word = of.lower() if base != 1 else of.lower()[:-1]
            assert total[title][1] == f"{base} {word} with known cost", (by, title)
            for row in rows:
                parts = number(row[of][0])
                assert row[title][1] == (
                    f"{parts} {of.lower() if parts != 1 else of.lower()[:-1]}" if row in known and parts else ""
                )
                assert row in known or row[title][0] == "–", "unknown, and not zero"
        bought = sum(number(row["Won"][0]) for row in known)
        assert abs(number(total["Return"][0]) - 100 * bought / spent) <= 1 + 100 * len(known) / spent


def test_files_apis_and_assistants_give_the_ratios_of_the_page(world: World) -> None:
    for by, (*rows, total) in costs_by(world):
        answer, report = rest(world, "/reports/lakeside/costs", by=by), tool(world, by=by, costs=True)
        shown = {name: number(total[DEFINITIONS[name].title][0]) for name in ("per_call", "per_lead", "per_customer")}
        usd = answer["total"]["costs"]["USD"]
        assert {name: round(Decimal(usd[name]), 2) for name in shown} == shown
        assert {name: round(report["total"]["costs"]["USD"][name], 2) for name in shown} == shown
        known = sum(
            (Decimal(line["costs"]["USD"]["leads_with_cost"]) for line in answer["lines"] if line["costs"]), Decimal(0)
        )
        assert Decimal(usd["leads_with_cost"]) == report["total"]["costs"]["USD"]["leads_with_cost"] == known
        assert total["Cost per lead"][1].startswith(f"{known:.0f} lead")
        file = world.browser.get(f"/reports/costs/csv?by={by}&company=lakeside&compare=none&{DAYS}").content.decode(
            "utf-8-sig"
        )
        lines = list(csv.DictReader(io.StringIO(file)))
        assert len(lines) == len(rows)
        for title in ("Calls", "Leads", "Customers"):
            assert sum(Decimal(line[title]) for line in lines) == number(total[title][0])
        assert sum(Decimal(line["Won, USD"]) for line in lines) == world.won["lakeside"]


def test_a_lead_in_a_list_is_a_lead_in_the_roll_ups(world: World) -> None:
    """The two forms of the one definition, a condition of the database and a property, agree on each contact."""
    with world.stage.hub.store.reading() as session:
        by_query = {
            id_ for _, table, _ in contact_tables() for id_ in session.scalars(select(table.id).where(is_lead(table)))
        }
        spam = {
            id_ for _, table, _ in contact_tables() for id_ in session.scalars(select(table.id).where(is_spam(table)))
        }
        ids = [id_ for _, table, _ in contact_tables() for id_ in session.scalars(select(table.id))]
        by_gains = {id_ for id_, each in gains_of(session, ids).items() if each.is_lead}
    assert spam & by_gains, "some leads were spam"
    assert by_query == by_gains - spam


def test_each_measure_of_the_reports_that_people_see_has_a_definition() -> None:
    assert {each for each in MEASURES if not each.startswith("spam_")} <= DEFINITIONS.keys()
    for each in DEFINITIONS.values():
        assert each.sentence.endswith(".") and each.title[0].isupper()
        assert {each.per, each.rests_on} <= {None, *DEFINITIONS}


def rest(world: World, path: str, callrail: bool = False, **query: str) -> Any:
    """An answer of the REST API for the days of the world, or CallRail's summary of the calls."""
    stage, user = world.stage, world.browser.user
    assert user is not None
    with stage.hub.store.writing() as session:
        key = new_api_key(session, user, stage.clock())
    if callrail:
        client = TestClient(create_callrail_api(stage.hub, directory=stage.live))
        headers = {"authorization": f'Token token="{key}"'}
        account = client.get("/v3/a.json", headers=headers).json()["accounts"][0]["id"]
        asked = {"start_date": "2026-11-20", "end_date": "2026-11-25", "fields": "leads"}
        return client.get(f"/v3/a/{account}/calls/summary.json", headers=headers, params=asked).json()
    api = create_api(stage.hub, stage.live)
    days = dict(each.split("=") for each in DAYS.split("&"))
    answer = TestClient(api).get(path, headers={"authorization": f"Bearer {key}"}, params={**days, **query})
    assert answer.status_code == 200, answer.text
    return answer.json()


def tool(world: World, by: Any = "source", costs: bool = False) -> Any:
    """The report that an assistant gets."""
    with world.stage.hub.store.writing() as session:
        assert world.browser.user is not None
        key = new_api_key(session, world.browser.user, world.stage.clock())
    now = world.stage.clock().date()
    return run_report(reader_of(world.stage.hub, key), ["lakeside"], by, "last", now - timedelta(days=4), now, costs)


def digest(world: World) -> dict[str, str]:
    """The figures of a digest of the days of the world, by name."""
    facts = {"name": "weekly", "first": "2026-11-20", "last": "2026-11-24"}
    assert world.browser.user is not None
    with world.stage.hub.store.reading() as session:
        scope = AccessScope(world.browser.user)
        return {
            each.name: each.now
            for each in digest_values(session, world.stage.hub, scope, world.company, facts)["figures"]
        }
