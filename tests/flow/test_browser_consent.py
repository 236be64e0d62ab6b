"""Hear: what the browsers of known people say stands in the ledger as evidence, and is never taken for their own word."""

from __future__ import annotations

from collections.abc import Callable

from testbed import TestHub

from hub.model import ConsentEntry

Factory = Callable[..., TestHub]


def test_signals_and_answers_of_a_callers_visit_are_recorded_once_with_where_they_were_said(hub: Factory) -> None:
    stage = hub()
    shown = stage.visit(
        gpc_later=True, consent={"ads": "granted", "ad_user_data": "denied", "tcf": "sha256:" + "a" * 64}
    )
    stage.call_in(shown.number)
    stage.call_in(shown.number)
    rows = stage.rows(ConsentEntry)
    assert {(row.channel, row.state, row.use, row.basis, row.evidence) for row in rows} == {
        ("gpc", "refused", "marketing.advertising", "opt_out", f"visit {shown.visit_id}"),
        ("tcf", "given", "marketing.advertising", "consent", "sha256:" + "a" * 64),
        ("tcf", "refused", "marketing.advertising.third_party.targeted", "opt_out", "sha256:" + "a" * 64),
    }
    assert {(row.scope, row.visit_id) for row in rows} == {("browser", shown.visit_id)}


def test_a_denial_that_a_visitor_repeats_after_a_yes_is_recorded_again(lite_hub: Factory) -> None:
    stage = lite_hub()
    shown = stage.visit()
    for choice in ("denied", "granted", "denied"):
        stage.clock.advance(minutes=1)
        stage.visit(visit_id=shown.visit_id, consent={"ads": choice})
        stage.call_in(shown.number)
    assert [row.state for row in stage.rows(ConsentEntry)] == ["refused", "given", "refused"]


def test_what_a_browser_says_is_asked_as_a_signal_and_not_as_the_persons_word(lite_hub: Factory) -> None:
    stage = lite_hub()
    shown = stage.visit(gpc_later=True)
    stage.call_in(shown.number)
    stage.deliver()
    asked = stage.law.questions[-1]
    assert [signal.kind for signal in asked.signals] == ["gpc"] and asked.records == ()
    assert len(stage.rows(ConsentEntry)) == 1


def test_a_pages_default_is_no_evidence_and_holds_back_until_the_visitor_chooses(lite_hub: Factory) -> None:
    stage = lite_hub()
    shown = stage.visit(consent={"default_ads": "denied", "default_ad_user_data": "denied"})
    stage.call_in(shown.number)
    stage.deliver()
    assert stage.rows(ConsentEntry) == []
    asked = {(each.use, each.state, each.evidence) for each in stage.law.questions[-1].records}
    assert asked == {
        (use, "refused", f"the page's default, visit {shown.visit_id}")
        for use in ("marketing.advertising", "marketing.advertising.third_party.targeted")
    }
    stage.visit(visit_id=shown.visit_id, consent={"ads": "granted", "default_ad_user_data": "denied"})
    stage.call_in(shown.number)
    stage.deliver()
    assert [(row.use, row.state) for row in stage.rows(ConsentEntry)] == [("marketing.advertising", "given")]
    said = {each.use: each.state for each in stage.law.questions[-1].records if each.channel == "web"}
    assert said == {"marketing.advertising": "given", "marketing.advertising.third_party.targeted": "refused"}


def test_a_default_of_a_visit_that_may_be_anybodys_holds_back_unless_its_visitor_chose(lite_hub: Factory) -> None:
    stage = lite_hub()
    for _ in range(3):
        stage.visit()
    stage.visit(consent={"default_ads": "denied", "ads": "granted"})
    stage.visit()
    stage.call_in("+13125550120")
    stage.deliver()
    assert {each.state for each in stage.law.questions[-1].records} <= {"given"}


def test_a_visit_that_may_be_somebody_elses_is_not_recorded_for_the_caller(lite_hub: Factory) -> None:
    stage = lite_hub()
    for _ in range(4):
        stage.visit()
    stage.visit(consent={"ads": "denied"})
    stage.visit(consent={"ads": "denied"})
    stage.call_in("+13125550120")
    assert stage.rows(ConsentEntry) == []
