"""Row-level security on PostgreSQL: every table is guarded, and a session of one account sees that account's rows alone."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import Column, MetaData, String, Table, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import SQLModel, select
from starlette.testclient import TestClient
from testbed import ACCOUNTS, TestHub, company

from hub.model import HUB_CHAIN, Account, Call, Company, CostRow, NumberFinding, Person
from hub.privacy_requests.emails import address_of
from hub.privacy_requests.steps import open_request
from hub.store import Store
from hub.store.audit import note
from hub.store.dialects import bypassed_row_security
from hub.store.journal import sign_due
from hub.store.row_security import CHAINS, HUB_WIDE, PARENT_COLUMNS, SHARED_TABLES, NoWay, condition
from hub.store.schema import migrate
from hub.web.app import create_app

Factory = Callable[..., TestHub]
RIVAL = "+13145550120"
TWO_ACCOUNTS = [
    *ACCOUNTS,
    {"name": "rival", "title": "Rival", "companies": [company("southside", ("+13145550100",), RIVAL)]},
]


def test_every_table_has_a_way_to_its_account_or_says_why_not() -> None:
    for table in SQLModel.metadata.sorted_tables:
        assert condition(table)
    declared = [*HUB_WIDE, *SHARED_TABLES, *PARENT_COLUMNS, *CHAINS]
    assert set(declared) <= SQLModel.metadata.tables.keys() and len(declared) == len(set(declared))
    assert all(len(reason.split()) > 1 for reason in (*HUB_WIDE.values(), *SHARED_TABLES.values()))


def test_a_new_table_without_a_way_is_refused() -> None:
    with pytest.raises(NoWay, match="invoice has no way to an account"):
        condition(Table("invoice", MetaData(), Column("id", String, primary_key=True)))


@pytest.mark.parametrize("made", ["declared", "migrated"])
def test_every_table_is_guarded_against_its_owner_too(postgres_url: str, made: str) -> None:
    store = Store(postgres_url)
    if made == "migrated":
        with store.writing() as session:
            session.execute(text("DROP SCHEMA public CASCADE"))
            session.execute(text("CREATE SCHEMA public"))
        migrate(store)
    asked = """
        SELECT relname FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
        WHERE nspname = 'public' AND relkind = 'r' AND relrowsecurity AND relforcerowsecurity
        AND (SELECT count(*) FROM pg_policy WHERE polrelid = pg_class.oid) = 1
    """
    with store.reading() as session:
        guarded = set(session.scalars(text(asked)))
        assert bypassed_row_security(session.connection()) is None, "or these tests prove nothing"
    assert guarded == set(SQLModel.metadata.tables)
    store.close()


def test_a_role_that_passes_every_policy_is_noticed(postgres_url: str) -> None:
    store = Store(postgres_url.replace("//ringfence@", "//postgres@"))
    with store.reading() as session:
        assert bypassed_row_security(session.connection()) == "is a superuser"
    store.close()


def two_accounts(url: str, open_hub_on: Factory) -> tuple[TestHub, dict[str, str]]:
    stage = open_hub_on(url, accounts=TWO_ACCOUNTS)
    stage.visit()
    stage.visit("southside")
    for number in ("+13125550120", RIVAL):
        call = stage.call_in(number=number)
        stage.say(stage.one(Person, id=call.person_id), "given", "marketing", evidence="form 1", detail="Yes.")
        with stage.hub.store.writing() as session:
            note(session, stage.clock(), "maria", "call.show_personal", call.id)
    stage.deliver()
    sign_due(stage.hub.store, stage.hub.keyring, stage.clock())
    return stage, {account.name: account.id for account in stage.rows(Account)}


def keys_seen(stage: TestHub, account_id: str) -> dict[str, set[Any]]:
    """Table → keys of the rows that a session of the account sees, without any filter."""
    with stage.hub.store.reading_as(account_id) as session:
        return {
            table.name: {tuple(row) for row in session.execute(select(*table.primary_key))}
            for table in SQLModel.metadata.sorted_tables
        }


def test_two_accounts_share_no_row_and_together_see_what_is_not_the_hubs(
    postgres_url: str, open_hub_on: Factory
) -> None:
    stage, accounts = two_accounts(postgres_url, open_hub_on)
    agency, rival, all_of_it = (keys_seen(stage, each) for each in (accounts["agency"], accounts["rival"], "*"))
    for table, rows in all_of_it.items():
        if table in HUB_WIDE:
            assert not agency[table] and not rival[table], table
        elif table in SHARED_TABLES:
            assert agency[table] == rival[table] == rows, table
        else:
            assert not agency[table] & rival[table], table
            hubs_own = {row for row in rows if HUB_CHAIN in row}
            assert agency[table] | rival[table] == rows - hubs_own, f"a row of {table} is nobody's"
    told = {
        table for table, rows in all_of_it.items() if rows and agency[table] and rival[table]
    } - SHARED_TABLES.keys()
    assert told >= {
        "account", "attempt", "attribution", "audit_entry", "call", "call_event", "company",
        "consent_decision", "consent_detail", "consent_record", "conversion", "delivery", "disclosure",
        "journal_end", "journal_entry", "lease", "page_view", "person", "tracker", "tracking_number", "visit",
    }, "each of these was really tried"  # fmt: skip
    assert {"inbox", "sync_slot"} <= HUB_WIDE.keys()


def test_an_accounts_session_can_neither_change_nor_write_anothers_rows(
    postgres_url: str, open_hub_on: Factory
) -> None:
    stage, accounts = two_accounts(postgres_url, open_hub_on)
    southside = stage.one(Company, name="southside").id
    with stage.hub.store.reading_as(accounts["agency"]) as session:
        changed: Any = session.execute(
            text("UPDATE call SET status = 'failed' WHERE company_id = :id"), {"id": southside}
        )
        assert changed.rowcount == 0
        with pytest.raises(DBAPIError, match="row-level security"):
            session.execute(text("UPDATE call SET company_id = :id"), {"id": southside})
    for forbidden in ("INSERT INTO suppression VALUES ('f', 'u', now())", "UPDATE person_key SET generation = 7"):
        with (
            stage.hub.store.reading_as(accounts["agency"]) as session,
            pytest.raises(DBAPIError, match="row-level security"),
        ):
            session.execute(text(forbidden))


def test_an_account_never_comes_back_with_its_connection(postgres_url: str, open_hub_on: Factory) -> None:
    stage, accounts = two_accounts(postgres_url, open_hub_on)
    pool: Any = stage.hub.store._of_accounts
    for name in ("agency", "rival", "agency"):
        with stage.hub.store.reading_as(accounts[name]) as session:
            backend = session.scalar(text("SELECT pg_backend_pid()"))
            seen = {row.company_id for row in session.exec(select(Call))}
            assert len(seen) == 1
        with pool.connect() as connection:
            assert connection.scalar(text("SELECT pg_backend_pid()")) == backend, "the same connection again"
            assert connection.scalar(text("SELECT current_setting('app.account')")) == ""
            assert connection.scalar(text("SELECT count(*) FROM call")) == 0, "and nobody's rows"
    with pytest.raises(RuntimeError), stage.hub.store.reading_as(accounts["agency"]):
        raise RuntimeError("the request failed")
    with pool.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM call")) == 0
    with stage.hub.store.reading() as session:
        assert session.scalar(text("SELECT count(*) FROM call")) == 2, "the hub's own work sees all"


def test_the_page_of_a_request_is_read_as_its_companys_account(postgres_url: str, open_hub_on: Factory) -> None:
    stage, _ = two_accounts(postgres_url, open_hub_on)
    lakeside = stage.directory.companies["lakeside"]
    with stage.hub.store.writing() as session:
        made = open_request(session, stage.hub, lakeside, "access", actor="officer", channel="letter", phone=RIVAL)
        here = urlsplit(address_of(stage.hub, lakeside, made.id)).path
    client = TestClient(create_app(stage.hub, stage.live), base_url="https://calls.example.com")
    assert made.id in client.get(here).text
    assert client.get(here.replace("lakeside", "southside")).status_code == 404


def test_a_session_limited_to_one_company_sees_no_row_of_another_of_the_same_account(
    postgres_url: str, open_hub_on: Factory
) -> None:
    stage = open_hub_on(postgres_url)
    for name, number in (("lakeside", "+13125550120"), ("northgate", "+13135550120")):
        stage.visit(name)
        call = stage.call_in(number=number)
        stage.say(stage.one(Person, id=call.person_id), "given", "marketing", evidence="form 1", detail="Yes.")
    stage.deliver()
    (account,) = stage.rows(Account)
    lakeside, northgate = (stage.one(Company, name=name).id for name in ("lakeside", "northgate"))
    for company_id in (lakeside, northgate, None):
        stage.add(
            CostRow(account_id=account.id, company_id=company_id, day=stage.clock().date(), source="radio", medium="spot",
                    amount=Decimal(9), currency="USD", saved_at=stage.clock())
        )  # fmt: skip

        stage.add(
            NumberFinding(account_id=account.id, company_id=company_id, kind="absent", dedup_key=str(company_id),
                          found_at=stage.clock())
        )  # fmt: skip

    def seen(*companies: str) -> dict[str, set[Any]]:
        with stage.hub.store.reading_as(account.id, companies or None) as session:
            return {
                table.name: {tuple(row) for row in session.execute(select(*table.primary_key))}
                for table in SQLModel.metadata.sorted_tables
            }

    one, other, both, unlimited = seen(lakeside), seen(northgate), seen(lakeside, northgate), seen()
    assert one["company"] == {(lakeside,)} and unlimited["company"] == {(lakeside,), (northgate,)}
    through_company = {"call", "person", "visit", "page_view", "tracker", "tracking_number", "attribution", "delivery",
                       "conversion", "call_event", "consent_decision", "lease", "disclosure"}  # fmt: skip
    for table in through_company:
        assert one[table] and other[table], f"{table} was really tried"
        assert not one[table] & other[table], table
        assert one[table] | other[table] == both[table] == unlimited[table], table
    assert seen("no such company")["call"] == set()
    for table in ("cost", "number_finding"):
        assert [len(each[table]) for each in (one, other, both, unlimited)] == [1, 1, 2, 3], (
            "the account's is for all of it"
        )
    with stage.hub.store.reading_as(account.id, [lakeside]) as session:
        changed: Any = session.execute(text("UPDATE call SET status = 'failed'"))
        assert changed.rowcount == len(one["call"])
        with pytest.raises(DBAPIError, match="row-level security"):
            session.execute(text("UPDATE call SET company_id = :id"), {"id": northgate})
