"""Stop, start and help: what a person's own word does, at once and for good."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from testbed import CALLER, OTHER_CALLER, SHARED, TestHub
from text_steps import accounts, outbound, queue, status_event, words_of, write_in

from hub.api import Receipt
from hub.model import ConsentEntry, Delivery, Person, Suppression, TextMessage
from hub.model.purposes import MARKETING, SERVICE
from hub.privacy_requests.run import run
from hub.privacy_requests.steps import open_request, verify

Factory = Callable[..., TestHub]


def test_a_stop_is_the_persons_word_and_cancels_what_is_queued_in_one_commit(hub: Factory) -> None:
    stage = hub()
    mine, another = queue(stage), queue(stage, to=OTHER_CALLER)
    message_id = write_in(stage, "STOP")
    stop = stage.one(TextMessage, carrier_message_id=message_id)
    words = stage.rows(ConsentEntry)
    assert {(word.state, word.use, word.channel, word.evidence) for word in words} == {
        ("withdrawn", SERVICE, "sms", stop.id),
        ("withdrawn", MARKETING, "sms", stop.id),
    }
    cancelled = stage.one(TextMessage, id=mine.id)
    assert (cancelled.status, cancelled.code) == ("refused", "stopped")
    assert stage.one(Delivery, subject_id=mine.id).state == "held"
    assert stage.one(TextMessage, id=another.id).status == "queued"
    stage.send_texts()
    assert [(text.recipient_number, text.body) for text in stage.carrier.texts] == [
        (OTHER_CALLER, "Your car is ready.\nReply STOP to stop texts."),
        (CALLER, "Lakeside: You will receive no more texts from us. Reply START to receive them again."),
    ]


def test_a_stop_is_confirmed_once_however_often_it_is_said(hub: Factory) -> None:
    stage = hub()
    for body in ("STOP", "stop!!", "I said stop"):
        write_in(stage, body)
        stage.send_texts()
    assert [row.purpose for row in outbound(stage)] == ["opt_out_confirmation"]


def test_a_confirmation_that_would_come_late_is_not_sent(hub: Factory) -> None:
    stage = hub()
    write_in(stage, "STOP")
    stage.clock.advance(minutes=6)
    assert stage.send_texts() == {"refused": 1}
    assert stage.carrier.texts == []


def test_nothing_goes_to_somebody_who_stopped_until_they_say_start(hub: Factory) -> None:
    stage = hub()
    write_in(stage, "STOP")
    stage.send_texts()
    queue(stage, "One.")
    assert stage.send_texts() == {"refused": 1}
    stage.clock.advance(minutes=1)
    write_in(stage, "START")
    assert stage.send_texts() == {"sent": 1}
    assert stage.carrier.texts[-1].body.startswith("Lakeside: You will receive our texts again.")
    assert stage.rows(Suppression) == []
    queue(stage, "Two.")
    assert stage.send_texts() == {"sent": 1}


def test_a_start_that_comes_late_does_not_take_back_a_stop_that_was_said_after_it(hub: Factory) -> None:
    stage = hub()
    began = stage.clock()
    write_in(stage, "STOP")
    stage.clock.advance(hours=2)
    write_in(stage, "Stop!")
    write_in(stage, "START", at=began + timedelta(hours=1))
    assert len(stage.rows(Suppression)) == 2
    assert [row.purpose for row in outbound(stage)] == ["opt_out_confirmation"]
    stage.clock.advance(minutes=1)
    write_in(stage, "START")
    assert stage.rows(Suppression) == []


def test_a_call_after_a_stop_does_not_take_it_back(hub: Factory) -> None:
    stage = hub()
    write_in(stage, "STOP")
    stage.clock.advance(days=1)
    stage.call_in()
    queue(stage)
    stage.send_texts()
    assert outbound(stage, purpose="reply")[0].status == "refused"


@pytest.mark.parametrize(("before", "uses"), [([], {SERVICE}), ([MARKETING], {SERVICE, MARKETING})])
def test_start_gives_back_no_more_than_was_given_before(hub: Factory, before: list[str], uses: set[str]) -> None:
    stage = hub()
    write_in(stage, "Hello")
    stage.flow()
    person = stage.one(Person)
    for use in before:
        stage.say(person, "given", use, "form")
    stage.clock.advance(hours=1)
    write_in(stage, "STOP")
    stage.clock.advance(hours=1)
    message_id = write_in(stage, "START")
    start = stage.one(TextMessage, carrier_message_id=message_id)
    assert {word.use for word in stage.rows(ConsentEntry, evidence=start.id)} == uses


@pytest.mark.parametrize("stopped", [False, True])
def test_start_lifts_no_objection_to_marketing(hub: Factory, stopped: bool) -> None:
    stage = hub()
    write_in(stage, "Hello")
    stage.flow()
    stage.say(stage.one(Person), "given", MARKETING, "form")
    stage.clock.advance(hours=1)
    with stage.hub.store.writing() as session:
        company = stage.directory.companies["lakeside"]
        made = open_request(session, stage.hub, company, "objection", actor="o", channel="letter", phone=CALLER)
        verify(session, made, "o", "officer", stage.clock())
    run(stage.hub, made.id, "o")
    for word in ("STOP", "START") if stopped else ("START",):
        stage.clock.advance(hours=1)
        write_in(stage, word)
    assert {row.use for row in stage.rows(Suppression)} == {MARKETING}
    later = [each for each in stage.rows(ConsentEntry, use=MARKETING, state="given") if each.channel == "sms"]
    assert later == []


def test_the_stop_outlives_the_person(hub: Factory) -> None:
    stage = hub()
    write_in(stage, "STOP")
    with stage.hub.store.writing() as session:
        company = stage.directory.companies["lakeside"]
        stage.hub.vault.destroy(session, company.id, CALLER, "")
        for table in (TextMessage, Delivery, Person):
            for row in session.exec(__import__("sqlmodel").select(table)).all():
                session.delete(row)
    kept = stage.rows(Suppression)
    assert len(kept) == 2 and all(CALLER not in str(vars(row)) for row in kept)
    queue(stage)
    assert stage.send_texts() == {"refused": 1}


def test_a_stop_to_one_company_says_nothing_to_another(hub: Factory) -> None:
    stage = hub()
    write_in(stage, "STOP", number="+13135550120")
    queue(stage)
    assert stage.send_texts()["sent"] == 2, "the confirmation of one, the text of the other"


def test_a_carrier_that_says_the_person_opted_out_is_believed(hub: Factory) -> None:
    stage = hub()
    queue(stage)
    queue(stage, "Another.")
    stage.carrier.text_script = [Receipt(key="", status="rejected", code="21610", reason="Blocked.", opted_out=True)]
    assert stage.send_texts() == {"refused": 2}
    assert len(stage.carrier.texts) == 1
    assert {word.channel for word in stage.rows(ConsentEntry)} == {"carrier"}
    assert outbound(stage, purpose="opt_out_confirmation") == [], "the carrier has told them already"


def test_a_later_word_of_the_carrier_that_the_person_opted_out_is_believed_once(hub: Factory) -> None:
    stage = hub()
    queue(stage)
    stage.send_texts()
    blocked = status_event(stage, "SM0001", "failed", code="21610", opted_out=True)
    stage.tell(blocked)
    assert outbound(stage)[0].status == "refused" and len(stage.rows(Suppression)) == 2
    stage.clock.advance(hours=1)
    write_in(stage, "START")
    stage.tell(blocked)
    assert stage.rows(Suppression) == [], "told twice it is one word, and the person has said start since"


@pytest.mark.parametrize(
    ("opt_word", "body", "stopped"), [("stop", "PLS", True), ("help", "STOP", True), ("help", "INFO", False)]
)
def test_a_carrier_that_keeps_its_own_list_answers_itself(
    hub: Factory, opt_word: Any, body: str, stopped: bool
) -> None:
    stage = hub()
    write_in(stage, body, opt_word=opt_word)
    assert bool(stage.rows(Suppression)) == stopped
    assert outbound(stage) == []


def test_help_names_the_company_and_how_to_reach_it_and_is_answered_once_an_hour(hub: Factory) -> None:
    stage = hub(accounts=accounts({"contact": "call +1 312 555 0190."}))
    write_in(stage, "HELP")
    write_in(stage, "help")
    assert stage.send_texts() == {"sent": 1}
    body = stage.carrier.texts[0].body
    assert body == "Lakeside: For help, call +1 312 555 0190. Reply STOP to stop texts."


def test_help_is_answered_after_a_stop_too(hub: Factory) -> None:
    stage = hub()
    write_in(stage, "STOP")
    write_in(stage, "HELP")
    assert stage.send_texts() == {"sent": 2}


def test_the_confirmation_speaks_the_language_of_the_word(hub: Factory) -> None:
    stage = hub()
    write_in(stage, "ARRÊT")
    stage.send_texts()
    assert stage.carrier.texts[0].body.startswith("Lakeside : vous ne recevrez plus")


def test_a_stop_in_wording_of_ones_own_counts_and_other_words_do_not(hub: Factory) -> None:
    stage = hub()
    write_in(stage, "Can you stop by at 5?")
    assert stage.rows(Suppression) == []
    write_in(stage, "please dont text me anymore")
    assert len(stage.rows(Suppression)) == 2
    assert [row.meaning for row in stage.rows(TextMessage, direction="in")] == ["other", "stop"]


def test_a_stop_on_a_number_of_nobodys_is_kept_and_changes_nothing(hub: Factory) -> None:
    stage = hub()
    write_in(stage, "STOP", number="+13125550199")
    assert stage.one(TextMessage).company_id is None and stage.rows(Suppression) == []


def test_the_same_text_again_does_nothing_again(hub: Factory) -> None:
    stage = hub()
    message_id = write_in(stage, "STOP")
    text = stage.one(TextMessage, carrier_message_id=message_id)
    again = [status_event for status_event in [text] if stage.tell(_same(stage, message_id)) == 0]
    assert again and words_of(stage, text) == "STOP"
    assert len(stage.rows(ConsentEntry)) == 2 and len(outbound(stage)) == 1


def _same(stage: TestHub, message_id: str) -> Any:
    from hub.api.carriers import MessageEvent

    return MessageEvent(
        message_id=message_id, at=stage.clock(), tracking_number=SHARED, sender_number=CALLER, body="STOP"
    )


def test_a_card_number_in_a_text_is_not_kept_and_the_stop_beside_it_counts(lite_hub: Factory) -> None:
    stage = lite_hub()
    written = ("Card 4111 1111 1111 1111, order 4111111111111112.", "STOP 4111111111111111")
    first, second = (stage.one(TextMessage, carrier_message_id=write_in(stage, each)) for each in written)
    assert words_of(stage, first) == "Card [card number removed], order 4111111111111112."
    assert (words_of(stage, second), second.meaning) == ("STOP [card number removed]", "stop")
