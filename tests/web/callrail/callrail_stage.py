"""A hub with calls, texts and forms of two companies, and a client of its CallRail API."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import postgres
from sqlmodel import select
from starlette.testclient import TestClient
from testbed import CALLER, NORTH_SHARED, OTHER_CALLER, SHARED, YELLOW_PAGES, TestHub, open_stage

from hub.access.keys import new_api_key
from hub.access.permissions import ROLES
from hub.access.users import add_user
from hub.callrail.ids import ACCOUNT, wire_id
from hub.model import Account, Call, Company, Lead, Recording, Tag
from hub.rate_limit import Buckets, Counters
from hub.testing import FrozenClock
from hub.web.callrail import create_callrail_api

DESK = "+13125550190"
CALLS = 23
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
def callrail_hub(databases: Path) -> Iterator[CallRailHub]:
    """A hub on a new SQLite database, with a user of every role."""
    file = postgres.sqlite_copy(databases)
    with open_stage(f"sqlite:///{file}", FrozenClock()) as stage:
        keys = {}
        with stage.hub.store.writing() as session:
            agency = session.exec(select(Account).where(Account.name == "agency")).one()
            for role in ROLES:
                phones = [DESK] if role == "agent" else []
                user = add_user(session, agency, role.replace("_", "-"), role, stage.clock(), phone_numbers=phones)
                user.email = f"{role}@agency.example.com"
                keys[role] = new_api_key(session, user, stage.clock())
        yield CallRailHub(stage, keys, create_callrail_api(stage.hub, counters=Unlimited()))


def fill(stage: TestHub) -> None:
    """Calls of three weeks, some missed, some at the same second, one with everything that is known of a call."""
    shown = stage.visit(landing_page="https://lakeside.example.com/drains?gclid=Cj0KCQjw123456789&utm_source=google")
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
    stage.add(
        Lead(subject_id=best.id, company_id=best.company_id, status="booked", amount=240, currency="USD",
             marked_at=now, marked_by="owner"),
        Tag(company_id=best.company_id, subject_id=best.id, name="roof", made_at=now, made_by="owner", expires_at=ends),
        Recording(connector="carrier", carrier_recording_id="RE1", call_id=best.id, recorded_at=now, due_at=now,
                  state="stored", path="re1.sealed", stored_at=now, duration=81, expires_at=ends),
    )  # fmt: skip


def company_id(stage: TestHub, name: str) -> str:
    """A company's id on the wire."""
    return wire_id("COM", stage.one(Company, name=name).id)
