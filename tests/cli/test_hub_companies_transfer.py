"""`hub companies transfer`: a company moves to another account with everything that is its own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from cli_shop import CALLER, Shop
from sqlmodel import select
from test_hub_companies import furnished, rows_of
from typer.testing import Result

from hub.access.scope import scope_of
from hub.model import (
    Account,
    AlertRule,
    AuditEntry,
    Call,
    CallerRule,
    Company,
    RecordingNotice,
    ReportLink,
    User,
    every_table,
)
from hub.numbers import account_moves
from hub.reload.config_file import ConfigFile
from hub.store.engine import Store
from hub.store.journal import take_waiting
from hub.store.journal.deferred import insert_waiting

BUYER = "  - name: buyer\n    title: Buyer\n"
NOTICE = {"flow_version": 1, "point": 1, "step": "start", "text": "Recorded.", "text_hash": "0" * 64}
MOVE = ("companies", "transfer", "north", "--to", "buyer")
CONFIRM = (*MOVE, "--confirm", "north")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def office(request: pytest.FixtureRequest, shop: Shop) -> Shop:
    """North and South of the agency, with calls, and a buyer without a company."""
    if request.param == "postgresql":
        shop.database = request.getfixturevalue("postgres_url")
        shop.configure()
    furnished(shop)
    return with_buyer(shop)


def with_buyer(shop: Shop) -> Shop:
    file = shop.folder / "config.yaml"
    file.write_text(file.read_text() + BUYER)
    with shop.opened() as opened, opened.hub.store.writing() as session:
        for account in session.exec(select(Account)).all():
            session.add(
                User(
                    account_id=account.id,
                    name=account.name,
                    role="owner",
                    made_at=shop.clock(),
                    id=f"user-{account.name}",
                )
            )
    return shop


def calls_seen(shop: Shop, user_id: str) -> int:
    """How many calls of north a user sees, through the hub's own filter."""
    store = Store(shop.database)
    with store.reading() as session:
        scope = scope_of(session, session.get_one(User, user_id), "calls")
        assert scope is not None
        north = session.exec(select(Company.id).where(Company.name == "north")).one()
        found = len(session.exec(scope.calls().where(Call.company_id == north)).all())
    store.close()
    return found


def hold(office: Shop, company: str = "north") -> str:
    said = office.run("privacy", "request", "hold", "--company", company, "--phone", CALLER, "--reason", "Case 17")
    return said.output.split()[2]


def sound(office: Shop) -> None:
    verified = office.run("audit", "verify")
    assert verified.exit_code == 0, verified.output


def test_a_company_moves_with_its_rows_and_the_journals_of_both_accounts_stay_sound(office: Shop) -> None:
    held, asked = hold(office), ("--company", "north", "--kind", "access", "--phone", CALLER)
    request = office.json("privacy", "request", "new", *asked)["id"]
    sound(office)
    rows, south = rows_of(office, "north"), rows_of(office, "south")
    assert (calls_seen(office, "user-agency"), calls_seen(office, "user-buyer")) == (2, 0)
    done = office.run(*CONFIRM)
    assert done.exit_code == 0, done.output
    sound(office)
    assert rows_of(office, "north") == rows and rows_of(office, "south") == south
    assert (calls_seen(office, "user-agency"), calls_seen(office, "user-buyer")) == (0, 2)
    accounts = {each.id: each.name for each in office.rows(Account)}
    told = [accounts[each.chain] for each in office.rows(AuditEntry) if each.action == "company.transfer"]
    assert sorted(told) == ["agency", "buyer"]
    office.run("privacy", "request", "lift", held)
    office.run("privacy", "request", "refuse", request, "--reason", "A test.")
    sound(office)
    office.play({}, {"tracking_number": "+13125550120"})
    assert calls_seen(office, "user-buyer") == 4
    assert office.run("companies", "transfer", "north", "--to", "agency", "--confirm", "north").exit_code == 0
    sound(office)
    hold(office)
    sound(office)


def test_a_row_that_moved_and_is_changed_in_the_database_is_found(office: Shop) -> None:
    hold(office)
    office.run(*CONFIRM)
    store = Store(office.database)
    with store.writing() as session:
        table = every_table().tables["legal_hold"]
        session.execute(table.update().values(reason="Another case"))
    store.close()
    verified = office.run("audit", "verify")
    assert verified.exit_code == 1 and "legal_hold" in verified.output


def furnish_settings(shop: Shop) -> None:
    with shop.opened() as opened, opened.hub.store.writing() as session:
        agency = session.exec(select(Account.id).where(Account.name == "agency")).one()
        north = session.exec(select(Company.id).where(Company.name == "north")).one()
        of_user: dict[str, Any] = {"account_id": agency, "user_id": "user-agency", "company_id": north}
        session.add(AlertRule(**of_user, kind="missed_call"))
        link = {"token_sha256": "0" * 64, "report": "sources", "query": ""}
        ends = shop.clock() + timedelta(days=30)
        session.add(ReportLink(**of_user, **link, made_at=shop.clock(), ends_at=ends))
        for company in (north, None):
            session.add(
                CallerRule(
                    account_id=agency, company_id=company, pattern="+13125550177", kind="block", made_at=shop.clock(),
                    made_by="user-agency", expires_at=ends,
                )
            )  # fmt: skip


def test_settings_of_the_former_users_end_and_what_is_the_accounts_own_stays(office: Shop) -> None:
    furnish_settings(office)
    office.run(*CONFIRM)
    accounts = {each.id: each.name for each in office.rows(Account)}
    rules = {each.company_id is None: accounts[each.account_id] for each in office.rows(CallerRule)}
    assert rules == {True: "agency", False: "buyer"}
    assert not office.rows(AlertRule)
    assert [each.revoked_at is None for each in office.rows(ReportLink)] == [False]


def test_the_plan_changes_nothing_and_says_what_blocks(office: Shop, refusal: Callable[[Result], str]) -> None:
    file = office.folder / "config.yaml"
    before = file.read_text()
    planned = office.json(*MOVE)
    assert (planned["old"], planned["new"], planned["blockers"], planned["connectors"]) == (
        "agency",
        "buyer",
        [],
        ["ads"],
    )
    assert planned["counts"]["calls"] == 2
    assert "changes nothing" in office.run(*MOVE).output
    assert "short name, north" in refusal(office.run(*MOVE, "--confirm", "south"))
    nobody = ("companies", "transfer", "north", "--to", "nobody")
    assert "no account nobody" in refusal(office.run(*nobody, "--confirm", "north"))
    assert file.read_text() == before
    file.write_text(before.replace("companies: [north],", "companies: [north, south],"))
    assert "ads serves south too" in refusal(office.run(*CONFIRM))
    file.write_text(before)
    office.run("companies", "end", "north", "--request")
    assert "end of the company" in refusal(office.run(*CONFIRM))
    assert calls_seen(office, "user-agency") == 2


@pytest.mark.parametrize("when", ["the file is written", "rows are moved"])
def test_a_process_that_dies_in_the_middle_is_followed_by_one_that_finishes(
    office: Shop, when: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold(office)
    rows = rows_of(office, "north")
    with monkeypatch.context() as patched:
        if when == "the file is written":
            write = ConfigFile._write

            def killed(self: ConfigFile, content: bytes) -> None:
                write(self, content)
                raise KeyboardInterrupt

            patched.setattr(ConfigFile, "_write", killed)
        else:
            patched.setattr(account_moves, "_end_settings", lambda *values: (_ for _ in ()).throw(KeyboardInterrupt))
        assert office.run(*CONFIRM).exit_code != 0
    assert calls_seen(office, "user-buyer") == 0, "the rows move together or not at all"
    again = office.run(*CONFIRM)
    assert again.exit_code == 0, again.output
    assert office.run(*CONFIRM).exit_code == 0
    assert (calls_seen(office, "user-agency"), calls_seen(office, "user-buyer")) == (0, 2)
    assert rows_of(office, "north") == rows
    sound(office)


def test_every_table_with_an_account_and_a_company_says_what_becomes_of_its_rows() -> None:
    both = {
        table.name
        for table in every_table().tables.values()
        if {"account_id", "company_id"} <= set(table.columns.keys())
    }
    assert both == {*account_moves.FOLLOWS, *account_moves.ENDS, "report_link", "consent_record"}


def test_a_notice_that_waits_for_its_entry_gets_it_in_the_journal_of_the_new_account(office: Shop) -> None:
    ends = office.clock() + timedelta(days=9)
    with office.opened() as opened:
        store, keyring = opened.hub.store, opened.hub.keyring
        with store.reading() as session:
            row = session.exec(select(Company).where(Company.name == "north")).one()
        notice = RecordingNotice.columns(
            company_id=row.id,
            connector="phone",
            carrier_call_id="CA17",
            reported_at=office.clock(),
            expires_at=ends,
            **NOTICE,
        )
        with store.writing() as session:
            insert_waiting(session.connection(), keyring, {"recording_notice": [(row.account_id, notice)]})
        assert office.run(*CONFIRM).exit_code == 0
        late = notice | {"id": "late", "carrier_call_id": "CA18"}
        with store.writing() as session:
            insert_waiting(session.connection(), keyring, {"recording_notice": [(row.account_id, late)]})
        take_waiting(store)
        with store.writing() as session:
            for each in session.exec(select(RecordingNotice)).all():
                each.reported_at += timedelta(seconds=1)
                session.add(each)
    sound(office)
