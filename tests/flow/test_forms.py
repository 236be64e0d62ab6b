"""A form meets its person and its visit, becomes conversions by rules, and is delivered like a call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from stage import CALLER, Stage

from hub.flow.form import SentForm, keep_form
from hub.model import Attribution, ConversionRow, Delivery, FormSubmission, Person

Factory = Callable[..., Stage]
CLICK = "https://lakeside.example.com/?gclid=Cj0KCQjw123456789"
CONTACT_FORM = {
    "name": "contact form",
    "when": {"event": "form", "form": "contact"},
    "value": "15 USD",
    "send_to": {"network": {"action": 9}},
}


def send(stage: Stage, key: str = "submission-1", company: str = "lakeside", **more: Any) -> FormSubmission:
    """A form, kept and taken through the flow."""
    said = {"fields": {"phone": "(312) 555-0142"}, "form_id": "contact"} | more
    keep_form(stage.hub, stage.directory.companies[company], SentForm(key=key, **said))
    stage.flow()
    return stage.one(FormSubmission, submission_key=f"{stage.directory.companies[company].id}:{key}")


def test_a_form_becomes_a_conversion_of_its_visit_and_is_delivered(hub: Factory) -> None:
    stage = hub(conversions=[CONTACT_FORM])
    shown = stage.visit(landing_page=CLICK)
    form = send(stage, visit_id=shown.visit_id, email="Pat@Example.com", name="Pat Doe")
    found = stage.one(Attribution, subject_id=form.id)
    assert (found.rule, found.confidence, found.visit_id) == ("form.visit", 1.0, shown.visit_id)
    assert (found.source, found.medium) == ("google", "cpc")
    person = stage.one(Person)
    assert (person.phone_number, person.email, person.name) == (CALLER, "pat@example.com", "Pat Doe")
    assert (form.state, form.person_id, form.first_time_contact) == ("done", person.id, True)
    assert stage.visit_of(shown).person_id == person.id
    conversion = stage.one(ConversionRow)
    assert (conversion.rule, conversion.subject_id, conversion.occurred_at) == (
        "contact form",
        form.id,
        form.submitted_at,
    )
    stage.deliver()
    assert stage.one(Delivery).state == "delivered"
