"""What a certificate says is what was done: real numbers, what the log knows, and no stand-in taken for a provider."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import replace

import pytest
from fake_card_crm import FakeCardCrm
from shared_accounts import shared_accounts
from testbed import CALLER, CONNECTORS, OTHER_CALLER, TestHub

from hub.contracts.people import PersonReference
from hub.model import Call, Company, PrivacyRequest, RequestStep
from hub.privacy_requests.access_file import read_file
from hub.privacy_requests.certificate import as_text, is_genuine
from hub.privacy_requests.erase import plan
from hub.privacy_requests.run import run
from hub.privacy_requests.steps import open_request, verify
from hub.testing import FrozenClock


@pytest.fixture
def desk(hub: Callable[..., TestHub]) -> TestHub:
    """A hub whose CRM can show and erase people; one person has called from an ad, another has not called."""
    stage = hub(connectors={**CONNECTORS, "cabinet": FakeCardCrm}, common={"cabinet": {"companies": ["lakeside"]}})
    stage.call_in(stage.visit().number)
    stage.deliver()
    return stage


def ask(stage: TestHub, kind: str, phone: str = CALLER) -> str:
    with stage.hub.store.writing() as session:
        company = session.get_one(Company, stage.directory.companies["lakeside"].id)
        made = open_request(session, stage.hub, company, kind, actor="officer", channel="letter", phone=phone)
        verify(session, made, "officer", "officer", stage.clock())
    return made.id


def rehearse(stage: TestHub, *connectors: str) -> None:
    """Let stand-ins answer in the place of these connectors' providers."""
    for name in connectors:
        stage.hub.config.connectors[name] = replace(stage.hub.config.connectors[name], in_sandbox=True)  # type: ignore[index]


def test_the_certificate_says_how_many_rows_and_what_was_done_with_them(desk: TestHub, neighbor: Call) -> None:
    certificate = run(desk.hub, ask(desk, "erasure"), "officer").certificate
    told = as_text(certificate)
    assert "1 row of call was emptied" in told and "1 row of person was deleted" in told
    assert "a pointer in tracking_number was cleared" in told and "of tracking_number" not in told
    assert "a pointer in conversion was cleared" in told
    assert "1 rows" not in told and "1 records" not in told
    assert certificate["erased_here"]["rows"]["tracking_number"] == 1


def test_plan_and_certificate_agree(desk: TestHub, neighbor: Call) -> None:
    request_id = ask(desk, "erasure")
    with desk.hub.store.reading() as session:
        planned = plan(session, desk.hub, session.get_one(PrivacyRequest, request_id))
    certificate = run(desk.hub, request_id, "officer").certificate
    assert certificate["erased_here"]["rows"] == planned["rows"]
    assert certificate["not_recalled"] == planned["not_recallable"]
    assert [each["connector"] for each in certificate["erased_at_providers"]] == [
        each["connector"] for each in planned["ask"]
    ]
    assert [(each["connector"], each["conversions"]) for each in certificate["taken_back"]] == [
        (each["connector"], each["conversions"]) for each in planned["take_back"]
    ] == [("network", 1)]  # fmt: skip


def test_an_ad_network_that_was_given_nothing_is_not_named(desk: TestHub, neighbor: Call) -> None:
    certificate = run(desk.hub, ask(desk, "erasure", OTHER_CALLER), "officer").certificate
    assert desk.network.manifest.recipient.name not in json.dumps(certificate)
    assert certificate["not_recalled"] == certificate["taken_back"] == []
    (crm,) = certificate["erased_at_providers"]
    assert (crm["result"], crm["given"]) == ("nothing_held", None), "nothing was ever sent, so nothing held is believed"


def test_nothing_held_is_not_signed_where_the_log_says_that_something_was_delivered(
    lite_hub: Callable[..., TestHub], clock: FrozenClock
) -> None:
    with shared_accounts(lite_hub, clock) as both:
        for kind in ("calls", "contacts"):
            both.hubspot.account.tables[kind].records.clear()
        both.twilio.calls.clear()
        both.twilio.messages.clear()
        both.twilio.held_recordings.clear()
        certificate = both.ask("lakeside", "erasure").certificate
        day = both.stage.clock().date().isoformat()
    told = {each["connector"]: each for each in certificate["erased_at_providers"]}
    assert told["crm"]["result"] == told["carrier"]["result"] == "not_confirmed"
    assert f"received data on {day}" in told["crm"]["note"] and "not confirmed" in told["crm"]["note"]
    assert told["crm"]["given"]["categories"] == ["user.contact.phone_number"]
    assert "had 3 records that the hub knew" in told["carrier"]["note"]
    assert "HubSpot, Inc.: not confirmed, 0 records" in as_text(certificate)
    assert "nothing held" not in as_text(certificate)


def test_a_rehearsal_says_so_in_text_and_json_everywhere(desk: TestHub, neighbor: Call) -> None:
    rehearse(desk, "cabinet", "network")
    request_id = ask(desk, "erasure")
    with desk.hub.store.reading() as session:
        planned = plan(session, desk.hub, session.get_one(PrivacyRequest, request_id))
    assert planned["rehearsal"] == ["cabinet", "network"]
    done = run(desk.hub, request_id, "officer")
    certificate = done.certificate
    assert done.outcome["rehearsal"] == certificate["rehearsal"] == ["cabinet", "network"]
    assert is_genuine(desk.hub, certificate)
    assert not is_genuine(desk.hub, {**certificate, "rehearsal": []}), "it cannot be passed off as real"
    told = as_text(certificate)
    assert told.startswith("REHEARSAL: sandboxes on this machine answered instead of cabinet, network.")
    assert "Cabinet Inc.: REHEARSAL, erased, 1 record" in told and "Paper Network: REHEARSAL, 1 of 1" in told
    assert [each["rehearsal"] for each in (*certificate["erased_at_providers"], *certificate["taken_back"])] == [
        True,
        True,
    ]
    steps = [step.result for step in desk.rows(RequestStep, request_id=request_id)]
    assert sum("REHEARSAL" in step for step in steps) == 3


def test_only_what_a_stand_in_answered_is_a_rehearsal(desk: TestHub, neighbor: Call) -> None:
    rehearse(desk, "network")
    certificate = run(desk.hub, ask(desk, "erasure"), "officer").certificate
    assert certificate["rehearsal"] == ["network"]
    assert "Cabinet Inc.: erased, 1 record" in as_text(certificate)
    real = run(desk.hub, ask(desk, "erasure", OTHER_CALLER), "officer").certificate
    assert real["rehearsal"] == [] and "REHEARSAL" not in as_text(real)


def test_a_file_that_stand_ins_answered_for_says_that_it_is_a_rehearsal(desk: TestHub, neighbor: Call) -> None:
    rehearse(desk, "cabinet")
    done = run(desk.hub, ask(desk, "access"), "officer")
    assert done.outcome["rehearsal"] == ["cabinet"]
    with desk.hub.store.reading() as session:
        data = read_file(session, desk.hub, done)
    with zipfile.ZipFile(io.BytesIO(data or b"")) as opened:
        told, page = json.loads(opened.read("data.json")), opened.read("data.html").decode()
    assert told["about"]["rehearsal"].startswith("REHEARSAL") and "REHEARSAL" in page
    assert [each["rehearsal"][:9] for each in told["what providers have"]] == ["REHEARSAL"]


def test_a_correction_at_a_stand_in_is_a_rehearsal(desk: TestHub, neighbor: Call) -> None:
    rehearse(desk, "cabinet")
    with desk.hub.store.writing() as session:
        company = session.get_one(Company, desk.directory.companies["lakeside"].id)
        made = open_request(
            session, desk.hub, company, "correction", actor="officer", channel="letter", phone=CALLER,
            correction={"name": "Ada Example"},
        )  # fmt: skip
        verify(session, made, "officer", "officer", desk.clock())
    assert run(desk.hub, made.id, "officer").outcome["rehearsal"] == ["cabinet"]


def test_a_certificate_of_what_a_hold_keeps_says_that_nothing_was_erased(desk: TestHub, neighbor: Call) -> None:
    from hub.privacy_requests.certificate import certify
    from hub.privacy_requests.people import set_hold
    from hub.privacy_requests.steps import RequestRefused

    with desk.hub.store.writing() as session:
        set_hold(session, desk.hub, desk.directory.companies["lakeside"].id, CALLER, None, "Case 17", "officer")
    request_id = ask(desk, "erasure")
    with pytest.raises(RequestRefused):
        run(desk.hub, request_id, "officer")
    with desk.hub.store.writing() as session:
        told = as_text(certify(session, desk.hub, session.get_one(PrivacyRequest, request_id), desk.clock()))
    assert "Nothing was erased here." in told and "None" not in told
    assert desk.cabinet.export_person(PersonReference(phone_numbers=(CALLER,)))
