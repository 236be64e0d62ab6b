"""Programs make, change and archive trackers, and buy numbers and give them back, with the edits and checks of the pages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, get_args

import postgres
import pytest
from config_on_disk import PLUGINS, open_config_stage
from fake_number_carrier import FakeNumberCarrier
from sqlmodel import select
from starlette.testclient import TestClient
from testbed import TestHub

from hub.access.keys import new_api_key
from hub.access.users import add_user
from hub.api import Connector
from hub.contracts.answers import Ability, CallLimits
from hub.contracts.values import Money
from hub.model import Account, AuditEntry, Company, TrackingNumber
from hub.numbers.budget import set_cap
from hub.testing import FrozenClock
from hub.web.api import create_api

REFERENCE = "${env:HUB_KEY}"


class SellingCarrier(FakeNumberCarrier):
    """A carrier that sells numbers and can do every step of a call."""

    manifest = FakeNumberCarrier.manifest.model_copy(
        update={"abilities": get_args(Ability), "call_limits": CallLimits(text_bytes=1000)}
    )


SELLING: Mapping[str, type[Connector]] = {**PLUGINS, "carrier": SellingCarrier}


@dataclass
class Program:
    """A hub that was started from a file, and a program with an owner's key."""

    stage: TestHub
    client: TestClient
    company_id: str

    @property
    def text(self) -> str:
        assert self.stage.config_file is not None
        return self.stage.config_file.read().text

    def make(self, key: str = "", **body: Any) -> Any:
        told = {"company_id": self.company_id, "title": "Spring mailer", "source": "mailer", "medium": "print", **body}
        return self.client.post("/trackers", json=told, headers={"idempotency-key": key} if key else {})

    def cap(self, amount: str) -> None:
        account = self.stage.one(Account, name="agency").id
        with self.stage.hub.store.writing() as session:
            set_cap(session, account, Money(Decimal(amount), "USD"), "owner", self.stage.clock())


@pytest.fixture
def program(databases: Path, tmp_path: Path) -> Iterator[Program]:
    database = f"sqlite:///{postgres.sqlite_copy(databases)}"
    with open_config_stage(database, FrozenClock(), tmp_path, plugins=SELLING) as stage:
        with stage.hub.store.writing() as session:
            account = session.exec(select(Account).where(Account.name == "agency")).one()
            owner = add_user(session, account, "program", "owner", stage.clock())
            key = new_api_key(session, owner, stage.clock())
        api = create_api(stage.hub, stage.live, config_file=stage.config_file)
        client = TestClient(api, headers={"authorization": f"Bearer {key}"})
        yield Program(stage, client, stage.one(Company, name="lakeside").id)


def test_a_tracker_is_made_changed_and_archived_in_the_file(program: Program) -> None:
    made = program.make("tracker-1")
    assert made.status_code == 200, made.text
    tracker = made.json()
    assert (tracker["name"], tracker["title"], tracker["carrier"]) == ("spring-mailer", "Spring mailer", "carrier")
    again = program.make("tracker-1")
    assert again.json() == tracker and again.headers["idempotent-replayed"] == "true"
    assert tracker in program.client.get("/trackers", params={"company": "lakeside"}).json()["trackers"]
    assert "name: spring-mailer" in program.text and "# The hub of the tests." in program.text
    taken = program.make()
    assert (taken.status_code, taken.json()["code"]) == (409, "not_possible") and "taken" in taken.json()["detail"]
    path = f"/trackers/{tracker['id']}"
    changed = program.client.post(path, json={"title": "Mailer", "campaign": "spring", "dial": "+13125550196"})
    assert (changed.json()["title"], changed.json()["campaign"]) == ("Mailer", "spring")
    assert "+13125550196" in program.text
    assert program.client.post(path, json={"campaign": None}).json()["campaign"] is None
    wrong = program.client.post(path, json={"flow": "no-such-flow"})
    assert wrong.status_code == 409 and "flow" in wrong.json()["detail"]
    assert program.client.delete(path).status_code == 204
    assert "spring-mailer" not in program.text
    assert program.client.delete(path).status_code == 409
    assert tracker["id"] not in [each["id"] for each in program.client.get("/trackers").json()["trackers"]]
    account = program.stage.one(Account, name="agency").id
    applied = program.stage.rows(AuditEntry, action="config.apply", chain=account)
    assert len(applied) == 4 and all(each.request_id for each in applied)


@pytest.mark.parametrize("field", ["title", "source", "medium", "campaign", "flow", "carrier"])
def test_a_text_of_a_program_is_never_read_as_a_reference(program: Program, field: str) -> None:
    before = program.text
    answer = program.make(**{"title": "Mailer", field: f"x {REFERENCE}"})
    after = program.text
    if answer.status_code == 200:
        assert f"$${REFERENCE[1:]}" in after and answer.json().get(field) == f"x {REFERENCE}"
    else:
        assert answer.status_code in (409, 422) and after == before


def test_a_number_is_bought_below_the_cap_rests_and_is_given_back(program: Program) -> None:
    tracker = program.make().json()
    order = {"tracker_id": tracker["id"], "area_code": "312"}
    refused = program.client.post("/numbers", json=order)
    assert refused.status_code == 409 and "cap" in refused.json()["detail"]
    program.cap("100")
    bought = program.client.post("/numbers", json=order, headers={"idempotency-key": "number-1"})
    assert bought.status_code == 200, bought.text
    number = bought.json()
    assert number["tracker"] == "spring-mailer" and number["number"].startswith("+1312")
    again = program.client.post("/numbers", json=order, headers={"idempotency-key": "number-1"})
    assert again.json() == number
    path = f"/numbers/{number['id']}"
    assert program.client.post(f"{path}/rest").json()["state"] == "resting"
    assert program.client.delete(path).status_code == 204
    assert program.client.delete(path).status_code == 404
    assert program.stage.one(TrackingNumber, id=number["id"]).released_at is not None
    assert program.client.post("/numbers", json={**order, "tracker_id": "nobody"}).status_code == 404
    deeds = {each.action for each in program.stage.rows(AuditEntry) if each.request_id}
    assert {"numbers.rest", "numbers.release"} <= deeds
