"""Texts that may ask for a stop: asked about once, listed until somebody decides, and no marketing meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from testbed import CALLER, OTHER_CALLER, TestHub
from text_steps import accounts, outbound, queue, words_of, write_in

from hub.model import AuditEntry, ConsentEntry, DoubtfulRefusal, Person, Suppression, TextMessage
from hub.model.purposes import CALL_BACK, MARKETING
from hub.model.states import Doubt
from hub.privacy.suppression_list import add_suppressions
from hub.texts.doubts import NotDoubtful, doubt_about, keep, lapse, open_doubts

Factory = Callable[..., TestHub]
ENOUGH = "enough already"


def doubt_of(stage: TestHub, message_id: str) -> str | None:
    found = stage.rows(DoubtfulRefusal, id=stage.one(TextMessage, carrier_message_id=message_id).id)
    return found[0].state if found else None


def listed(stage: TestHub) -> list[str | None]:
    with stage.hub.store.reading() as session:
        return [session.get_one(TextMessage, each.subject_id).carrier_message_id for each in open_doubts(session)]


def say_yes_to_marketing(stage: TestHub) -> None:
    write_in(stage, "Hello")
    stage.flow()
    stage.say(stage.one(Person, phone_number=CALLER), "given", MARKETING, "form")
    stage.clock.advance(minutes=1)


def decide(stage: TestHub, message_id: str) -> None:
    with stage.hub.store.writing() as session:
        text = stage.one(TextMessage, carrier_message_id=message_id)
        keep(session, doubt_about(session, text.id), "officer", stage.clock())


def test_a_doubtful_text_is_listed_and_asked_about_once(hub: Factory) -> None:
    stage = hub()
    first, second = write_in(stage, ENOUGH), write_in(stage, "who gave you this number")
    assert stage.send_texts() == {"sent": 1}
    assert [text.body for text in stage.carrier.texts] == [
        "Lakeside: Did you want us to stop texting you? Reply STOP to stop our texts or START to keep receiving them."
    ]
    assert listed(stage) == [first, second]
    assert stage.rows(Suppression) == [] and stage.rows(ConsentEntry) == []


def test_nobody_is_asked_about_texts_because_of_a_doubt_about_calls(hub: Factory) -> None:
    stage = hub()
    calls = write_in(stage, "why do you keep calling me")
    assert listed(stage) == [calls] and stage.one(DoubtfulRefusal).refused == "calls"
    assert outbound(stage) == []
    texts = write_in(stage, "why do you keep texting me")
    assert listed(stage) == [calls, texts]
    assert [row.purpose for row in outbound(stage)] == ["stop_question"]


def test_a_doubtful_text_and_its_question_outlast_a_restart(hub: Factory) -> None:
    before = hub()
    first = write_in(before, ENOUGH)
    after = hub()
    write_in(after, "who gave you this number")
    assert len(outbound(after)) == 1 and listed(after)[0] == first


def test_the_question_is_asked_in_the_language_of_the_text(hub: Factory) -> None:
    stage = hub()
    write_in(stage, "de donde sacaron mi numero")
    assert str(words_of(stage, outbound(stage)[0])).startswith("Lakeside: ¿Quiere que dejemos de enviarle mensajes?")


def test_no_automatic_answer_goes_to_a_doubtful_text(hub: Factory) -> None:
    stage = hub(accounts=accounts({"auto_reply": "We are open from 8 to 5."}))
    write_in(stage, ENOUGH)
    assert [row.purpose for row in outbound(stage)] == ["stop_question"]


def test_no_marketing_goes_out_until_a_person_decides(hub: Factory) -> None:
    stage = hub()
    say_yes_to_marketing(stage)
    message_id = write_in(stage, ENOUGH)
    advertisement, answer = queue(stage, "Drains for 99 USD.", purpose="marketing"), queue(stage)
    stage.send_texts()
    held = stage.one(TextMessage, id=advertisement.id)
    assert (held.status, held.code) == ("refused", "doubtful")
    assert stage.one(TextMessage, id=answer.id).status == "sent"
    decide(stage, message_id)
    assert listed(stage) == [] and doubt_of(stage, message_id) == Doubt.NOT_STOP
    later = queue(stage, "Drains for 99 USD.", purpose="marketing")
    stage.send_texts()
    assert stage.one(TextMessage, id=later.id).status == "sent"


def test_a_decision_stands_in_the_audit_and_is_made_once(hub: Factory) -> None:
    stage = hub()
    message_id = write_in(stage, ENOUGH)
    decide(stage, message_id)
    text = stage.one(TextMessage, carrier_message_id=message_id)
    assert [(row.actor, row.subject) for row in stage.rows(AuditEntry, action="texts.keep")] == [("officer", text.id)]
    with pytest.raises(NotDoubtful):
        decide(stage, message_id)


def test_the_next_doubtful_text_after_a_decision_is_asked_about_again(hub: Factory) -> None:
    stage = hub()
    decide(stage, write_in(stage, ENOUGH))
    stage.clock.advance(days=1)
    write_in(stage, ENOUGH)
    assert [row.purpose for row in outbound(stage)] == ["stop_question"] * 2


@pytest.mark.one_on_postgresql
@pytest.mark.parametrize(("answer", "verdict"), [("STOP", Doubt.STOP), ("START", Doubt.NOT_STOP), ("Yes", Doubt.STOP)])
def test_the_texters_own_answer_decides(hub: Factory, answer: str, verdict: Doubt) -> None:
    stage = hub()
    message_id = write_in(stage, ENOUGH)
    stage.send_texts()
    stage.clock.advance(minutes=1)
    write_in(stage, answer)
    assert doubt_of(stage, message_id) == verdict and listed(stage) == []
    assert bool(stage.rows(Suppression)) == (verdict is Doubt.STOP)


def test_a_carrier_that_takes_yes_for_a_start_does_not_undo_the_answer(hub: Factory) -> None:
    stage = hub()
    write_in(stage, ENOUGH)
    stage.send_texts()
    write_in(stage, "YES", opt_word="start")
    assert len(stage.rows(Suppression)) == 2


def test_a_yes_to_something_that_was_written_since_is_no_stop(hub: Factory) -> None:
    stage = hub()
    write_in(stage, ENOUGH)
    stage.send_texts()
    stage.clock.advance(minutes=1)
    queue(stage, "Shall we come at 5?")
    stage.send_texts()
    message_id = write_in(stage, "Yes")
    assert stage.rows(Suppression) == []
    assert stage.one(TextMessage, carrier_message_id=message_id).meaning == "other"
    assert len(listed(stage)) == 1


def test_a_question_that_the_texter_has_answered_before_it_left_is_not_asked(hub: Factory) -> None:
    stage = hub()
    write_in(stage, ENOUGH)
    write_in(stage, "STOP")
    stage.send_texts()
    assert {row.purpose: row.status for row in outbound(stage)} == {
        "stop_question": "refused",
        "opt_out_confirmation": "sent",
    }


def test_who_has_stopped_texts_is_neither_asked_nor_listed(hub: Factory) -> None:
    stage = hub()
    write_in(stage, "STOP")
    stage.send_texts()
    write_in(stage, ENOUGH)
    assert listed(stage) == [] and outbound(stage, purpose="stop_question") == []


def test_who_has_objected_to_marketing_is_listed_and_not_asked(hub: Factory) -> None:
    stage = hub()
    company = stage.directory.companies["lakeside"]
    with stage.hub.store.writing() as session:
        add_suppressions(
            session,
            stage.hub.vault.fingerprint(session, company.id, CALLER),
            (MARKETING,),
            stage.clock(),
            stage.clock(),
        )
    message_id = write_in(stage, ENOUGH)
    assert listed(stage) == [message_id] and outbound(stage) == []


def test_a_question_that_would_come_late_is_not_sent_and_the_text_stays_listed(hub: Factory) -> None:
    stage = hub()
    message_id = write_in(stage, ENOUGH)
    late = write_in(stage, ENOUGH, OTHER_CALLER, at=stage.clock() - timedelta(hours=1))
    stage.clock.advance(minutes=6)
    assert stage.send_texts() == {"refused": 1}
    assert sorted(map(str, listed(stage))) == sorted([message_id, late])


@pytest.mark.parametrize(("purpose", "count"), [("marketing", 1), ("reply", 0)])
def test_a_bare_refusal_is_doubtful_after_a_marketing_text_alone(hub: Factory, purpose: Any, count: int) -> None:
    stage = hub()
    say_yes_to_marketing(stage)
    queue(stage, "Drains for 99 USD. STOP to stop.", purpose=purpose)
    assert stage.send_texts() == {"sent": 1}
    write_in(stage, "No thank you")
    assert len(listed(stage)) == count


def test_what_nobody_decides_in_ten_business_days_counts_as_a_no_to_marketing(hub: Factory) -> None:
    stage = hub()
    say_yes_to_marketing(stage)
    message_id = write_in(stage, ENOUGH)
    stage.clock.advance(days=13)
    assert lapse(stage.hub, stage.clock()) == 0
    stage.clock.advance(days=2)
    assert lapse(stage.hub, stage.clock()) == 1 and doubt_of(stage, message_id) == Doubt.LAPSED
    assert {row.use for row in stage.rows(Suppression)} == {MARKETING}
    advertisement, answer = queue(stage, "Drains for 99 USD.", purpose="marketing"), queue(stage)
    stage.send_texts()
    assert stage.one(TextMessage, id=advertisement.id).code == "stopped"
    assert stage.one(TextMessage, id=answer.id).status != "refused"


def test_a_doubtful_refusal_of_calls_that_nobody_decides_ends_calls_back_and_no_texts(hub: Factory) -> None:
    stage = hub()
    say_yes_to_marketing(stage)
    message_id = write_in(stage, "why do you keep calling")
    assert stage.one(DoubtfulRefusal).refused == "calls"
    stage.clock.advance(days=15)
    assert lapse(stage.hub, stage.clock()) == 1 and doubt_of(stage, message_id) == Doubt.LAPSED
    assert {row.use for row in stage.rows(Suppression)} == {CALL_BACK}
    advertisement = queue(stage, "Drains for 99 USD.", purpose="marketing")
    stage.send_texts()
    assert stage.one(TextMessage, id=advertisement.id).code not in ("stopped", "doubtful")


def test_a_yes_to_marketing_that_was_said_after_the_doubtful_text_stands(hub: Factory) -> None:
    stage = hub()
    say_yes_to_marketing(stage)
    message_id = write_in(stage, ENOUGH)
    stage.clock.advance(days=1)
    stage.say(stage.one(Person), "given", MARKETING, "form")
    stage.clock.advance(days=15)
    lapse(stage.hub, stage.clock())
    assert doubt_of(stage, message_id) == Doubt.NOT_STOP and stage.rows(Suppression) == []


def test_a_doubtful_text_of_one_person_holds_up_nobody_else(hub: Factory) -> None:
    stage = hub()
    write_in(stage, ENOUGH, OTHER_CALLER)
    say_yes_to_marketing(stage)
    queue(stage, "Drains for 99 USD.", CALLER, purpose="marketing")
    stage.send_texts()
    assert outbound(stage, purpose="marketing")[0].status == "sent"
