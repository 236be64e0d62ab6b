"""The audit log: each deed stands in the journal of the account that it is about, or in the hub's own."""

from __future__ import annotations

import threading
from collections.abc import Callable

from testbed import TestHub

from hub.model import HUB_CHAIN, Account, AuditEntry, JournalEntry
from hub.store.audit import note
from hub.worker import Worker

Factory = Callable[..., TestHub]


def test_a_deed_stands_in_the_journal_of_the_account_that_it_is_about(hub: Factory) -> None:
    stage = hub(conversions=[])
    call, account = stage.call_in(), stage.one(Account)
    with stage.hub.store.writing() as session:
        note(session, stage.clock(), "maria", "call.show_personal", call.id)
        note(session, stage.clock(), "root", "connectors.resume", "twilio")
    assert [(row.chain, row.action) for row in stage.rows(AuditEntry)] == [
        (account.id, "call.show_personal"),
        (HUB_CHAIN, "connectors.resume"),
    ]
    assert {row.chain for row in stage.rows(JournalEntry, kind="audit_entry")} == {account.id, HUB_CHAIN}


def test_the_worker_signs_by_itself(lite_hub: Factory) -> None:
    stage = lite_hub()
    with stage.hub.store.writing() as session:
        note(session, stage.clock(), "root", "connectors.resume", "twilio")
    worker, waiting = Worker(stage.hub, stage.live), threading.Event()
    worker.start()
    try:
        for _ in range(400):
            if stage.rows(JournalEntry, kind="signed"):
                break
            waiting.wait(0.02)
    finally:
        worker.stop()
    assert stage.one(JournalEntry, kind="signed").position == 2
