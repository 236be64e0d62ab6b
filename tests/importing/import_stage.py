"""An account to move from: a hub that answers CallRail's API, filled like a hub in use; and the hub that it moves to."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import postgres
from config_on_disk import config_file_at, written
from sqlmodel import Session, col, select
from starlette.testclient import TestClient
from testbed import TestHub, make_config

from benchmarks.seed_calls import seed
from hub.access.keys import new_api_key
from hub.access.users import add_user
from hub.importing.callrail.account import CallRailAccount, open_account
from hub.importing.callrail.client import CallRail, Pace
from hub.importing.run import RESOURCES, import_rows
from hub.importing.structure import apply_structure, propose_structure, target_of
from hub.model import Account, Call, FormSubmission, ImportStep, Note, Tag, TextMessage
from hub.numbers.directory import LiveDirectory
from hub.platform.rate_limit import Counters
from hub.runtime import Hub
from hub.startup.assembly import assemble
from hub.store.encryption.encrypted_fields import seal_fields, seal_names, seal_note
from hub.testing import FrozenClock
from hub.texts.bodies import seal_body
from hub.web.callrail import create_callrail_api

BASE_URL = "https://calls.example.com"
NAMES = ("Dana Lake", "Sam North", "Kim Hill", None)


class Unlimited(Counters):
    """Counters whose buckets are never empty."""

    def of(self, name: str, make: Any) -> Any:
        """A bucket that is full at every request."""
        return type("Full", (), {"use": lambda *_: 1.0, "take": lambda *_: True, "fullness": lambda *_: 1.0})()


class Answering(httpx2.BaseTransport):
    """Carries requests into an ASGI application, without a socket; counts them."""

    def __init__(self, api: Any) -> None:
        self._api, self.asked = TestClient(api, base_url=BASE_URL), 0

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """The application's answer."""
        self.asked += 1
        answer = self._api.get(str(request.url), headers=dict(request.headers), follow_redirects=False)
        return httpx2.Response(answer.status_code, headers=dict(answer.headers), content=answer.content)


@dataclass
class Theirs:
    """The account to move from."""

    hub: Hub
    api: Any
    key: str

    def client(self, transport: Any = None) -> CallRail:
        """A client of its API."""
        own = transport or Answering(self.api)
        return CallRail(self.key, BASE_URL, pace=Pace(0), sleep=lambda seconds: None, transport=own)

    def account(self, **options: Any) -> CallRailAccount:
        """The account as an import reads it."""
        return open_account(self.client(options.pop("transport", None)), None, **options)


@contextmanager
def account_with(databases: Path, calls: int, clock: FrozenClock) -> Iterator[Theirs]:
    """A hub with `calls` calls, and texts and forms, of the last year of its twelve companies."""
    file = postgres.sqlite_copy(databases)
    hub = assemble(make_config(f"sqlite:///{file}", accounts=()), clock)
    try:
        seed(hub.store, calls, last=clock() - timedelta(days=1))
        with hub.store.writing() as session:
            write_words(session, hub)
            agency = session.exec(select(Account)).one()
            owner = add_user(session, agency, "pat", "owner", clock(), email="pat@agency.example.com")
            add_user(session, agency, "kim", "marketer", clock(), email="kim@agency.example.com")
            key = new_api_key(session, owner, clock())
        yield Theirs(hub, create_callrail_api(hub, counters=Unlimited()), key)
    finally:
        hub.close()


def write_words(session: Session, hub: Hub) -> None:
    """Names, notes, bodies and fields, which `seed` leaves out because they are encrypted."""
    draw = random.Random(3)
    calls = session.exec(select(Call).order_by(col(Call.id))).all()
    known = [(each, NAMES[int(each.caller_number[-2:]) % 4]) for each in calls if each.caller_number]
    seal_names(hub.vault, session, [(each, name) for each, name in known if name])
    for call in draw.sample(calls, len(calls) // 10):
        note = Note(company_id=call.company_id, subject_id=call.id, made_at=call.started_at, made_by="pat",
                    expires_at=call.expires_at)  # fmt: skip
        seal_note(hub.vault, session, call, note, f"Wants an estimate, {draw.randrange(900)} square feet.")
        session.add(note)
    for text in session.exec(select(TextMessage)):
        body = f"Can you come at {draw.randrange(8, 18)}?"
        text.body = seal_body(hub.vault, session, text.company_id, text.person_number, text.id, body)
        session.add(text)
    for form in session.exec(select(FormSubmission)):
        seal_fields(
            hub.vault, session, form, {"message": f"Drain {draw.randrange(99)} is blocked", "email": form.email or ""}
        )
        session.add(form)
    session.flush()


@dataclass
class Ours:
    """The hub to move to."""

    stage: TestHub
    folder: Path

    def bring(self, source: Any, resources: Any = RESOURCES, **options: Any) -> list[ImportStep]:
        """A whole import, as `hub import callrail --yes` does it."""
        self.bring_structure(source)
        return self.bring_rows(source, resources, **options)

    def bring_structure(self, source: Any, dial: str | None = "+13125550190") -> Any:
        """Companies, trackers and users."""
        hub, file = self.stage.hub, self.stage.config_file
        assert file is not None
        target = target_of(file.check(file.read().text), source.title, None, "carrier")
        structure = source.structure()
        proposed = propose_structure(hub.store, file, structure, source.source, target, dial)
        apply_structure(hub.store, file, structure, source, target, proposed, hub.clock(), "operator")
        return proposed

    def bring_rows(self, source: Any, resources: Any = RESOURCES, **options: Any) -> list[ImportStep]:
        """Calls, forms and texts."""
        return import_rows(self.stage.hub, source, resources, "operator", companies=source.companies, **options)


EMPTY = """\
hub:
  public_url: https://calls.example.com
  database: {database}
  secret_keys: ["${{env:HUB_KEY}}"]

recordings:
  storage: memory://recordings

retention:
  text_body: {{keep: 36mo, reason: "what is moved shall be compared"}}
  form_content: {{keep: 36mo, reason: "what is moved shall be compared"}}

connectors:
  carrier:
    plugin: {carrier}
  network:
    plugin: {network}
  law:
    plugin: {law}

conversions:
  - name: every call
    when: {{event: call}}
    send_to:
      network: {{action: 7}}
  - name: every lead
    when: {{event: lead}}
    send_to:
      network: {{action: 8}}

accounts:
  - name: agency
    title: Agency
"""


@contextmanager
def hub_to_fill(databases: Path, folder: Path, clock: FrozenClock) -> Iterator[Ours]:
    """A hub without companies, opened from a config.yaml."""
    database = f"sqlite:///{postgres.sqlite_copy(databases)}"
    path = folder / "config.yaml"
    path.write_text(written(database, EMPTY))
    hub = assemble(make_config(database, accounts=()), clock)
    try:
        file = config_file_at(path, hub.store, clock)
        config = file.check(path.read_text())
        file.start()
        hub = replace(hub, config=config)
        yield Ours(TestHub(hub, LiveDirectory(hub.store), clock, file), folder)
    finally:
        hub.close()


def tags_of(stage: TestHub, subject_id: str) -> set[str]:
    """The tags of a contact."""
    return {each.name for each in stage.rows(Tag, subject_id=subject_id)}
