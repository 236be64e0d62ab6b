"""Where a lead goes, in words, beside the button that saves it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from hub.config.models import ConnectorEntry
from hub.marks.leads import lead_status
from hub.marks.subjects import markable
from hub.model import Lead
from hub.platform.formats import money
from hub.platform.id_words import words_of
from hub.queries.contact.view import ContactView
from hub.queries.conversions.lead_recipients import (
    GOING,
    PASSED_OVER,
    TAKEN,
    LeadRecipient,
    counts_good,
    lead_recipients,
    lead_rules,
    leads_go_to,
    recipients_of_leads,
)
from hub.reports.touches import MARKED_LEADS
from hub.web.pages.call.sent import STATES
from hub.web.pages.conversions.sentences import length, options_in_words
from hub.web.pages.request import PageRequest

STOPPED: Mapping[str, tuple[str, str]] = {
    "consent": ("held", "Held"),
    "provider": ("bad", "Would be refused"),
    "limit": ("bad", "Too old"),
    "company": ("", "Sent by the service before"),
    PASSED_OVER: ("", "Not sent"),
}
SOON = timedelta(minutes=1)


@dataclass(frozen=True)
class Goes:
    """The answer and its lines: state, name, what it gets or waits for."""

    answer: str
    more: str
    lines: Sequence[tuple[tuple[str, str], str, str]]
    is_nobody: bool
    lacks_rule: bool
    may_count: bool
    """Whether the rules can look at it again: it was marked before one counted it."""


def goes_of(page: PageRequest, contact: ContactView, lead: Lead | None) -> Goes:
    """Where the contact goes as a lead. Who may not see deliveries reads no reasons of consent and of networks."""
    found = lead_recipients(page.hub, page.directory, contact.id, contact.company.name, lead)
    connectors = page.hub.config.connectors
    options = {rule.name: rule.send_to for rule in page.hub.config.conversions}
    shown = found.recipients if page.may("deliveries") else ()
    lines = [
        (_state(each), each.name, _sub(each, options.get(each.rule, {}).get(each.connector, {}))) for each in shown
    ]
    going, taken = found.in_state(*GOING), found.in_state(*TAKEN)
    passed = found.in_state(PASSED_OVER)
    more = ""
    if going:
        names = {each.connector for each in found.recipients if each.state in GOING}
        answer = f"Goes to {_listed(going)}"
        more = within(connectors[name] for name in names if name in connectors)
        if not found.is_marked:
            more += f" after it is saved as {words_of(found.status)}"
    elif taken:
        answer = f"Went to {_listed(taken)}"
    elif passed:
        answer, more = "Nobody heard of it:", "it was marked before a rule counted leads"
    else:
        answer = "Nobody hears of it:" if found.reason else "Nobody hears of it yet"
        more = f"{found.reason[:1].lower()}{found.reason[1:].rstrip('.')}"
    nobody = not going and not taken
    return Goes(answer, more, lines, nobody, found.lacks_rule, bool(passed))


def leads_go(page: PageRequest) -> str:
    """Where leads of the companies that a list shows go, in one sentence; empty if each company's go elsewhere."""
    shown = page.companies if page.company is None else [page.company]
    found = {tuple(recipients_of_leads(page.hub.config, each.name)) for each in shown}
    if len(found) > 1:
        return ""
    names = next(iter(found), ())
    return f"A lead goes to {_soon(page, names)}." if names else "Nobody hears of a lead: no rule counts leads."


def marked_go(page: PageRequest, ids: Collection[str], status: str) -> str:
    """Where those go that were marked at once, in words."""
    names = {each.id: each.name for each in page.companies}
    with page.session() as session:
        subjects = {each.id: names[each.company_id or ""] for each in markable(session, page.scope, ids)}
    going = leads_go_to(page.hub, page.directory, subjects, lead_status(status))
    connectors, reached = sorted(set().union(*going.values())), sum(map(bool, going.values()))
    many = len(going) > 1
    if not reached:
        if status not in MARKED_LEADS:
            return ""
        rules = page.hub.config.conversions
        has_rule = all(any(map(counts_good, lead_rules(rules, each))) for each in set(subjects.values()))
        why = f"{'each' if many else 'its'} page says why" if has_rule else "no rule counts leads"
        return f" Nobody hears of {'them' if many else 'it'}: {why}."
    if reached == len(going):
        return f" {'They go' if many else 'It goes'} to {_soon(page, connectors)}."
    go = "goes" if reached == 1 else "go"
    return f" {reached:,} of them {go} to {_soon(page, connectors)}; the pages of the others say why not."


def _soon(page: PageRequest, names: Sequence[str]) -> str:
    """Google Ads and Meta within a minute."""
    titles = dict.fromkeys(page.hub.plugins.connectors[name].manifest.label for name in names)
    return f"{_listed(list(titles))} {within(page.hub.config.connectors[name] for name in names)}"


def within(entries: Iterator[ConnectorEntry]) -> str:
    """When connectors send what is due: within a minute, within 15 minutes, at the next sync."""
    spans = [each.common.schedule.every if each.common.schedule else None for each in entries]
    longest = max((each for each in spans if each is not None), default=None)
    if longest is None or None in spans:
        return "at the next sync"
    return f"within {'a minute' if longest <= SOON else length(longest)}"


def _state(each: LeadRecipient) -> tuple[str, str]:
    if each.state in STOPPED:
        return STOPPED[each.state]
    return STATES.get(each.state, ("good", "Goes"))


def _sub(each: LeadRecipient, options: Mapping[str, object]) -> str:
    """What it gets, or what it waits for."""
    if each.state not in (*GOING, *TAKEN):
        return each.reason
    parts = [
        f"as {each.rule} ({options_in_words(options)})" if options_in_words(options) else f"as {each.rule}",
        money(each.value.amount, each.value.currency) if each.value else "",
        "with the click" if each.with_click else "",
    ]
    return ", ".join(filter(None, parts))


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
