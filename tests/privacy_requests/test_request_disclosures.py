"""Whoever is asked to show, correct or erase a person was told who it is: on record, like every other disclosure."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from fake_card_crm import FakeCardCrm
from testbed import CALLER, CONNECTORS, OTHER_CALLER, TestHub

from hub.api import DataFlow, Share
from hub.model import Company, Disclosure, PrivacyRequest, Refusal
from hub.privacy.datamap import draw
from hub.privacy_requests.access_file import read_file
from hub.privacy_requests.run import run, work_tasks
from hub.privacy_requests.steps import open_request, verify
from hub.store.violations import write_refusals

LEGAL = "essential.legal_obligation"


@pytest.fixture
def desk(hub: Callable[..., TestHub]) -> TestHub:
    """A hub whose CRM can show, erase and correct people; one person has called."""
    stage = hub(connectors={**CONNECTORS, "cabinet": FakeCardCrm})
    stage.call_in()
    return stage


def ask(stage: TestHub, kind: str, phone: str = CALLER, **more: Any) -> str:
    """A request of the person, proven, by the officer."""
    with stage.hub.store.writing() as session:
        company = session.get_one(Company, stage.directory.companies["lakeside"].id)
        made = open_request(session, stage.hub, company, kind, actor="officer", channel="letter", phone=phone, **more)
        made.evidence = "They came to the office."
        verify(session, made, "officer", "officer", stage.clock())
    return made.id


def recipients_told(stage: TestHub, phone: str, recipient: str) -> list[dict[str, Any]]:
    """What a person's file says of one recipient."""
    request_id = ask(stage, "access", phone)
    run(stage.hub, request_id, "officer")
    with stage.hub.store.reading() as session:
        data = read_file(session, stage.hub, session.get_one(PrivacyRequest, request_id))
    assert data is not None
    with zipfile.ZipFile(io.BytesIO(data)) as opened:
        told: list[dict[str, Any]] = json.loads(opened.read("data.json"))["recipients"]
    return [each for each in told if each["recipient"] == recipient]


def test_who_was_asked_for_a_request_is_a_recipient_in_the_file_and_in_the_data_map(desk: TestHub) -> None:
    cabinet = desk.cabinet.manifest.recipient.name

    (first,) = recipients_told(desk, CALLER, cabinet)
    assert (first["use"], first["categories"]) == (LEGAL, ["user.contact.phone_number"])
    run(desk.hub, ask(desk, "correction", correction={"email": "ada@example.com"}), "officer")
    assert [each["categories"] for each in recipients_told(desk, CALLER, cabinet)] == [
        ["user.contact.phone_number"],
        ["user.contact.email", "user.contact.phone_number"],
        ["user.contact.email", "user.contact.phone_number"],
    ]
    assert len(recipients_told(desk, OTHER_CALLER, cabinet)) == 1, (
        "somebody unknown is told that their number was asked about"
    )
    with desk.hub.store.reading() as session:
        chart = draw(session, desk.hub.config, desk.clock())
        seen = {flow.category: flow.seen.count for flow in chart.flows if flow.recipient == cabinet and flow.seen}
    assert seen == {"user.contact.phone_number": 4, "user.contact.email": 2} and not chart.undeclared


def test_a_provider_asked_again_and_again_to_erase_was_told_once(desk: TestHub) -> None:
    desk.cabinet.away = 2
    request_id = ask(desk, "erasure")
    run(desk.hub, request_id, "officer")
    for _ in range(3):
        desk.clock.advance(minutes=5)
        work_tasks(desk.hub)
    assert desk.one(PrivacyRequest, id=request_id).state == "done"
    row = desk.one(Disclosure, connector="cabinet")
    assert (row.subject_id, row.person_id, row.use) == (request_id, None, LEGAL)


def test_a_name_that_a_manifest_does_not_declare_is_kept_from_the_provider_and_counted(
    hub: Callable[..., TestHub],
) -> None:
    class Blind(FakeCardCrm):
        manifest = FakeCardCrm.manifest.model_copy(
            update={"flows": (DataFlow(hook="export_person", use=LEGAL, shares=(Share(field="emails"),)),)}
        )

    stage = hub(connectors={**CONNECTORS, "cabinet": Blind})
    run(stage.hub, ask(stage, "access"), "officer")
    assert stage.rows(Disclosure, connector="cabinet") == [], "it was told nothing"
    write_refusals(stage.hub.store, stage.hub.refusals)
    assert [(row.connector, row.name, row.count) for row in stage.rows(Refusal)] == [("cabinet", "phone_numbers", 1)]
