"""A file of costs is imported whole or not at all, and a second import of a day and source takes its place."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlmodel import select
from testbed import TestHub

from hub.api import Money
from hub.api.ads import Cost
from hub.errors import CannotDo
from hub.model import Account, AuditEntry, Company, CostRow
from hub.sources.costs.cost_file import CostFileError, read_cost_file
from hub.sources.costs.imports import Imported, import_costs, remove_costs
from hub.sources.costs.pull import pull_costs

Factory = Callable[..., TestHub]
HEAD = "day,source,campaign,cost,currency,company\n"
FILE = (
    HEAD + "2026-11-01,Bing,Brand,12.50,usd,lakeside\n2026-11-01,bing,,3,USD,northgate\n\n2026-11-02,radio,,90,EUR,\n"
)


def bring(stage: TestHub, text: str, company: str | None = None, **options: Any) -> Imported:
    with stage.hub.store.writing() as session:
        account, companies = session.exec(select(Account)).one(), session.exec(select(Company)).all()
        default = next((each for each in companies if each.name == company), None)
        return import_costs(session, account, companies, text.encode(), "kim", stage.clock(), default, **options)


def known(stage: TestHub) -> list[tuple[str, str, str]]:
    names = {company.id: company.name for company in stage.rows(Company)}
    rows = [(names.get(row.company_id or "", "-"), row.source, f"{row.amount:.2f}") for row in stage.rows(CostRow)]
    return sorted(rows)


@pytest.fixture
def stage(lite_hub: Factory) -> TestHub:
    return lite_hub()


def test_a_file_is_imported_once_and_the_same_file_again_changes_nothing(stage: TestHub) -> None:
    dry = bring(stage, FILE, check=True)
    assert dry.lines == 3 and not stage.rows(CostRow) and not stage.rows(AuditEntry)
    done = bring(stage, FILE)
    assert (done.first, done.last) == (date(2026, 11, 1), date(2026, 11, 2))
    assert done.totals == {"EUR": Decimal(90), "USD": Decimal("15.5")} and (done.replaced, done.for_account) == (0, 1)
    assert known(stage) == [("-", "radio", "90.00"), ("lakeside", "bing", "12.50"), ("northgate", "bing", "3.00")]
    ids = {row.id for row in stage.rows(CostRow)}
    assert bring(stage, FILE).unchanged and ids == {row.id for row in stage.rows(CostRow)}
    (entry,) = stage.rows(AuditEntry)
    assert (entry.actor, entry.action, entry.detail) == (
        "kim", "costs.import", "3 lines, 2026-11-01 to 2026-11-02, 0 replaced"
    )  # fmt: skip


def test_a_second_import_of_a_day_and_source_replaces_only_those_of_the_same_company(stage: TestHub) -> None:
    bring(stage, FILE)
    again = bring(stage, HEAD + "2026-11-01,bing,Other,7,USD,\n2026-11-02,bing,,1,USD,\n", "lakeside")
    assert again.replaced == 1
    assert known(stage) == [
        ("-", "radio", "90.00"), ("lakeside", "bing", "1.00"), ("lakeside", "bing", "7.00"), ("northgate", "bing", "3.00")
    ]  # fmt: skip


def test_every_mistake_is_named_with_its_line_and_nothing_is_imported(stage: TestHub) -> None:
    wrong = [
        ("01/11/2026,bing,,1,USD,", "'01/11/2026' is not a date; write it like 2026-05-01"),
        ("2026-11-31,bing,,1,USD,", "is not a date"),
        ("2027-01-01,bing,,1,USD,", "in the future"),
        ("2026-11-01,,,1,USD,", "source is empty"),
        ('2026-11-01,bing,,"1,234.00",USD,', "'1,234.00' is not an amount"),
        ("2026-11-01,bing,,-4,USD,", "'-4' is not an amount"),
        ("2026-11-01,bing,,$4,USD,", "'$4' is not an amount"),
        ("2026-11-01,bing,,1,dollars,", "is not a currency"),
        ("2026-11-01,bing,,1,USD,lakesid", "did you mean `lakeside`?"),
        ("2026-11-01,bing,a,b,1,USD,", "it has 7 cells, and there are 6 headings"),
        ("2026-11-01,radio,,5,USD,", ""),
        ("2026-11-01,radio,,5,USD,", "the same as line 12"),
    ]
    with pytest.raises(CostFileError) as raised:
        bring(stage, HEAD + "\n".join(line for line, _ in wrong))
    found = raised.value.problems
    for number, (_, text) in enumerate(wrong, start=2):
        assert not text or any(each.startswith(f"line {number}: ") and text in each for each in found), (number, found)
    assert len(found) == len(wrong) - 1 and not stage.rows(CostRow)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"day,source,amount,currency\n", "the column cost is missing"),
        (b"day,source,cost,curency\n", "did you mean `currency`?"),
        (b"day,day,source,cost,currency\n", "the column day is there twice"),
        (b"day,source,cost,currency\n", "no lines"),
        (b"", "is missing"),
        (b"day,source,cost,currency\n2026-11-01,b\xefr,1,USD\n", "UTF-8"),
        (b"x" * (8 << 20) + b"y", "larger than 8 MB"),
    ],
)
def test_a_file_of_another_kind_is_refused_with_what_is_wrong(content: bytes, text: str) -> None:
    with pytest.raises(CostFileError, match=text):
        read_cost_file(content, ["lakeside"], date(2026, 11, 24))


def test_a_spreadsheet_s_own_csv_with_semicolons_and_a_byte_order_mark_is_read() -> None:
    content = "\ufeffDay;Source;Medium;Cost;Currency;Clicks\r\n2026-11-01;Bing;cpc;1.5;usd;7\r\n".encode()
    (entry,) = read_cost_file(content, [], date(2026, 11, 24))
    assert (entry.source, entry.medium, entry.amount, entry.currency, entry.clicks) == ("bing", "cpc", 1.5, "USD", 7)


def test_what_a_connector_reports_already_is_not_imported_a_second_time(lite_hub: Factory) -> None:
    stage = lite_hub(common={"network": {"companies": ["lakeside"]}})
    day = date(2026, 11, 23)
    stage.network.costs = [
        Cost(day=day, source="google", medium="cpc", campaign="Brand", campaign_id="1", cost=Money(Decimal(5), "USD"))
    ]
    pull_costs(stage.hub, stage.directory, "network")
    for line in ("google,brand,9,USD,lakeside", "google,,9,USD,", "google,,9,USD,lakeside"):
        with pytest.raises(CostFileError, match="line 2: the connector network reports"):
            bring(stage, f"{HEAD}{day},{line}\n")
    for line in ("google,another account,9,USD,lakeside", "google,brand,9,USD,northgate", "bing,brand,9,USD,lakeside"):
        bring(stage, f"{HEAD}{day},{line}\n", check=True)


def test_imported_costs_can_be_removed_and_pulled_ones_cannot(stage: TestHub) -> None:
    bring(stage, FILE)
    first, last = date(2026, 11, 1), date(2026, 11, 30)
    with stage.hub.store.writing() as session:
        account = session.exec(select(Account)).one()
        lakeside = session.exec(select(Company).where(Company.name == "lakeside")).one()
        assert remove_costs(session, account, lakeside, "Bing", first, last, "kim", stage.clock()) == 1
        with pytest.raises(CannotDo, match="hub costs list"):
            remove_costs(session, account, lakeside, "bing", first, last, "kim", stage.clock())
    assert known(stage) == [("-", "radio", "90.00"), ("northgate", "bing", "3.00")]
    assert [entry.action for entry in stage.rows(AuditEntry)] == ["costs.import", "costs.remove"]
