"""The rule by which ad networks hear of leads, made in one click beside a lead that nobody would hear of."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from pydantic import ValidationError
from starlette.responses import Response

from hub.config.edit import Change
from hub.config.models import Config
from hub.marks.leads import count_again
from hub.web.forms.config_edit import edit_config
from hub.web.forms.form import Form
from hub.web.pages.call.call_actions import save_lead
from hub.web.pages.call.page import address_of, call_page, subject_of
from hub.web.pages.conversions.conversions_page import show_list
from hub.web.pages.guard import Page
from hub.web.pages.request import PageRequest

TAKES_EFFECT = timedelta(seconds=20)
"""Until every process of the hub has read a new rule, the lead that it was made for waits."""


def rule_for_leads(config: Config, company: str) -> dict[str, Any] | None:
    """A rule as config.yaml would have it, by which every ad network of a company hears of its leads; the destination of a
    network is that of an earlier rule, else its default. None if no network has one."""
    sent: dict[str, Any] = {}
    for name, entry in config.connectors.items():
        model = entry.connector_class.Destination
        if model is None or not entry.serves(company):
            continue
        used = (rule.send_to[name] for rule in config.conversions if name in rule.send_to)
        destination = next(used, None)
        if destination is None:
            try:
                model.model_validate({})
            except ValidationError:
                continue
        sent[name] = {key: value for key, value in (destination or {}).items() if value is not None}
    if not sent:
        return None
    names = {rule.name for rule in config.conversions}
    title = "lead" if len(config.companies) == 1 else f"lead of {company}"
    name = next(each for each in (title, *(f"{title} {number}" for number in range(2, 100))) if each not in names)
    when = {"event": "lead", "status": ["qualified", "booked"]}
    if len(config.companies) > 1:
        when["company"] = company
    return {"name": name, "when": when, "value": "from lead", "send_to": sent}


def make_rule(page: PageRequest) -> Response:
    """Save what the form has, add the rule, and let it count the lead that it was made for."""
    _save(page)
    with page.session() as session:
        subject = subject_of(page, session)
    company = next(each.name for each in page.companies if each.id == subject.company_id)
    tree = rule_for_leads(page.hub.config, company)
    if tree is None:
        return page.redirect(page.link("/conversions/rule", **{"when.event": "lead"}))
    place = ("conversions", tree["name"])
    answer = edit_config(
        page,
        Form(),
        [Change(place, tree)],
        lambda form: show_list(page, form),
        place=place,
        notice=f"The rule “{tree['name']}” sends leads to {', '.join(tree['send_to'])}; change it under Conversions.",
        to=f"{address_of(page)}#lead",
    )
    if answer.status_code == 303:
        _count(page, subject.id)
    return answer


def count(page: PageRequest) -> Response:
    """Save what the form has, and let the rules look at the lead again."""
    _save(page)
    with page.session() as session:
        subject = subject_of(page, session)
    _count(page, subject.id)
    return page.redirect(f"{address_of(page)}#lead", "The rules look at it again.")


def _save(page: PageRequest) -> None:
    """Save what the form of the lead has; the button is one of that form's."""
    if "status" in page.form and page.may("marks"):
        save_lead(page)


def _count(page: PageRequest, subject_id: str) -> None:
    if page.may("marks"):
        with page.hub.store.writing() as session:
            count_again(session, page.scope_for("marks") or page.scope, subject_id, page.now + TAKES_EFFECT)


PAGES = (
    Page("/calls/{contact_id}/lead/rule", make_rule, "configure", "POST", again=call_page, field="tags"),
    Page("/calls/{contact_id}/lead/count", count, "marks", "POST", again=call_page, field="tags"),
)
