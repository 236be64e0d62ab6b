"""A hub with calls, texts and forms of two companies, and a client of its CallRail API."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import postgres
from sqlmodel import select
from starlette.testclient import TestClient
from testbed import ACCOUNTS, CALLER, NORTH_SHARED, OTHER_CALLER, SHARED, YELLOW_PAGES, TestHub, open_stage

from hub.access.keys import new_api_key
from hub.access.permissions import ROLES
from hub.access.users import add_user
from hub.callrail.ids import ACCOUNT, wire_id
from hub.model import (
    Account,
    Call,
    CallStep,
    Company,
    FormSubmission,
    Lead,
    Recording,
    Tag,
    TextMessage,
    Tracker,
    TranscriptRow,
)
from hub.platform.rate_limit import Buckets, Counters
from hub.recordings.transcripts import place_in
from hub.store.encryption.encrypted_fields import seal_fields, seal_names
from hub.testing import FrozenClock
from hub.texts.bodies import seal_body
from hub.web.callrail import create_callrail_api

DESK = "+13125550190"
ZONES = ("America/Chicago", "America/New_York")
IN_AMERICA = [
    {
        **account,
        "companies": [{**each, "time_zone": zone} for each, zone in zip(account["companies"], ZONES, strict=True)],
    }
    for account in ACCOUNTS
]
CALLS, FORMS, THREADS = 23, 7, 3
"""Of the filled hub; not a multiple of any page size in the tests."""


class Unlimited(Counters):
    """Counters whose buckets are never empty: tests ask more often than a client may."""

    def of(self, name: str, make: Callable[[], Any]) -> Any:
        """A bucket that is full at every request."""
        return type("Full", (Buckets,), {"use": lambda *_: 1.0})()


@dataclass
class CallRailHub:
    """The hub, a key of each role, and what clients of CallRail's API do with it."""

    stage: TestHub
    keys: dict[str, str]
    api: Any

    @property
    def account(self) -> str:
        """The account's id on the wire."""
        return wire_id(ACCOUNT, self.stage.one(Account, name="agency").id)

    def send(self, method: str, path: str, role: str = "owner", **options: Any) -> Any:
        """Ask for a path below `/v3/a/{account}/`, or for an absolute one."""
        at = path if path.startswith(("/", "http")) else f"/v3/a/{self.account}/{path}"
        headers = {"authorization": f'Token token="{self.keys[role]}"', **options.pop("headers", {})}
        return TestClient(self.api, base_url="https://calls.example.com").request(
            method, at, headers=headers, follow_redirects=False, **options
        )

    def get(self, path: str, role: str = "owner", **query: Any) -> Any:
        """Ask with these parameters."""
        return self.send("GET", path, role, **({"params": query} if query else {}))

    def read(self, path: str, role: str = "owner", **query: Any) -> Any:
        """The body of an answer that must be good."""
        answer = self.get(path, role, **query)
        assert answer.status_code == 200, answer.text
        return answer.json()


@contextmanager
def callrail_hub(databases: Path, url: str | None = None, accounts: Any = None) -> Iterator[CallRailHub]:
    """A hub on a new SQLite database, or on the one at `url`, with a user of every role."""
    with open_stage(
        url or f"sqlite:///{postgres.sqlite_copy(databases)}", FrozenClock(), accounts=accounts or IN_AMERICA
    ) as stage:
        yield with_users(stage)


def with_users(stage: TestHub) -> CallRailHub:
    """The hub with a user of every role, and its API."""
    keys = {}
    with stage.hub.store.writing() as session:
        agency = session.exec(select(Account).where(Account.name == "agency")).one()
        for role in ROLES:
            phones = [DESK] if role == "agent" else []
            user = add_user(session, agency, role.replace("_", "-"), role, stage.clock(), phone_numbers=phones)
            user.email = f"{role}@agency.example.com"
            keys[role] = new_api_key(session, user, stage.clock())
    api = create_callrail_api(stage.hub, counters=Unlimited(), directory=stage.live, config_file=stage.config_file)
    return CallRailHub(stage, keys, api)


def fill(stage: TestHub) -> None:
    """Calls of three weeks, some missed, some at the same second, one with everything that is known of a call."""
    shown = stage.visit(
        landing_page="https://lakeside.example.com/drains?gclid=Cj0KCQjw123456789&utm_source=google",
        user_agent="Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Mobile/15E148 Safari/604.1",
    )
    begins = stage.clock() - timedelta(days=20)
    stage.call_in(shown.number, caller="+13125550150", at=stage.clock())
    for number in range(CALLS - 1):
        stage.call_in(
            (SHARED, YELLOW_PAGES, NORTH_SHARED)[number % 3],
            (CALLER, OTHER_CALLER, "+12125550160", None)[number % 4],
            answered=number % 4 != 1,
            seconds=20 + 10 * (number % 7),
            at=begins + timedelta(hours=11 * (number // 2)),
        )
    calls = stage.rows(Call)
    now, ends = stage.clock(), stage.clock() + timedelta(days=90)
    best = calls[0]
    assert best.company_id is not None
    write(stage, best.company_id)
    stage.add(
        Lead(subject_id=best.id, company_id=best.company_id, status="booked", amount=240, currency="USD",
             marked_at=now, marked_by="owner"),
        Tag(company_id=best.company_id, subject_id=best.id, name="roof", made_at=now, made_by="owner", expires_at=ends),
        Recording(connector="carrier", carrier_recording_id="RE1", call_id=best.id, recorded_at=now, due_at=now,
                  state="stored", path="re1.sealed", stored_at=now, duration=81, expires_at=ends),
        CallStep(connector=best.connector, carrier_call_id=best.carrier_call_id, company_id=best.company_id, flow_version=1,
                 point="menu", position=0, at=now, step="menu", do="menu", result="key 2: repairs", expires_at=ends),
    )  # fmt: skip
    said = [{"start": 0.0, "end": 3.0, "text": "Hello", "channel": "business"},
            {"start": 3.0, "end": 4.0, "text": "My sink leaks", "channel": "caller"}]  # fmt: skip
    recording = stage.one(Recording)
    with stage.hub.store.writing() as session:
        row = TranscriptRow(recording_id=recording.id, connector="x", language="en", due_at=now, state="done",
                            expires_at=ends)  # fmt: skip
        row.sealed = stage.hub.vault.seal(
            session, best.company_id, best.caller_number, best.id, json.dumps(said).encode(), place_in(row.id)
        )
        session.add(row)


def write(stage: TestHub, lakeside: str) -> None:
    """Forms and texts: three conversations, of which one has a text that was never sent."""
    begins, ends = stage.clock() - timedelta(days=9), stage.clock() + timedelta(days=90)
    northgate = stage.one(Company, name="northgate").id
    tracker = stage.one(Tracker, company_id=lakeside, name="shared").id
    with stage.hub.store.writing() as session:
        for number in range(FORMS):
            form = FormSubmission(
                company_id=(lakeside, northgate)[number % 2], submission_key=f"form-{number}", form_id="contact",
                page="https://lakeside.example.com/contact", phone_number="+13125550142", email="ada@example.com",
                submitted_at=begins + timedelta(hours=number // 2), due_at=begins, state="ready", expires_at=ends,
            )  # fmt: skip
            session.add(form)
            session.flush()
            seal_fields(stage.hub.vault, session, form, {"name": "Ada Rossi", "message": "My sink leaks"})
            seal_names(stage.hub.vault, session, [(form, "Ada Rossi")])
        for number in range(12):
            person = ("+13125550142", "+13125550143", "+13125550144")[number % 3]
            text = TextMessage(
                connector="carrier", direction="in" if number < 6 else "out", company_id=lakeside, tracker_id=tracker,
                status="received" if number < 6 else "refused" if number == 11 else "sent", tracking_number=SHARED,
                person_number=person, at=begins + timedelta(minutes=number), due_at=begins, state="done", expires_at=ends,
            )  # fmt: skip
            text.body = seal_body(stage.hub.vault, session, lakeside, person, text.id, f"Text {number}")
            session.add(text)
    stage.flow()


def company_id(stage: TestHub, name: str) -> str:
    """A company's id on the wire."""
    return wire_id("COM", stage.one(Company, name=name).id)
