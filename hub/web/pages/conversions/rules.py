"""The conversion rules of config.yaml that concern the companies of a user."""

from __future__ import annotations

from collections.abc import Sequence

from hub.config.models import ConversionRule
from hub.web.pages.request import PageRequest


def rules_of(page: PageRequest) -> Sequence[ConversionRule]:
    """The rules that can match at a company that the page shows, each with the destinations that serve one of them."""
    shown = page.shown_companies
    names = {each.name for each in shown}
    return [
        rule.model_copy(update={"send_to": {name: rule.send_to[name] for name in destinations(page, rule, names)}})
        for rule in page.hub.config.conversions
        if concerns(page, rule, names)
    ]


def rule_named(page: PageRequest, name: str) -> ConversionRule | None:
    """The rule with this name, if it concerns a company of the user."""
    names = {each.name for each in page.companies}
    found = (rule for rule in page.hub.config.conversions if rule.name == name and concerns(page, rule, names))
    return next(found, None)


def concerns(page: PageRequest, rule: ConversionRule, companies: set[str]) -> bool:
    """Whether a rule can match at one of some companies (names) and sends to one that serves them."""
    matches = rule.when.company is None or rule.when.company in companies
    return matches and (not rule.send_to or bool(destinations(page, rule, companies)))


def destinations(page: PageRequest, rule: ConversionRule, companies: set[str]) -> list[str]:
    """The destinations of a rule that serve one of some companies (names)."""
    connectors = page.hub.config.connectors
    return [name for name in rule.send_to if any(connectors[name].serves(each) for each in companies)]
