"""Group commit for forms: a page gets its answer after its form is durable, in the database or, without it, in the spool."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import asdict

import structlog

from hub.model import Company
from hub.runtime import Hub
from hub.store.encryption.vault import Vault
from hub.store.spool import Row
from hub.store.writers.group_commit import GroupCommitter, WithoutDatabase
from hub.visits.batch_writer import PATIENCE
from hub.visits.forms import ReadForm, SentForm, read_form, store_form

log = structlog.get_logger(__name__)
SPOOLED_AS = "form"
"""The kind of these rows in the spool."""
MAX_FORMS_PER_COMMIT = 100
Job = tuple[Vault, ReadForm, Future[None]]


class FormWriter:
    """Groups the forms that come to this process into transactions."""

    def __init__(self, hub: Hub) -> None:
        self._store, self._spool, self._clock = hub.store, hub.spool, hub.clock
        self._group: GroupCommitter[Job, None] = GroupCommitter(
            "forms",
            MAX_FORMS_PER_COMMIT,
            self._write,
            self._answer,
            self._refuse,
            without=WithoutDatabase(hub.store.outage, self._set_aside, PATIENCE),
        )

    def keep(self, vault: Vault, company: Company, sent: SentForm) -> Future[None]:
        """Store a form; done when it is durable."""
        answer: Future[None] = Future()
        self._group.submit((vault, read_form(company, sent, self._clock()), answer))
        return answer

    def drain(self, vault: Vault, rows: Sequence[Row]) -> None:
        """Store forms that were spooled."""
        now = self._clock()
        with self._store.writing() as session:
            for row in rows:
                store_form(session, vault, ReadForm(**row), now)

    def close(self) -> None:
        """Store the waiting forms, then stop."""
        self._group.close()

    def _write(self, jobs: Sequence[Job]) -> None:
        now = self._clock()
        with self._store.writing() as session:
            for vault, form, _ in jobs:
                store_form(session, vault, form, now)
            self._group.refuse_if_late()

    def _set_aside(self, jobs: Sequence[Job]) -> None:
        self._spool.put(SPOOLED_AS, [asdict(form) for _, form, _ in jobs])
        self._answer(jobs, None)

    def _answer(self, jobs: Sequence[Job], nothing: None) -> None:
        for _, _, answer in jobs:
            answer.set_result(None)

    def _refuse(self, jobs: Sequence[Job], error: Exception) -> None:
        log.error("forms not stored", forms=len(jobs), error=type(error).__name__)
        for _, _, answer in jobs:
            answer.set_exception(error)
