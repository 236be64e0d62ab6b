"""`/conversions`: each rule in words, and what it made of the last 30 days."""

from __future__ import annotations

from datetime import timedelta

from starlette.responses import Response

from hub.contracts.titles import connector_title
from hub.queries.conversions.activity import MAX_COUNTED, RuleActivity, activity_by_rule
from hub.queries.conversions.drift import drift, why
from hub.queries.conversions.stages import stages_of
from hub.queries.lists.delivery_filter import DRIFT, DeliveryFilter
from hub.web.forms.form import Form
from hub.web.pages.conversions.rules import rules_of
from hub.web.pages.conversions.sentences import options_in_words, sentence
from hub.web.pages.guard import Page
from hub.web.pages.request import PageRequest

DAYS = 30


def conversions(page: PageRequest) -> Response:
    """The rules that concern the companies of the page."""
    return show_list(page)


def show_list(page: PageRequest, form: Form | None = None) -> Response:
    """The list; the form says why an edit of it was refused."""
    form = form or Form()
    since = page.now - timedelta(days=DAYS)
    with page.session() as session:
        found, capped = activity_by_rule(session, page.scope, page.company_ids, since)
        [sent] = DeliveryFilter(companies=page.company_ids, since=since).queries(page.scope)
        drifting = drift(session, sent)
    with page.hub.store.reading() as session:  # deals belong to no account
        crms = stages_of(session, page.hub.config, {each.name for each in page.companies}, page.now)
    connectors = page.hub.plugins.connectors
    titles = {each.name: each.title for each in page.companies}
    return page.render(
        "conversions.html",
        form.status,
        form=form,
        may_save=page.may("configure") and page.config_file is not None and page.config_file.writable,
        title="Conversions",
        days=DAYS,
        crms=crms,
        capped=MAX_COUNTED if capped else None,
        rules=[
            {
                "rule": rule,
                "words": sentence(rule, titles),
                "activity": found.get(rule.name, RuleActivity()),
                "to": [(name, options_in_words(options)) for name, options in rule.send_to.items()],
                "deliveries": lambda name=rule.name, **more: page.link(
                    "/deliveries", rule=name, period=f"{DAYS}d", **more
                ),
            }
            for rule in rules_of(page)
        ],
        drifting=[
            (
                each,
                why(each, connectors[each.connector].manifest if each.connector in connectors else None),
                page.link("/deliveries", rule=each.rule, connector=each.connector, state=DRIFT, period=f"{DAYS}d"),
            )
            for each in drifting
        ],
        recipient=lambda name: connector_title(name, connectors),
    )


PAGES = (Page("/conversions", conversions, "setup"),)
