"""What people ask about their own data is answered in time, carried out everywhere, and certified."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from fake_card_crm import FakeCardCrm
from sqlmodel import select
from testbed import CALLER, CONNECTORS, OTHER_CALLER, SHARED, TestHub

from hub.answering.recording_consent import known_callers
from hub.api.carriers import MessageEvent
from hub.model import (
    AuditEntry,
    Call,
    CallerRule,
    Company,
    ConsentDecision,
    Delivery,
    Disclosure,
    LegalHold,
    Person,
    PrivacyRequest,
    Recording,
    RequestTask,
    Suppression,
    TextMessage,
    TranscriptRow,
)
from hub.model.columns import new_id
from hub.privacy_requests.access_file import read_file
from hub.privacy_requests.certificate import as_text, is_genuine
from hub.privacy_requests.erase import plan
from hub.privacy_requests.identity_proof import send_code
from hub.privacy_requests.people import set_hold
from hub.privacy_requests.reminders import overdue, remind
from hub.privacy_requests.rights import lift_restriction
from hub.privacy_requests.run import run, work_tasks
from hub.privacy_requests.steps import RequestRefused, extend, open_request, steps_of, verify
from hub.recordings.keep import place_in as audio_place
from hub.recordings.transcripts import place_in as transcript_place
from hub.spam.callers import add_noted_rule
from plugins.consent.jurisdictions import Jurisdictions
from plugins.consent.signals import Signals


@pytest.fixture
def desk(hub: Callable[..., TestHub]) -> TestHub:
    """A hub whose CRM can show, erase and correct people; one person has called from an ad."""
    stage = hub(connectors={**CONNECTORS, "cabinet": FakeCardCrm}, common={"cabinet": {"companies": ["lakeside"]}})
    stage.call_in(stage.visit().number)
    stage.deliver()
    return stage


def ask(stage: TestHub, kind: str, phone: str | None = CALLER, proven: bool = True, **more: Any) -> str:
    """A request of the person, by the officer."""
    with stage.hub.store.writing() as session:
        company = session.get_one(Company, stage.directory.companies["lakeside"].id)
        request = open_request(
            session, stage.hub, company, kind, actor="officer", channel="letter", phone=phone, **more
        )
        if proven:
            verify(session, request, "officer", "officer", stage.clock())
    return request.id


def request_of(stage: TestHub, request_id: str) -> PrivacyRequest:
    return stage.one(PrivacyRequest, id=request_id)


def file_of(stage: TestHub, request_id: str) -> dict[str, Any]:
    """The JSON of a person's file."""
    with stage.hub.store.reading() as session:
        data = read_file(session, stage.hub, request_of(stage, request_id))
    assert data is not None
    with zipfile.ZipFile(io.BytesIO(data)) as opened:
        page = opened.read("data.html").decode()
        assert "What Lakeside holds about you" in page and ">True<" not in page
        return dict(json.loads(opened.read("data.json")))


def test_a_person_is_told_everything_with_each_recipient_by_name_and_date(desk: TestHub) -> None:
    request_id = ask(desk, "access")
    assert run(desk.hub, request_id, "officer").state == "done"
    told = file_of(desk, request_id)
    assert [call["caller_number"] for call in told["calls"]] == [CALLER]
    assert list(told["calls"][0])[:2] == ["tracking_number", "caller_number"], (
        "in the order in which a call is declared"
    )
    assert told["visits"] and told["decisions"]
    network = desk.network.manifest.recipient.name
    assert [each["disclosed_at"][:10] for each in told["recipients"] if each["recipient"] == network]
    assert {
        "recipient": "Cabinet Inc.",
        "connector": "cabinet",
        "type": "card",
        "id": "0142",
        "fields": {"name": "Ada Exmaple"},
    } in told["what providers have"]


def test_what_a_provider_calls_its_fields_changes_nothing_else_in_the_file(desk: TestHub) -> None:
    desk.cabinet.cards[CALLER] = {"recipient": "Nobody", "file": "https://evil.example/", "<b>x</b>": "y"}
    request_id = ask(desk, "access")
    run(desk.hub, request_id, "officer")
    (told,) = file_of(desk, request_id)["what providers have"]
    assert told["recipient"] == "Cabinet Inc." and told["fields"]["recipient"] == "Nobody"
    with desk.hub.store.reading() as session:
        data = read_file(session, desk.hub, session.get_one(PrivacyRequest, request_id))
    page = zipfile.ZipFile(io.BytesIO(data or b"")).read("data.html").decode()
    assert "https://evil.example/" in page and 'href="https://evil' not in page and "<b>x" not in page


def test_the_file_shows_why_a_person_is_on_the_block_list(desk: TestHub) -> None:
    lakeside = desk.directory.companies["lakeside"]
    with desk.hub.store.writing() as session:
        for company_id, note in ((lakeside.id, "Sells listings"), (None, "Calls all of us")):
            add_noted_rule(session, desk.hub.vault, lakeside.account_id, company_id, "block", CALLER, desk.clock(),
                           "olivia", note)  # fmt: skip
    request_id = ask(desk, "access")
    run(desk.hub, request_id, "officer")
    work_tasks(desk.hub)
    assert "Sells listings" not in str(desk.rows(CallerRule))
    listed = file_of(desk, request_id)["block and allow lists"]
    assert [each.get("note") for each in listed] in (["Sells listings", None], [None, "Sells listings"])


@pytest.mark.parametrize("kind", ["access", "portability"])
def test_the_file_holds_the_audio_what_was_said_and_what_was_written(desk: TestHub, kind: Any) -> None:
    call, now = desk.one(Call), desk.clock()
    assert call.company_id is not None
    recording_id, transcript_id = new_id(), new_id()
    kept: dict[str, Any] = {"due_at": now, "expires_at": now + timedelta(days=9)}
    with desk.hub.store.writing() as session:
        seal = desk.hub.vault.sealer(session, call.company_id, CALLER, call.id)
        desk.hub.blob_store.write("calls/1", seal(b"RIFF of a call", audio_place(recording_id)))
        session.add(
            Recording(
                id=recording_id, connector="carrier", carrier_recording_id="RE1", call_id=call.id, recorded_at=now,
                state="stored", stored_at=now, content_type="audio/x-wav", path="calls/1", **kept,
            )
        )  # fmt: skip
        session.flush()
        spoken = [{"start": 0.0, "end": 1.0, "text": "A leaking tap."}]
        session.add(
            TranscriptRow(
                id=transcript_id, recording_id=recording_id, connector="whisper", language="en-US", state="written",
                sealed=seal(json.dumps(spoken).encode(), transcript_place(transcript_id)), written_at=now, **kept,
            )
        )  # fmt: skip
    desk.tell(MessageEvent(message_id="SM1", at=now, tracking_number=SHARED, sender_number=CALLER, body="On my way."))
    desk.flow()
    request_id = ask(desk, kind)
    run(desk.hub, request_id, "officer")
    told = file_of(desk, request_id)
    (recorded,) = told["recordings and transcripts"]
    assert (recorded["transcript"], recorded["file"]) == ("A leaking tap.", f"audio/{recording_id}.wav")
    assert [text["text"] for text in told["texts"] if text["direction"] == "in"] == ["On my way."]
    with desk.hub.store.reading() as session:
        data = read_file(session, desk.hub, request_of(desk, request_id))
    with zipfile.ZipFile(io.BytesIO(data or b"")) as opened:
        assert opened.read(recorded["file"]) == b"RIFF of a call"
    assert {each.action for each in desk.rows(AuditEntry, subject=recording_id)} == {
        "recording.export",
        "transcript.export",
    }
    run(desk.hub, ask(desk, "erasure"), "officer")
    assert desk.hub.blob_store.read("calls/1") is None


def test_a_provider_that_does_not_answer_is_named_in_the_file(desk: TestHub) -> None:
    desk.cabinet.away = 9
    request_id = ask(desk, "access")
    run(desk.hub, request_id, "officer")
    assert {"recipient": "Cabinet Inc.", "connector": "cabinet", "error": "Cabinet is closed."} in file_of(
        desk, request_id
    )["what providers have"]


def test_nothing_is_done_before_it_is_known_who_asks(desk: TestHub) -> None:
    request_id = ask(desk, "erasure", proven=False)
    with pytest.raises(RequestRefused, match="identity is not proven"):
        run(desk.hub, request_id, "officer")
    assert desk.one(Person, phone_number=CALLER, phone_learnt="carrier")


def test_an_erasure_is_planned_done_retried_at_providers_and_certified(desk: TestHub, neighbor: Call) -> None:
    request_id = ask(desk, "erasure")
    with desk.hub.store.reading() as session:
        planned = plan(session, desk.hub, request_of(desk, request_id))
    assert planned["rows"]["call"] == 1
    assert [each["recipient"] for each in planned["ask"]] == ["Cabinet Inc."]
    lost = {each["recipient"]: each["why"] for each in planned["not_recallable"]}
    assert lost == {desk.network.manifest.recipient.name: desk.network.manifest.deletion.note}
    desk.cabinet.away = 1
    assert run(desk.hub, request_id, "officer").state == "waiting_plugin"
    lakeside = desk.directory.companies["lakeside"].id
    assert desk.rows(Person, phone_number=CALLER, company_id=lakeside) == []
    assert desk.one(Call, company_id=lakeside).caller_number is None
    desk.clock.advance(minutes=5)
    work_tasks(desk.hub)
    done = request_of(desk, request_id)
    assert (done.state, desk.cabinet.cards) == ("done", {})
    assert (done.phone_number, done.email, done.known_as) == (None, None, {})
    certificate = done.certificate
    assert is_genuine(desk.hub, certificate)
    assert not is_genuine(desk.hub, {**certificate, "not_recalled": []})
    told = as_text(certificate)
    assert "Cabinet Inc.: erased, 1 record," in told and desk.network.manifest.deletion.note in told
    assert CALLER not in told and CALLER[1:] not in json.dumps(certificate)


def test_a_legal_hold_keeps_an_erasure_back_and_tells_the_officer_why(desk: TestHub, neighbor: Call) -> None:
    with desk.hub.store.writing() as session:
        company = desk.directory.companies["lakeside"].id
        hold = set_hold(session, desk.hub, company, CALLER, None, "Case 17", "officer")
    request_id = ask(desk, "erasure")
    with pytest.raises(RequestRefused, match="Case 17"):
        run(desk.hub, request_id, "officer")
    assert request_of(desk, request_id).state == "held"
    assert desk.one(Person, phone_number=CALLER, company_id=company)
    with desk.hub.store.writing() as session:
        session.get_one(LegalHold, hold.id).lifted_at = desk.clock()
    assert run(desk.hub, request_id, "officer").state == "done"


def test_a_hold_on_the_whole_company_keeps_every_erasure_back(desk: TestHub) -> None:
    with desk.hub.store.writing() as session:
        company = desk.directory.companies["lakeside"]
        set_hold(session, desk.hub, company.id, None, None, "Case 19", "officer")
    for phone in (CALLER, OTHER_CALLER):
        request_id = ask(desk, "erasure", phone)
        with pytest.raises(RequestRefused, match="Case 19"):
            run(desk.hub, request_id, "officer")
        assert request_of(desk, request_id).state == "held"


def test_an_objection_holds_what_is_queued_and_ends_marketing_texts(desk: TestHub) -> None:
    desk.call_in(desk.visit().number)
    assert run(desk.hub, ask(desk, "objection"), "officer").state == "done"
    desk.deliver()
    assert [each.state for each in desk.rows(Delivery, connector="network")] == ["delivered", "held"]
    assert [each.use for each in desk.rows(Suppression)] == ["marketing.communications.sms"]


def test_an_objection_of_somebody_unknown_counts_for_their_first_call(desk: TestHub) -> None:
    run(desk.hub, ask(desk, "objection", OTHER_CALLER), "officer")
    assert desk.one(Person, phone_number=OTHER_CALLER)


def test_restricted_data_is_kept_and_not_used(desk: TestHub) -> None:
    request_id = ask(desk, "restriction")
    run(desk.hub, request_id, "officer")
    callers = {(desk.directory.companies["lakeside"].id, number) for number in (CALLER, OTHER_CALLER)}
    with desk.hub.store.reading() as session:
        _, held = known_callers(session, callers)
    assert {number for _, number in held} == {CALLER}
    desk.call_in(desk.visit().number)
    desk.deliver()
    assert len(desk.rows(Call, caller_number=CALLER)) == 2
    assert [each.state for each in desk.rows(Delivery, connector="network")].count("delivered") == 1
    assert "person.restricted" in {each.rule_id for each in desk.rows(ConsentDecision)}
    lift_restriction(desk.hub, request_id, "officer", "settled")
    desk.call_in(desk.visit().number)
    desk.deliver()
    assert [each.state for each in desk.rows(Delivery, connector="network")].count("delivered") == 2


def test_a_correction_reaches_the_crm_though_it_was_away(desk: TestHub) -> None:
    desk.cabinet.away = 1
    request_id = ask(desk, "correction", correction={"name": "Ada Example"})
    assert run(desk.hub, request_id, "officer").state == "waiting_plugin"
    assert desk.name_of(desk.one(Person, phone_number=CALLER, phone_learnt="carrier")) == "Ada Example"
    desk.clock.advance(minutes=5)
    work_tasks(desk.hub)
    assert (request_of(desk, request_id).state, desk.cabinet.cards[CALLER]["name"]) == ("done", "Ada Example")


def test_a_childs_data_goes_only_at_a_parents_word(desk: TestHub, neighbor: Call) -> None:
    request_id = ask(desk, "child")
    with pytest.raises(RequestRefused, match="parent"):
        run(desk.hub, request_id, "officer")
    with desk.hub.store.writing() as session:
        session.get_one(PrivacyRequest, request_id).evidence = "The mother came in with the birth certificate."
    done = run(desk.hub, request_id, "officer")
    assert (done.state, done.evidence, done.outcome["parent"][:7]) == ("done", None, "sha256:")


def test_what_went_to_third_parties_for_their_marketing_is_told_once_a_year(desk: TestHub) -> None:
    desk.clock.advance(days=366)
    first, second = ask(desk, "third_party_disclosure"), ask(desk, "third_party_disclosure")
    assert run(desk.hub, first, "officer").state == "done"
    assert [each["recipient"] for each in file_of(desk, first)["third parties"]] == [
        desk.network.manifest.recipient.name
    ]
    assert run(desk.hub, second, "officer").state == "refused"


def test_a_third_party_whose_connector_was_taken_away_since_is_told_too(desk: TestHub) -> None:
    with desk.hub.store.writing() as session:
        (row,) = [each for each in session.exec(select(Disclosure)) if each.use.startswith("marketing")]
        row.connector, row.recipient = "gone", "Former Network Inc."
    desk.clock.advance(days=366)
    request_id = ask(desk, "third_party_disclosure")
    run(desk.hub, request_id, "officer")
    assert [each["recipient"] for each in file_of(desk, request_id)["third parties"]] == ["Former Network Inc."]


def test_every_step_stands_in_the_audit_trail(desk: TestHub) -> None:
    request_id = ask(desk, "access")
    run(desk.hub, request_id, "officer")
    with desk.hub.store.reading() as session:
        steps = [step.action for step in steps_of(session, request_of(desk, request_id))]
    assert steps == ["received", "verified", "answered"]
    audited = [each.action for each in desk.rows(AuditEntry, subject=request_id)]
    assert audited == [f"privacy.request.{step}" for step in steps]


def test_a_deadline_is_prolonged_once_and_only_where_the_law_lets_us(desk: TestHub) -> None:
    german = ask(desk, "access", "+493012345678", declared=["DE"])
    with desk.hub.store.writing() as session:
        request = session.get_one(PrivacyRequest, german)
        extend(session, desk.hub, request, "officer", "many records", desk.clock())
        with pytest.raises(RequestRefused, match="once"):
            extend(session, desk.hub, request, "officer", "more", desk.clock())
    assert request.extended_to is not None and request.extended_to > request.due_at
    objection = ask(desk, "objection")
    with desk.hub.store.writing() as session, pytest.raises(RequestRefused, match="does not allow an extension"):
        extend(session, desk.hub, session.get_one(PrivacyRequest, objection), "officer", "busy", desk.clock())


def test_no_task_is_left_in_limbo_when_a_connector_is_taken_away(desk: TestHub, neighbor: Call) -> None:
    desk.cabinet.away = 1
    request_id = ask(desk, "erasure")
    run(desk.hub, request_id, "officer")
    with desk.hub.store.writing() as session:
        task = session.get_one(RequestTask, desk.one(RequestTask, request_id=request_id, connector="cabinet").id)
        task.connector = "gone"
    desk.clock.advance(minutes=5)
    work_tasks(desk.hub)
    assert request_of(desk, request_id).state == "done"


def test_even_the_text_with_the_code_of_somebody_unknown_is_erased(desk: TestHub, neighbor: Call) -> None:
    request_id = ask(desk, "erasure", OTHER_CALLER, proven=False)
    with desk.hub.store.writing() as session:
        request = session.get_one(PrivacyRequest, request_id)
        company = session.get_one(Company, request.company_id)
        assert send_code(session, desk.hub, desk.directory, request, company)
        verify(session, request, "officer", "officer", desk.clock())
    assert desk.rows(TextMessage, person_number=OTHER_CALLER)
    assert run(desk.hub, request_id, "officer").state == "done"
    assert desk.rows(TextMessage, person_number=OTHER_CALLER) == []


def test_an_open_request_is_reminded_of_once_at_half_four_fifths_and_the_end(desk: TestHub) -> None:
    request_id = ask(desk, "third_party_disclosure", "+14155550142", proven=False)
    told = []
    for days in (10, 6, 1, 9, 5, 1):
        desk.clock.advance(days=days)
        told += [share for _, share in remind(desk.hub)]
    assert told == [50, 80, 100]
    with desk.hub.store.reading() as session:
        assert [each.id for each in overdue(session, desk.clock())] == [request_id]


@pytest.mark.parametrize("hour", [3, 14])
def test_a_code_goes_at_any_hour_to_anybody_though_they_stopped_texts(hub: Callable[..., TestHub], hour: int) -> None:
    stage = hub(connectors={**CONNECTORS, "law": Jurisdictions, "signals": Signals})
    stage.clock.now = stage.clock().replace(hour=hour)
    stage.tell(
        MessageEvent(message_id="SM1", at=stage.clock(), tracking_number=SHARED, sender_number=CALLER, body="STOP")
    )
    stage.flow()
    stage.send_texts()
    request_id = ask(stage, "access", proven=False)
    with stage.hub.store.writing() as session:
        request = session.get_one(PrivacyRequest, request_id)
        company = session.get_one(Company, request.company_id)
        assert send_code(session, stage.hub, stage.directory, request, company)
    stage.send_texts()
    assert stage.one(TextMessage, purpose="identity_code").status == "sent"
