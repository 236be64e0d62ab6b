"""What a worker runs at each turn, sync and housekeeping run, and what a caller waits for, reads indexes: no table that
grows as a whole, no backlog.

The statements are those that are executed here. SQLite plans each for a million rows in every table, as it does without
statistics; PostgreSQL is told a million, and uses a sequential scan only where no index fits.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from copy import deepcopy
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
from call_desk import call_back
from flow_samples import BUSINESS, of_steps
from page_client import signed_in
from sqlalchemy import event, make_url
from sqlmodel import select
from testbed import ACCOUNTS, CALLER, OTHER_CALLER, TestHub
from text_steps import queue, webhook_row, write_in

from hub.access.scope import AccessScope
from hub.answering.call_context import AnswerRequest, call_contexts
from hub.answering.voicemail_boxes import openings, sealed_pin
from hub.api.crm import Outcome, OutcomePage
from hub.contracts.answers import AnswerPoint
from hub.delivery.crm_outcomes import pull_outcomes
from hub.errors import NotFound
from hub.model import Call, Company, InboxWebhook, Person, Recording, SyncSlot, every_table
from hub.privacy.ledger import ConsentStatement, append
from hub.privacy.withdrawal import take_effect
from hub.queries.live_calls import live_state
from hub.store.claims import LEASE, claim
from hub.worker import Worker
from hub.worker.housekeeping import periodic_jobs

TABLES = every_table().tables
PARTIAL = {
    index.name
    for table in TABLES.values()
    for index in table.indexes
    if index.dialect_options["sqlite"]["where"] is not None
}
"""Indexes that have only the rows that matter: to read one as a whole is fine."""
FEW = {
    "account", "alert_preference", "alert_rule", "app_user", "assistant_grant", "assistant_token",
    "company", "config_process", "connector_state",
    "cost", "directory_change", "error_hour", "health_report", "journal_end", "journal_waiting", "legal_hold",
    "number_purchase", "outgoing_call", "policy_version", "privacy_request", "recipient_version", "recovery_code",
    "sign_in_link", "source_rule", "tracker", "tracking_number", "user_company", "web_session",
    "number_finding", "vendor_recording", "webhook_endpoint", "brand", "connector_note", "connector_token",
    "saved_view", "queue_agent", "passkey", "user_secret", "oidc_identity", "api_key",
}  # fmt: skip
"""Tables of settings, of what people do one by one, and a queue of which only the first rows are read."""
SHARED = {"account_id", "company_id", "connector", "hook", "number_shown_id", "tracking_number_id"}
"""Columns that very many rows have in common: to look up nothing else reads as many."""

EMAIL = "maria@example.com"
PAGES = (
    "/", "/alerts", "/calls", "/calls/{call}", "/connectors", "/conversions", "/deliveries", "/flows", "/me", "/numbers",
    "/people", "/queues", "/search?q=312555", "/spam", "/status", "/texts", "/users",
)  # fmt: skip
"""Pages that users open all day. How fast a list of a million rows is, `benchmarks pages` measures: its statements end at a
LIMIT."""
GUESSED = (
    "DELETE FROM alert WHERE",
    "UPDATE webhook_event SET state=%(state)s::VARCHAR WHERE webhook_event.id IN (SELECT",
)
"""PostgreSQL cannot know without statistics that few alerts are over, and that the index of an endpoint's states in the order
of their times has fewer rows than another one."""


def test_no_statement_of_a_worker_reads_a_growing_table_or_the_backlog(
    hub: Callable[..., TestHub], databases: Path
) -> None:
    accounts: Any = deepcopy(ACCOUNTS)
    accounts[0]["companies"][0]["webhooks"] = [
        {"name": "crm", "url": "http://127.0.0.1:9/", "use": "sales", "allow_private": True}
    ]
    stage = hub(accounts=accounts)
    something_of_everything(stage)
    with noted(stage) as statements:
        work(stage)
    assert len(statements) > 200
    assert faults(stage, statements, databases) == []


def test_no_statement_that_a_caller_waits_for_reads_a_growing_table(
    hub: Callable[..., TestHub], databases: Path
) -> None:
    stage = hub()
    something_of_everything(stage)
    lent = next(number for number, line in stage.directory.lines.items() if line.tracker.type == "session")
    flow = of_steps(
        "who",
        {
            "who": {
                "do": "attribution_route", "otherwise": "night",
                "cases": [{"caller": "repeat", "then": "box"}, {"tag": "vip", "then": "box"},
                          {"caller_list": "vip", "then": "box"}, {"owner": "M*", "then": "box"}],
            },
            "box": {
                "do": "messages", "say": "PIN?", "box": "night", "otherwise": "end",
                "pin": sealed_pin(stage.hub.keyring, "482915"),
            },
            "night": {"do": "voicemail", "say": f"Call {BUSINESS}."},
        },
    )  # fmt: skip
    at = {"tracking_number": lent, "caller_number": CALLER, "call_id": "CA1"}
    points = (
        AnswerPoint(moment="ringing", **at),
        AnswerPoint(moment="digits", mark="3.box.1.n.0", digits="482915", **at),
    )
    line = stage.directory.lines[lent]
    requests = [AnswerRequest(connector="carrier", point=each, line=line, flow=flow, version=3) for each in points]
    with noted(stage) as statements, stage.hub.store.reading() as session:
        call_contexts(session, requests, stage.clock(), "", vault=stage.hub.vault)
        openings(session, stage.hub.keyring, requests, stage.clock(), "")
    assert len(statements) > 7
    assert faults(stage, statements, databases) == []


def test_no_page_that_stays_open_or_begins_a_day_reads_a_growing_table(
    hub: Callable[..., TestHub], databases: Path
) -> None:
    stage = hub()
    something_of_everything(stage)
    work(stage)
    call, owner = stage.rows(Call)[0], signed_in(stage)
    assert owner.user is not None
    scope, now = AccessScope(owner.user), stage.clock()
    with noted(stage) as statements:
        with stage.hub.store.reading() as session, suppress(NotFound):
            live_state(session, scope, list(session.exec(select(Company.id))), now)
            scope.one(session, Recording, "none")
        for path in PAGES:
            owner.text(path.format(call=call.id))
    assert len(statements) > 150
    # Whether a number was ever lent, its first lease says.
    allowed = "USE TEMP|Sort|SEARCH lease USING COVERING INDEX ix_lease_number"
    found = faults(stage, statements, databases)
    assert [each for each in found if "LIMIT" not in each and not re.match(allowed, each)] == []


def test_what_is_written_about_one_person_reads_nothing_of_the_others(
    hub: Callable[..., TestHub], databases: Path
) -> None:
    stage = hub()
    something_of_everything(stage)
    work(stage)
    (person, *_), now = stage.rows(Person), stage.clock()
    deal = Outcome(external_id="1", stage="won", changed_at=now, occurred_at=now, phone_numbers=(CALLER,), email=EMAIL)
    stage.crm.pages = {None: OutcomePage(outcomes=(deal,), cursor="1")}
    of_person: Any = {"company_id": person.company_id, "state": "refused", "use": "ads", "stated_at": now}
    with noted(stage) as statements:
        stage.say(person, "given", "ads")
        with stage.hub.store.writing() as session:
            refusal = ConsentStatement(**of_person, person_id=person.id, channel="phone")
            take_effect(session, stage.hub.config, stage.hub.vault, [refusal], now)
            append(
                session,
                [ConsentStatement(**of_person, person_id=None, visit_id="none", channel="banner")],
                now,
                stage.hub.vault,
            )
        pull_outcomes(stage.hub, stage.directory, "crm")
    assert len(statements) > 20
    assert faults(stage, statements, databases) == []


@contextmanager
def noted(stage: TestHub) -> Iterator[dict[str, Any]]:
    """The statements that read, each with values, filled while the block runs."""
    engines, statements = {stage.hub.store.engine, stage.hub.store._of_accounts}, dict[str, Any]()

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, _context: Any, many: bool) -> None:
        if re.match("SELECT|UPDATE|DELETE|WITH", statement):
            statements.setdefault(statement, values[0] if many else values)

    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    yield statements
    for engine in engines:
        event.remove(engine, "before_cursor_execute", note)


def faults(stage: TestHub, statements: dict[str, Any], databases: Path) -> list[str]:
    """Each step of a plan that reads too much, with its statement."""
    on_it = on_sqlite if stage.hub.store.is_sqlite else partial(on_postgresql, databases=databases)
    return [f"{fault}: {statement}" for statement, fault in on_it(stage, statements)]


def something_of_everything(stage: TestHub) -> None:
    """Webhooks, one of them left by a process that died; calls, texts and a call back that wait; syncs that are due."""
    shown = stage.visit()
    call = stage.call_in(shown.number)
    stage.call_in(shown.number, answered=False, process=False)
    stage.call_in(caller=OTHER_CALLER, process=False)
    write_in(stage, "Do you have a room?")
    queue(stage)
    call_back(stage, call)
    stage.add(*(webhook_row(stage, key, b"{}") for key in "ab"))
    claim(stage.hub.store, InboxWebhook, now=stage.clock(), limit=1)
    stage.clock.advance(seconds=LEASE.total_seconds() + 1)
    stage.add(*(SyncSlot(connector=name, due_at=stage.clock(), why="command") for name in stage.hub.plugins.connectors))


def work(stage: TestHub) -> None:
    """Everything that a worker's threads do, now and an hour later."""
    worker = Worker(stage.hub, stage.live)
    for _ in range(2):
        for step in (worker._flow_step, worker._recording_step, worker._transcript_step, worker._sync_step):
            step()
        until = time.monotonic() + 60
        while worker._running and time.monotonic() < until:
            time.sleep(0.01)
        stage.clock.advance(seconds=timedelta(hours=1).total_seconds())
        for job in periodic_jobs(stage.hub, worker._ticker):
            job.run()
    worker._syncs.close()


def on_sqlite(stage: TestHub, statements: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Each step of a plan that reads too much, with its statement."""
    with stage.hub.store.engine.connect() as connection:
        for statement, values in statements.items():
            before = ""
            for *_, step in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values):
                if _reads_much(step, statement) or (
                    step == "USE TEMP B-TREE FOR ORDER BY" and "LIMIT" in statement and _table_of(before)
                ):
                    yield statement, step
                before = step


def _reads_much(step: str, statement: str) -> bool:
    used = re.search(r"INDEX (\w+)", step)
    if not _table_of(step) or (used and used[1] in PARTIAL):
        return False
    if step.startswith("SCAN"):
        return "LIMIT" not in statement or "WHERE" in statement
    looked_up = set(re.findall(r"(\w+)[=<>]", step))
    return bool(looked_up) and looked_up <= SHARED


def _table_of(step: str) -> str | None:
    """The growing table that a step of SQLite's plan reads, under whatever alias."""
    found = re.match(r"(?:SCAN|SEARCH) (\w+?)(?:_\d+)?(?: |$)", step)
    return found[1] if found and found[1] in TABLES.keys() - FEW else None


def on_postgresql(stage: TestHub, statements: dict[str, Any], databases: Path) -> Iterator[tuple[str, str]]:
    """As `on_sqlite`."""
    name = make_url(str(stage.hub.config.hub.database)).database
    with psycopg.connect(host=str(databases), user="postgres", dbname=name, autocommit=True) as superuser:
        superuser.execute("SET session_replication_role = replica")  # rows without what they refer to
        for table in TABLES:
            _put_one(superuser, table)
        superuser.execute("UPDATE pg_class SET reltuples = 1000000, relpages = 1 WHERE relkind IN ('r', 'i')")
    with stage.hub.store.engine.connect() as connection:
        connection.exec_driver_sql("SET enable_seqscan = off")
        for statement, values in statements.items():
            if statement.startswith(GUESSED):
                continue
            (plan,) = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", values).scalar_one()
            for fault in _faults(plan["Plan"], limited=False, chosen="WHERE" in statement):
                yield statement, fault


def _put_one(superuser: psycopg.Connection, table: str) -> None:
    """A table without any row has no plan but to read it."""
    found = superuser.execute(
        "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = %s AND is_nullable = 'NO'",
        (table,),
    ).fetchall()
    columns = ", ".join(f'"{column}"' for column, _ in found)
    values = ", ".join("'now'" if kind.startswith(("timestamp", "date")) else "'0'" for _, kind in found)
    superuser.execute(f'INSERT INTO "{table}" ({columns}) VALUES ({values}) ON CONFLICT DO NOTHING'.encode())


def _faults(node: dict[str, Any], *, limited: bool, chosen: bool) -> Iterator[str]:
    """`limited`: only the first rows are read; `chosen`: those that a condition chooses."""
    kind, table, below = node["Node Type"], node.get("Relation Name"), node.get("Plans", [])
    if table in TABLES.keys() - FEW and kind in ("Seq Scan", "Index Scan", "Index Only Scan"):
        whole = "Index Cond" not in node and node.get("Index Name") not in PARTIAL
        if whole and (chosen or not limited):
            yield f"{kind} of the whole of {table}"
    if kind == "Sort" and limited and below[0].get("Relation Name") in TABLES.keys() - FEW:
        yield f"Sort of {below[0]['Relation Name']}"
    passed_on = limited and kind in ("LockRows", "Subquery Scan", "Sort", "Nested Loop", "Result")
    for each in below:
        yield from _faults(each, limited=kind == "Limit" or passed_on, chosen=chosen)
