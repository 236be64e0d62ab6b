"""An alert arrives once, at whoever wants it and may see it, by a real mail server."""

from __future__ import annotations

from alert_stage import AlertStage
from testbed import CALLER, NORTH_SHARED

from hub.access.companies import limit_to_companies
from hub.access.scope import scope_of
from hub.access.users import change_role, disable
from hub.marks.leads import mark_lead
from hub.model import User


def test_a_missed_call_is_mailed_once_half_a_minute_after_it_ended(alerting: AlertStage) -> None:
    maria = alerting.user()
    alerting.wants(maria, "missed_call", "voicemail")
    call = alerting.stage.call_in(answered=False, seconds=40)
    alerting.run()
    assert alerting.mail.letters == []
    alerting.after(minutes=2)
    alerting.after(minutes=2)
    (letter,) = alerting.mail.letters
    assert letter["Subject"] == "Missed call of a first-time caller for Lakeside"
    assert letter["To"] == "maria@example.com"
    text = letter.get_body(("plain",)).get_content()
    assert f"https://calls.example.com/calls/{call.id}" in text
    assert CALLER not in letter.as_string() and "0142" not in letter.as_string()
    assert [row.state for row in alerting.deliveries(maria)] == ["sent"]


def test_a_call_that_was_answered_after_all_is_no_missed_call(alerting: AlertStage) -> None:
    maria = alerting.user()
    alerting.wants(maria, "missed_call")
    alerting.stage.call_in(answered=True)
    alerting.after(minutes=2)
    assert alerting.mail.letters == [] and alerting.alerts(maria) == []


def test_the_caller_is_named_only_if_the_user_chose_so(alerting: AlertStage) -> None:
    maria = alerting.user()
    alerting.wants(maria, "missed_call", names_caller=True)
    alerting.stage.call_in(answered=False, caller_name="Pat Smith")
    alerting.after(minutes=2)
    (letter,) = alerting.mail.letters
    assert "Pat Smith, +1 312 555 0142" in letter.get_body(("plain",)).get_content()


def test_one_call_makes_one_alert_though_it_is_of_three_kinds(alerting: AlertStage) -> None:
    maria = alerting.user()
    alerting.wants(maria, "missed_call", "first_time_caller", "voicemail")
    alerting.stage.call_in(answered=False)
    alerting.after(minutes=2)
    assert len(alerting.mail.letters) == 1 and [each.kind for each in alerting.alerts(maria)] == ["missed_call"]


def test_nobody_hears_of_calls_of_a_company_or_a_role_that_is_not_theirs(alerting: AlertStage) -> None:
    limited, agent, officer = (
        alerting.user("lena", "admin"),
        alerting.user("agnes", "agent", phone_numbers=["+13125550199"]),
        alerting.user("paul", "privacy_officer"),
    )
    for each in (limited, agent, officer):
        alerting.wants(each, "missed_call", company="northgate")
    with alerting.hub.store.writing() as session:
        limit_to_companies(session, session.get_one(User, limited.id), ["lakeside"])
    alerting.stage.call_in(NORTH_SHARED, answered=False)
    alerting.after(minutes=2)
    assert alerting.mail.letters == []


def test_who_is_removed_or_limited_before_it_is_sent_gets_nothing(alerting: AlertStage) -> None:
    gone, demoted = alerting.user("gone"), alerting.user("demoted")
    for each in (gone, demoted):
        alerting.wants(each, "missed_call", quiet=(0, 23 * 60 + 59))
    alerting.stage.call_in(answered=False)
    alerting.after(minutes=2)
    with alerting.hub.store.writing() as session:
        change_role(session, session.get_one(User, demoted.id), "auditor")
        disable(session, session.get_one(User, gone.id), alerting.stage.clock())
    alerting.after(hours=24)
    assert alerting.mail.letters == []
    (row,) = alerting.deliveries(demoted)
    assert (row.state, row.reason) == ("dropped", "The role no longer includes this channel.")


def test_a_lead_is_told_to_everybody_but_whoever_marked_it(alerting: AlertStage) -> None:
    maria, lena = alerting.user(), alerting.user("lena", "admin")
    for each in (maria, lena):
        alerting.wants(each, "lead")
    call = alerting.stage.call_in()
    for status in ("qualified", "booked"):
        with alerting.hub.store.writing() as session:
            scope = scope_of(session, session.get_one(User, maria.id), "marks")
            assert scope is not None
            mark_lead(session, scope, call.id, status, alerting.stage.clock())
        alerting.stage.flow()
        alerting.run()
    assert [letter["To"] for letter in alerting.mail.letters] == ["lena@example.com"]


def test_a_mail_server_that_refuses_is_tried_again_and_then_given_up(alerting: AlertStage) -> None:
    maria = alerting.user()
    alerting.wants(maria, "missed_call")
    alerting.mail.refusal = "451 later"
    alerting.stage.call_in(answered=False)
    alerting.after(minutes=2)
    assert [row.state for row in alerting.deliveries(maria)] == ["ready"]
    for _ in range(6):
        alerting.after(hours=2)
    (row,) = alerting.deliveries(maria)
    assert row.state == "failed" and "did not accept" in str(row.reason) and "example.com" not in str(row.reason)
