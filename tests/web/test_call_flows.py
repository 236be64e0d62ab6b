"""Whole calls along a call flow over HTTP: what is heard, recorded, written down, and what happens where something fails."""

from __future__ import annotations

from datetime import timedelta
from xml.etree import ElementTree

import pytest
from sqlalchemy import text
from sqlmodel import select
from web_edge import BUSINESS, CALLER, HARBOUR, PUBLIC, WAV, YARD, Edge

from hub.api.sandbox import SimulatedCall
from hub.config.callflow.definition import Flow
from hub.model import Call, FactRow
from hub.queries.flows.shares import shares_of
from hub.spam.callers import add_rule
from hub.store.encryption.encrypted_fields import seal_facts

MENU = "For sales press 1, for the yard press 2."
NOTICE = "Harbour records this call."


def notices(edge: Edge) -> list[tuple[str, str]]:
    return [(row["choice"], row["text"]) for row in edge.rows("SELECT * FROM recording_notice ORDER BY id")]


def test_a_call_goes_along_its_flow_and_every_step_is_written_down(edge: Edge) -> None:
    call_id, heard = edge.place("1")
    assert [each.removeprefix(PUBLIC)[:7] for each in heard[:1]] == ["/audio/"]
    assert heard[1:] == [MENU, NOTICE]
    assert edge.steps(call_id) == [
        ("hello", "was said"),
        ("menu", "asks for a key"),
        ("menu", "key 1: sales"),
        ("sales", f"rings {BUSINESS}, recorded"),
    ]
    assert notices(edge) == [("announced", NOTICE)]
    edge.work()
    (call,) = edge.calls()
    assert (call["answered_by"], call["recording_id"] is not None) == (BUSINESS, True)
    assert edge.one("SELECT use FROM consent_decision WHERE id = (SELECT decision_id FROM recording_notice)") == (
        "telephony.recording"
    )


def test_a_caller_who_refuses_gets_a_line_that_is_not_recorded(edge: Edge) -> None:
    edge.lawyer.duties = frozenset({"announce", "offer_refusal"})
    _, heard = edge.place("1", "9")
    asked = f"{NOTICE} If you do not want this call to be recorded, press 9."
    assert heard[1:] == [MENU, asked]
    assert notices(edge) == [("offered", asked), ("refused", asked)]
    edge.work()
    assert edge.calls()[0]["recording_id"] is None
    _, heard = edge.place("1")
    assert notices(edge)[2:] == [("offered", asked), ("not_refused", asked)]
    edge.work()
    assert sum(call["recording_id"] is not None for call in edge.calls()) == 1


def test_where_recording_is_not_allowed_nothing_is_said_and_nothing_recorded(edge: Edge) -> None:
    edge.lawyer.verdict = "deny"
    _, heard = edge.place("1")
    assert heard[1:] == [MENU]
    edge.work()
    assert edge.calls()[0]["recording_id"] is None
    assert notices(edge) == []
    assert edge.one("SELECT verdict FROM consent_decision") == "deny", "why it was not recorded is known"


def test_the_question_names_every_place_of_the_caller_and_the_business(edge: Edge) -> None:
    edge.place("1", caller_number="+19025550142")
    question = edge.lawyer.questions[0]
    assert (question.use, question.categories) == ("telephony.recording", frozenset({"user.telephony.recording"}))
    assert {(place.country, place.region) for place in question.person_places} == {("CA", "NS"), ("CA", "PE")}
    assert [(place.country, place.basis) for place in question.business_places] == [("US", "business")]


def test_a_call_that_nobody_answers_is_tagged_and_leaves_a_message(edge: Edge) -> None:
    call_id, heard = edge.place("2", outcome="voicemail")
    assert heard[-1] == "Please leave a message for Harbour."
    assert [step for step, _ in edge.steps(call_id)] == [
        "hello", "menu", "menu", "yard", "yard", "missed", "mark", "night", "night",
    ]  # fmt: skip
    assert edge.one("SELECT text_back FROM call_step WHERE step = 'missed'") == "We will call you back."
    edge.work()
    assert edge.calls()[0]["voicemail"]


def test_a_known_caller_reaches_the_phone_that_answered_last_time(edge: Edge) -> None:
    for phone in (YARD, BUSINESS):
        edge.forget()
        rung = False
        while not rung:  # whichever phone the first calls ring, one of them is answered there
            edge.place("2", answering_number=phone)
            edge.work()
            rung = edge.one("SELECT count(*) FROM call WHERE answered_by = :phone", phone=phone) > 0
        for _ in range(3):
            edge.clock.advance(minutes=5)
            call_id, _ = edge.place("2", answering_number=phone)
            assert edge.steps(call_id)[-1] == ("yard", f"rings {phone}")
            edge.work()


def test_a_carrier_that_asks_twice_is_told_the_same_and_leaves_no_second_trace(edge: Edge) -> None:
    ringing, *_ = edge.call(tracking_number=HARBOUR)
    first, again = edge.send(ringing), edge.send(ringing)
    assert (first.status_code, first.text) == (200, again.text)
    assert edge.one("SELECT count(*) FROM call_step") == 2


def test_a_call_ends_on_the_version_of_its_flow_on_which_it_began(own_edge: Edge) -> None:
    edge = own_edge
    asked: list[str] = []

    def exchange(request):  # type: ignore[no-untyped-def]
        if request.path.startswith("digits"):
            asked.append(request.url)
            edge.change_flow(_changed)
        return edge.exchange(request)

    call = SimulatedCall(
        caller_number=CALLER, tracking_number=HARBOUR, answering_number=BUSINESS, started_at=edge.clock(), keys=("1",)
    )
    call_id = edge.twilio.place_call(call, f"{PUBLIC}/webhooks/twilio", exchange)
    assert asked, "the config was changed while the caller heard the menu"
    assert edge.steps(call_id)[-1] == ("sales", f"rings {BUSINESS}, recorded")
    later, _ = edge.place("1")
    assert ("yard", f"rings {YARD}") in edge.steps(later)
    versions = edge.rows("SELECT carrier_call_id, min(flow_version) AS low, max(flow_version) AS high FROM call_step "
                         "GROUP BY carrier_call_id")  # fmt: skip
    assert all(row["low"] == row["high"] for row in versions)
    assert len({row["low"] for row in versions}) == 2


def test_a_call_goes_by_the_list_that_its_caller_is_on_by_the_owner_of_the_contact_and_by_a_zip_code(
    own_edge: Edge,
) -> None:
    edge = own_edge
    who = {
        "do": "attribution_route",
        "cases": [{"caller_list": "vip", "then": "sales"}, {"owner": "Maria*", "then": "yard"}],
        "otherwise": "area",
    }
    area = {"do": "zip_route", "say": "Your ZIP code?", "zips": {"482": "sales"}, "otherwise": "night"}

    def change(flow: Flow) -> Flow:
        made = flow.model_dump(mode="json")
        return Flow.model_validate({**made, "start": "who", "steps": {**made["steps"], "who": who, "area": area}})

    edge.change_flow(change)
    first, heard = edge.place("48201")
    assert heard[0] == "Your ZIP code?"
    assert edge.steps(first)[:3] == [
        ("who", "no case matches: area"), ("area", "asks for a key"), ("area", "ZIP code 482..: sales"),
    ]  # fmt: skip
    edge.work()
    now = edge.clock()
    with edge.opened.hub.store.writing() as session:
        call = session.exec(select(Call)).one()
        fact = FactRow(
            subject_id=call.id, source="crm", name="owner", value="Maria Lopez", category="user.name", confidence=1.0,
            learned_at=now, expires_at=now + timedelta(days=30),
        )  # fmt: skip
        seal_facts(edge.opened.hub.vault, session, [(call, fact)])
        session.add(fact)
    edge.clock.advance(minutes=1)
    second, _ = edge.place()
    assert edge.steps(second)[0] == ("who", "case 2: yard")
    with edge.opened.hub.store.writing() as session:
        company = edge.opened.directory.latest.companies["harbour"]
        add_rule(session, company.account_id, company.id, "vip", "+1312*", now, "olivia")
        add_rule(session, company.account_id, None, "vip", "+14155550142", now, "olivia")
    third, _ = edge.place()
    assert edge.steps(third)[0] == ("who", "case 1: sales")
    other, _ = edge.place(caller_number="+13135550142")
    assert edge.steps(other)[0] == ("who", "no case matches: area")


def test_the_ways_of_a_split_are_compared_by_what_became_of_their_calls(own_edge: Edge) -> None:
    edge = own_edge

    def change(flow: Flow) -> Flow:
        made = flow.model_dump(mode="json")
        half = {"do": "split", "ways": {"short": "sales", "long": "yard"}}
        return Flow.model_validate({**made, "start": "half", "steps": {**made["steps"], "half": half}})

    edge.change_flow(change)
    went: dict[str, str] = {}
    for number in range(12):
        caller = f"+131255501{number:02}"
        call_id, _ = edge.place(caller_number=caller, outcome="voicemail" if number % 3 == 0 else "answered")
        went[caller] = edge.steps(call_id)[0][1]
        edge.work()
    again, _ = edge.place(caller_number="+13125550105")
    assert edge.steps(again)[0] == ("half", went["+13125550105"])
    edge.work()
    with edge.opened.hub.store.reading() as session:
        companies = [each.id for each in edge.opened.directory.latest.companies.values()]
        shares = {each.way: each for each in shares_of(session, companies, edge.clock())}
    counted = [(went[each["caller_number"]], bool(each["voicemail"])) for each in edge.calls() if not each["spam"]]
    assert shares.keys() == {"short", "long"} and len(counted) > 5
    for way, each in shares.items():
        mine = [message for result, message in counted if result.startswith(f"share {way}:")]
        assert (each.calls, each.messages, each.stayed, each.hung_up) == (
            len(mine),
            sum(mine),
            len(mine) - sum(mine),
            0,
        )


def _changed(flow: Flow) -> Flow:
    definition = flow.model_dump(mode="json")
    definition["steps"]["menu"]["keys"]["1"] = "yard"
    definition["steps"]["yard"]["unanswered"] = "sales"
    return Flow.model_validate(definition)


def test_where_the_notice_cannot_be_stored_the_call_is_connected_unrecorded(own_edge: Edge) -> None:
    edge = own_edge
    with edge.opened.hub.store.writing() as session:
        session.execute(text("ALTER TABLE recording_notice RENAME TO recording_notice_away"))
    call_id, heard = edge.place("1")
    assert heard[1:] == [MENU], "no notice is heard that is not stored"
    edge.until_drained()
    assert edge.steps(call_id)[2:] == [("menu", "key 1: sales"), ("sales", f"rings {BUSINESS}")]
    edge.work()
    (call,) = edge.calls()
    assert (call["answered_by"], call["recording_id"]) == (BUSINESS, None)


@pytest.mark.usefixtures("own_deadlines")
def test_a_consent_plugin_that_hangs_leaves_the_call_unrecorded_and_in_time(own_edge: Edge) -> None:
    own_edge.lawyer.may_answer.clear()
    # A machine that is busy for a second forwards at once, which is in time too: then another call shows it.
    heard = next(heard for _ in range(5) if (heard := own_edge.place("1")[1])[1:])
    assert heard[1:] == [MENU]
    own_edge.work()
    assert {(call["answered_by"], call["recording_id"]) for call in own_edge.calls()} == {(BUSINESS, None)}
    assert own_edge.one("SELECT DISTINCT rule_id FROM consent_decision") == "hub.no-answer"


def test_the_audio_files_of_flows_are_served_and_nothing_beside_them(edge: Edge) -> None:
    first, *_ = edge.call(tracking_number=HARBOUR)
    (play,) = ElementTree.fromstring(edge.send(first).content).findall("Play")
    served = edge.client.get((play.text or "").removeprefix(PUBLIC))
    assert (served.status_code, served.content, served.headers["content-type"]) == (200, WAV, "audio/wav")
    for other in ("config.yaml", "../config.yaml", "hello.wav", "ringfence.db"):
        assert edge.client.get(f"/audio/{other}").status_code == 404
