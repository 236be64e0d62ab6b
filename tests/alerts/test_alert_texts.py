"""Alerts as texts: from the company's own number to a confirmed one, and never after its STOP."""

from __future__ import annotations

from alert_stage import AlertStage
from testbed import SHARED

from hub.api.carriers import MessageEvent
from hub.model import Alert, AlertDelivery, AlertPhone, TextMessage, User
from hub.model.columns import new_id
from hub.queries.texts.paging import threads_page
from hub.texts.bodies import open_body

PHONE = "+13125550188"


def confirmed(alerting: AlertStage) -> User:
    maria = alerting.user()
    alerting.wants(maria, "missed_call", channels=["text"])
    now = alerting.stage.clock()
    alerting.stage.add(
        AlertPhone(user_id=maria.id, account_id=maria.account_id, number=PHONE, codes_since=now, verified_at=now)
    )
    return maria


def missed(alerting: AlertStage) -> None:
    alerting.stage.call_in(caller=f"+131255501{len(alerting.stage.rows(TextMessage)) + 40}", answered=False)
    alerting.after(minutes=2)
    alerting.stage.send_texts()


def test_an_alert_is_texted_to_the_confirmed_number_and_is_no_thread(alerting: AlertStage) -> None:
    maria = confirmed(alerting)
    missed(alerting)
    text = alerting.stage.one(TextMessage, purpose="staff_alert")
    with alerting.hub.store.reading() as session:
        body = open_body(alerting.hub.vault, session, text) or ""
        assert threads_page(session, [alerting.company().id]).items == []
    assert (text.person_number, text.tracking_number, text.status) == (PHONE, SHARED, "sent")
    assert body.startswith("Missed call of a first-time caller for Lakeside.") and "Reply STOP" in body
    assert "/calls/" in body and "5550140" not in body
    assert [row.state for row in alerting.deliveries(maria)] == ["sent"]


def test_a_stop_ends_the_texts_and_a_start_brings_them_back(alerting: AlertStage) -> None:
    maria = confirmed(alerting)
    for number, (word, sent) in enumerate((("STOP", 0), ("START", 1))):
        event = MessageEvent(
            message_id=f"SM{number}", tracking_number=SHARED, sender_number=PHONE, body=word, at=alerting.stage.clock()
        )
        alerting.stage.tell(event)
        alerting.stage.flow()
        alerting.stage.clock.advance(minutes=10)
        missed(alerting)
        assert len(alerting.stage.rows(TextMessage, purpose="staff_alert", status="sent")) == sent
    first, second = alerting.deliveries(maria)
    assert first.state == "failed" and "START" in str(first.reason) and second.state == "sent"


def test_a_number_that_is_not_confirmed_gets_nothing(alerting: AlertStage) -> None:
    maria = confirmed(alerting)
    with alerting.hub.store.writing() as session:
        row = session.get_one(AlertPhone, maria.id)
        row.verified_at = None
        session.add(row)
    missed(alerting)
    assert alerting.stage.rows(TextMessage, purpose="staff_alert") == []


def test_nobody_gets_more_than_forty_texts_a_day(alerting: AlertStage) -> None:
    maria = confirmed(alerting)
    missed(alerting)
    (sent,) = alerting.deliveries(maria)
    (alert,) = alerting.alerts(maria)
    for number in range(39):
        earlier = {**alert.model_dump(), "id": new_id(), "dedup_key": f"earlier/{number}"}
        alerting.stage.add(Alert(**earlier))
        alerting.stage.add(AlertDelivery(**{**sent.model_dump(), "id": new_id(), "alert_id": earlier["id"]}))
    missed(alerting)
    (dropped,) = alerting.stage.rows(AlertDelivery, user_id=maria.id, state="dropped")
    assert "limit of this channel for one day" in str(dropped.reason)
    alerting.stage.clock.advance(days=1)
    missed(alerting)
    assert len(alerting.stage.rows(TextMessage, purpose="staff_alert")) == 2
