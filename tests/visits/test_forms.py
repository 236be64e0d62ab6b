"""A form meets its person and its visit, becomes conversions by rules, and is delivered like a call."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from kept_forms import keep_form
from testbed import CALLER, EVERY_CALL, OTHER_CALLER, SHARED, TestHub

from hub.api.privacy import ConsentQuestion, Opinion
from hub.flow.case_loading import load_cases
from hub.flow.clicks import newest_clicks
from hub.model import (
    Attribution,
    Call,
    ConsentDecision,
    ConsentEntry,
    ConversionRow,
    Delivery,
    Disclosure,
    FactRow,
    FormSubmission,
    PageView,
    Person,
)
from hub.visits.cookies import heard
from hub.visits.forms import SentForm

Factory = Callable[..., TestHub]
PAGE = "https://lakeside.example.com/"
CLICK = f"{PAGE}?gclid=Cj0KCQjw123456789"
BROWSER = "browser-1"
CONTACT_FORM = {
    "name": "contact form",
    "when": {"event": "form", "form": "contact"},
    "value": "15 USD",
    "send_to": {"network": {"action": 9}},
}


def send(stage: TestHub, key: str = "submission-1", company: str = "lakeside", **more: Any) -> FormSubmission:
    """A form, kept and taken through the flow."""
    said = {"fields": {"phone": "(312) 555-0142"}, "form_id": "contact"} | more
    keep_form(stage.hub, stage.directory.companies[company], SentForm(key=key, **said))
    stage.flow()
    return stage.one(FormSubmission, submission_key=f"{stage.directory.companies[company].id}:{key}")


def attributed(stage: TestHub, subject: FormSubmission | Call) -> Attribution:
    return stage.one(Attribution, subject_id=subject.id)


# The way of a form


def test_a_form_becomes_a_conversion_of_its_visit_and_is_delivered(hub: Factory) -> None:
    stage = hub(conversions=[CONTACT_FORM])
    shown = stage.visit(landing_page=CLICK)
    form = send(stage, visit_id=shown.visit_id, email="Pat@Example.com", name="Pat Doe")
    found = attributed(stage, form)
    assert (found.rule, found.confidence, found.visit_id) == ("form.visit", 1.0, shown.visit_id)
    assert (found.source, found.medium) == ("google", "cpc")
    person = stage.one(Person)
    assert (person.phone_number, person.email, stage.name_of(form)) == (CALLER, "pat@example.com", "Pat Doe")
    assert (person.phone_learnt, person.email_learnt) == ("typed", "typed")
    assert (form.state, form.person_id, form.first_time_contact) == ("done", person.id, True)
    assert stage.visit_of(shown).person_id == person.id
    conversion = stage.one(ConversionRow)
    assert (conversion.rule, conversion.subject_id, conversion.occurred_at) == (
        "contact form",
        form.id,
        form.submitted_at,
    )
    assert {row.subject_id for row in stage.rows(FactRow)} == {form.id}
    stage.deliver()
    assert stage.one(Delivery).state == "delivered"
    assert stage.one(Disclosure, connector="network").subject_id == form.id
    (sent,) = stage.network.uploaded
    assert (sent.call_started_at, dict(sent.click_ids)) == (None, {"gclid": "Cj0KCQjw123456789"})


def test_the_same_submission_twice_is_one(lite_hub: Factory) -> None:
    stage = lite_hub(conversions=[CONTACT_FORM])
    first, again = send(stage), send(stage, fields={"phone": "other"})
    assert first == again and len(stage.rows(ConversionRow)) == 1
    send(stage, company="northgate")
    assert len(stage.rows(FormSubmission)) == 2, "a key counts within its company"


@pytest.mark.parametrize(("form_id", "made"), [("contact", 1), ("newsletter", 0), (None, 0)])
def test_a_rule_may_want_one_form_alone(lite_hub: Factory, form_id: str | None, made: int) -> None:
    stage = lite_hub(conversions=[CONTACT_FORM, EVERY_CALL])
    send(stage, form_id=form_id)
    assert len(stage.rows(ConversionRow)) == made


def test_a_form_is_not_logged_into_a_crm_as_a_call(lite_hub: Factory) -> None:
    stage = lite_hub(conversions=[])
    send(stage)
    assert stage.rows(Delivery) == []


def test_a_form_without_a_visit_takes_no_visit_of_whoever_has_the_number_typed_there(lite_hub: Factory) -> None:
    stage = lite_hub(conversions=[])
    shown = stage.visit(landing_page=CLICK)
    stage.call_in(shown.number)
    stage.clock.advance(days=3)
    found = attributed(stage, send(stage, "later-1"))
    assert (found.rule, found.confidence, found.visit_id) == ("form.unknown", 0.1, None)


def test_a_visit_of_another_company_or_without_permission_is_left_out(lite_hub: Factory) -> None:
    stage = lite_hub(conversions=[])
    shown = stage.visit("northgate")
    assert send(stage, "other-company", visit_id=shown.visit_id).visit_id is None
    mine = stage.visit()
    denied = send(stage, "denied-here", visit_id=mine.visit_id, consent={"analytics": "denied"})
    assert denied.visit_id is None and stage.visit_of(mine).person_id is None
    assert send(stage, "nobody-knows", visit_id="nobody").visit_id is None


# Whom it meets


def test_what_is_typed_into_a_form_changes_nobody_who_is_known(hub: Factory) -> None:
    stage = hub(conversions=[])
    stage.call_in(SHARED, CALLER)
    (caller,) = stage.rows(Person)
    stage.clock.advance(minutes=1)
    form = send(stage, "by-number", email="pat@example.com", name="Pat Doe")
    assert (form.person_id == caller.id, form.first_time_contact) == (False, False)
    known = stage.one(Person, id=caller.id)
    assert (known.phone_learnt, known.email, stage.name_of(known)) == ("carrier", None, None)
    by_email = send(stage, "by-email", fields={}, email=" PAT@example.com")
    assert (by_email.person_id == form.person_id, by_email.first_time_contact) == (False, False)
    again = send(stage, "both-again", email="pat@example.com")
    assert again.person_id == form.person_id, "who types the same twice is taken for the same"
    assert stage.call_in(SHARED, CALLER).person_id == caller.id
    assert send(stage, "other-company", "northgate", email="pat@example.com").person_id != form.person_id


def test_whoever_calls_from_a_typed_number_is_somebody_new(lite_hub: Factory) -> None:
    stage = lite_hub(conversions=[])
    form = send(stage, "with-number", fields={"email": "kim@example.com", "tel": CALLER})
    call = stage.call_in(SHARED, CALLER)
    assert call.person_id != form.person_id
    assert stage.one(Person, id=call.person_id).email is None


def test_forms_of_one_new_person_in_one_batch_are_of_one_person(hub: Factory) -> None:
    stage = hub(conversions=[])
    for key, fields in (("first-one", {"email": "kim@example.com"}), ("second-one", {"e-mail": "Kim@example.com"})):
        keep_form(stage.hub, stage.directory.companies["lakeside"], SentForm(key=key, fields=fields))
    stage.flow()
    assert len({form.person_id for form in stage.rows(FormSubmission)}) == len(stage.rows(Person)) == 1
    assert sorted(form.first_time_contact or False for form in stage.rows(FormSubmission)) == [False, True]


def test_a_form_that_names_nobody_is_kept_and_attributed(lite_hub: Factory) -> None:
    stage = lite_hub(conversions=[CONTACT_FORM])
    form = send(stage, fields={"message": "hello"}, visit_id=stage.visit().visit_id)
    assert (form.person_id, form.first_time_contact, stage.rows(Person)) == (None, None, [])
    assert len(stage.rows(ConversionRow)) == 1


# Consent


def test_a_refusal_on_a_form_binds_the_form_and_the_caller_only_where_the_call_came_from_its_visit(
    lite_hub: Factory,
) -> None:
    stage = lite_hub(conversions=[CONTACT_FORM, EVERY_CALL])
    asked = stage.law.questions

    def judge(question: ConsentQuestion) -> Opinion:
        word = question.latest_record()
        refused = word is not None and word.state != "given"
        return Opinion(verdict="deny" if refused else "allow", rule_id="paper.word", reason="the person's word")

    stage.law.rule = judge
    form = send(stage, consent={"ads": "denied", "ad_user_data": "denied"}, gpc=True)
    assert {(each.kind, each.evidence) for each in asked[-1].signals} == {("gpc", f"form {form.id}")}
    assert {(each.channel, each.state) for each in asked[-1].records} == {("form", "refused")}
    assert stage.one(Delivery, subject_id=form.id).state == "held"
    stage.call_in(SHARED, CALLER)
    assert (stage.rows(ConsentEntry), asked[-1].records) == ([], ()), "anybody can type a number"

    shown = stage.visit()
    send(stage, "from-a-visit", visit_id=shown.visit_id, consent={"ads": "denied"})
    stage.call_in(shown.number, CALLER)
    assert {each.state for each in asked[-1].records} == {"refused"}, "the form said it for its visit"
    stage.call_in(SHARED, CALLER)
    words = [word for word in stage.rows(ConsentEntry) if word.scope == "person"]
    assert {(word.channel, word.state, word.use) for word in words} == {("form", "refused", "marketing.advertising")}
    assert any(record.evidence in {word.id for word in words} for record in asked[-1].records)


def test_a_refusal_on_a_form_is_the_callers_also_where_the_call_came_first(lite_hub: Factory) -> None:
    stage = lite_hub(conversions=[CONTACT_FORM])
    shown = stage.visit()
    call = stage.call_in(shown.number, CALLER)
    send(stage, "after-the-call", visit_id=shown.visit_id, consent={"ads": "denied"})
    assert stage.one(ConsentEntry, scope="person").person_id == call.person_id


def test_what_a_known_person_refused_binds_every_form_that_names_them(lite_hub: Factory) -> None:
    stage = lite_hub(conversions=[CONTACT_FORM])
    stage.call_in(SHARED, CALLER)
    stage.say(stage.one(Person), "refused", "marketing", "phone")
    stage.say(stage.one(Person), "given", "essential", "phone")
    send(stage, consent={"ads": "granted"})
    said = [(each.state, each.channel) for each in stage.law.questions[-1].records]
    assert said == [("refused", "phone")], "neither a yes of theirs nor a typed one is the other's"


def test_a_yes_on_a_form_speaks_for_that_form_alone(lite_hub: Factory) -> None:
    stage = lite_hub(conversions=[CONTACT_FORM])
    send(stage, consent={"ads": "granted"})
    assert stage.rows(ConsentEntry) == []
    assert stage.rows(ConsentDecision)


def test_what_is_said_on_a_form_counts_for_its_visit_from_then_on(lite_hub: Factory) -> None:
    stage = lite_hub(conversions=[])
    shown = stage.visit(consent={"ads": "granted"})
    send(stage, visit_id=shown.visit_id, consent={"ads": "denied"}, gpc=True)
    visit = stage.visit_of(shown)
    assert (visit.consent["ads"], visit.gpc) == ("denied", True)


# Visits that become a person's


def test_a_sure_attribution_makes_the_browsers_earlier_visits_the_persons(hub: Factory) -> None:
    stage = hub(conversions=[])
    first = stage.visit(landing_page=PAGE, visitor_id=BROWSER)
    stage.clock.advance(days=2)
    foreign = stage.visit(landing_page=PAGE, visitor_id="another")
    north = stage.visit("northgate", visitor_id=BROWSER)
    second = stage.visit(landing_page=CLICK, visitor_id=BROWSER)
    call = stage.call_in(second.number)
    stage.clock.advance(hours=1)
    later = stage.visit(landing_page=PAGE, visitor_id=BROWSER)
    owners = {each: stage.visit_of(each).person_id for each in (first, second, foreign, north, later)}
    assert [owners[each] for each in (first, second)] == [call.person_id] * 2
    assert [owners[each] for each in (foreign, north, later)] == [None] * 3


def test_a_visit_that_is_somebodys_stays_theirs(lite_hub: Factory) -> None:
    stage = lite_hub(conversions=[])
    shown = stage.visit(visitor_id=BROWSER)
    mine = stage.call_in(shown.number, CALLER).person_id
    stage.clock.advance(minutes=5)
    other = send(stage, visit_id=shown.visit_id, fields={"phone": OTHER_CALLER})
    assert stage.visit_of(shown).person_id == mine != other.person_id


def test_an_unsure_attribution_makes_no_visit_the_persons(lite_hub: Factory) -> None:
    stage = lite_hub(conversions=[])
    shown = stage.visit()
    stage.clock.advance(days=6)
    call = stage.call_in(shown.number)
    found = attributed(stage, call)
    assert found.rule == "lease.cooling" and found.confidence < 0.5
    assert stage.visit_of(shown).person_id is None


def test_who_dials_a_remembered_number_is_found_by_the_visits_of_their_calls_and_not_of_forms(
    lite_hub: Factory,
) -> None:
    stage = lite_hub(conversions=[])
    typed = stage.visit(landing_page=CLICK)
    send(stage, visit_id=typed.visit_id)
    stage.clock.advance(days=20)
    assert attributed(stage, stage.call_in(SHARED, CALLER)).rule == "tracker.unknown"
    called = stage.visit(landing_page=CLICK)
    stage.call_in(called.number, CALLER)
    stage.clock.advance(days=20)
    found = attributed(stage, stage.call_in(SHARED, CALLER))
    assert (found.rule, found.visit_id, found.source) == ("person.earlier", called.visit_id, "google")


# Clicks


def test_of_each_networks_clicks_the_newest_of_all_the_persons_visits_goes(lite_hub: Factory) -> None:
    stage = lite_hub()
    stage.visit(landing_page=f"{PAGE}?msclkid=old-click-1&fbclid=facebook-1", visitor_id=BROWSER)
    stage.clock.advance(days=1)
    stage.visit(landing_page=f"{PAGE}?msclkid=new-click-2&gclid=google-click-1", visitor_id=BROWSER)
    stage.clock.advance(days=1)
    last = stage.visit(landing_page=f"{PAGE}?wbraid=google-braid-2", visitor_id=BROWSER)
    call = stage.call_in(last.number)
    assert clicks(stage, call) == {"msclkid": "new-click-2", "fbclid": "facebook-1", "wbraid": "google-braid-2"}
    stage.deliver()
    (sent,) = stage.network.uploaded
    assert dict(sent.click_ids) == {"gclid": "google-click-1"}, "this network declares no other"


def test_a_click_goes_only_to_what_it_came_before_and_for_ninety_days(lite_hub: Factory) -> None:
    stage = lite_hub(conversions=[])
    old = stage.visit(landing_page=f"{PAGE}?gclid=google-click-1", visitor_id=BROWSER)
    call = stage.call_in(old.number)
    stage.clock.advance(days=10)
    new = stage.visit(landing_page=f"{PAGE}?gclid=google-click-2", visitor_id=BROWSER)
    later = stage.call_in(new.number)
    assert clicks(stage, call) == {"gclid": "google-click-1"}
    assert clicks(stage, later) == {"gclid": "google-click-2"}
    assert clicks(stage, later, at=later.started_at + timedelta(days=91)) == {}


def test_a_click_that_comes_on_a_later_page_is_the_visits_with_its_own_time(hub: Factory) -> None:
    stage = hub(conversions=[])
    shown = stage.visit(landing_page=f"{PAGE}?gclid=google-click-1")
    stage.clock.advance(minutes=5)
    before = stage.call_in(shown.number)
    stage.clock.advance(minutes=5)
    stage.visit(landing_page=f"{PAGE}?gbraid=google-braid-2", visit_id=shown.visit_id)
    visit = stage.visit_of(shown)
    assert visit.click_ids == {"gclid": "google-click-1", "gbraid": "google-braid-2"}
    assert visit.clicked_at == {"gbraid": stage.clock().isoformat()}
    stage.clock.advance(minutes=5)
    after = stage.call_in(shown.number)
    assert clicks(stage, before) == {"gclid": "google-click-1"}
    assert clicks(stage, after) == {"gbraid": "google-braid-2"}, "the earlier click is not this one"
    stage.visit(landing_page=f"{PAGE}?gclid=click-3&gbraid=braid-3&wbraid=braid-4", visit_id=shown.visit_id)
    assert clicks(stage, stage.call_in(shown.number)) == {"gclid": "click-3", "gbraid": "braid-3"}, "of one click"
    moment_before = stage.clock() - timedelta(seconds=1)
    assert clicks(stage, before, moment_before) == {"gclid": "google-click-1"}, "rather the click before it"


def clicks(stage: TestHub, call: Call, at: Any = None) -> dict[str, str]:
    with stage.hub.store.reading() as session:
        (case,) = load_cases(session, stage.directory, [call], stage.clock())
    return {name: text for name, (_, text) in newest_clicks(case, at or call.started_at).items()}


# Pages


def test_each_new_page_of_a_visit_is_noted_until_there_are_two_hundred(lite_hub: Factory) -> None:
    stage = lite_hub(conversions=[])
    shown = stage.visit(landing_page=PAGE, title="Home")
    for page in (PAGE, f"{PAGE}prices", f"{PAGE}prices", PAGE):
        stage.clock.advance(seconds=30)
        stage.visit(landing_page=page, visit_id=shown.visit_id)
    assert [(view.url, view.title) for view in stage.rows(PageView)] == [
        (PAGE, "Home"), (f"{PAGE}prices", None), (PAGE, None),
    ]  # fmt: skip
    visit = stage.visit_of(shown)
    stage.add(*(PageView(visit_id=visit.id, at=stage.clock(), expires_at=visit.expires_at) for _ in range(196)))
    for number in range(3):
        stage.visit(landing_page=f"{PAGE}{number}", visit_id=shown.visit_id)
    assert len(stage.rows(PageView)) == 200


def test_without_permission_no_page_is_noted(lite_hub: Factory) -> None:
    stage = lite_hub(conversions=[])
    stage.visit(landing_page=PAGE, consent={"analytics": "denied"})
    shown = stage.visit(landing_page=PAGE)
    stage.visit(landing_page=f"{PAGE}later", visit_id=shown.visit_id, consent={"analytics": "denied"})
    assert [view.url for view in stage.rows(PageView)] == [PAGE]


def test_a_yes_on_a_form_that_is_stored_late_does_not_replace_a_newer_no() -> None:
    known, said = {"ads": "denied", "analytics": "granted"}, {"ads": "granted", "ad_user_data": "granted"}
    assert heard(known, said, late=True) == {"ads": "denied", "analytics": "granted", "ad_user_data": "granted"}
    assert heard(known, {"analytics": "denied"}, late=True)["analytics"] == "denied"
    assert heard(known, said, late=False)["ads"] == "granted"
