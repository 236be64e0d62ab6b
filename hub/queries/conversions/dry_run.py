"""Dry run: what conversion rules would send of the events of a time, and what would be refused and why. The stages of
the flow decide on stored data, and consent is asked as it would be now. Nothing is sent, and nothing is stored."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from sqlmodel import Session

from hub.access.scope import AccessScope
from hub.config.models import ConversionRule
from hub.contracts.conversions import Conversion
from hub.contracts.disclosure import disclose
from hub.contracts.values import Money
from hub.delivery.changes import before_cut_over
from hub.delivery.payloads import TOO_OLD, click_kinds, known_conversion, too_old
from hub.delivery.preview import check_here
from hub.flow.case import Case
from hub.flow.case_loading import load_cases, load_past
from hub.flow.clicks import newest_clicks
from hub.flow.consent import StoredDecision, ask
from hub.flow.convert import (
    event_conversion,
    is_overruled,
    lead_conversion,
    matches,
    outcome_conversion,
    signal_conversion,
)
from hub.flow.subjects import read_subjects
from hub.model import Call, ConversionRow, Delivery
from hub.model.conversions import BEFORE_CUT_OVER, UPLOAD
from hub.model.states import SubjectState
from hub.numbers.directory import Directory
from hub.queries.conversions.events import RuleEvent, events_for
from hub.runtime import Hub

CHUNK = 200
"""Events whose cases are loaded at a time."""
NOWHERE = "nowhere"
"""The code if no destination of a rule serves the company."""
Says = Literal["consent", "provider", "limit", "rule", "company"]


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """Why something would not be sent, and who says so: consent, the provider's rules, its age limit, the rule itself,
    which names no destination that serves the company, or the company, whose former service has sent it."""

    says: Says
    code: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class DryRunItem:
    """One conversion for one destination: it would be sent if there is no `refusal`."""

    rule: str
    connector: str | None
    """None if no destination of the rule serves the company."""
    subject_id: str
    company_id: str
    at: datetime
    value: Money | None
    place: tuple[str | None, str | None]
    """The person's likely country and region."""
    ruling: StoredDecision | None = None
    refusal: Refusal | None = None
    conversion: Conversion | None = None
    """What the plugin would get; None if consent or the rule stops it before."""
    clicked: Mapping[str, datetime] | None = None
    """The times of the clicks whose ids it would get."""
    kept_back: tuple[str, ...] = ()
    """The fields that are known, and that the plugin's manifest does not declare."""


@dataclass(frozen=True, kw_only=True)
class DryRun:
    """The result for a time: the items, the newest first."""

    items: Sequence[DryRunItem]
    looked_at: int
    """How many calls, texts, forms, outcomes and leads the rules looked at."""
    back_to: datetime | None
    """If there were more than a run looks at: the oldest moment that it reached."""


def dry_run(
    hub: Hub,
    directory: Directory,
    scope: AccessScope,
    rules: Sequence[ConversionRule],
    companies: Sequence[str],
    begins: datetime,
    ends: datetime,
) -> DryRun:
    """What `rules` would send of the events from `begins` to before `ends` at `companies` (ids)."""
    titles = {company.id: company.name for company in directory.companies.values()}
    names = [titles[each] for each in companies if each in titles]
    crms = [name for name, entry in hub.config.connectors.items() if any(map(entry.serves, names))]
    with hub.store.reading() as session:
        found = events_for(session, scope, rules, companies, crms, begins, ends)
    items = dry_run_of(hub, directory, rules, found.events)
    items.sort(key=lambda item: (item.at, item.subject_id, item.rule), reverse=True)
    return DryRun(items=items, looked_at=len(found.events), back_to=found.back_to)


def dry_run_of(
    hub: Hub, directory: Directory, rules: Sequence[ConversionRule], events: Sequence[RuleEvent]
) -> list[DryRunItem]:
    """What `rules` would send of some events, which need not be stored: a lead may be one that nobody marked yet."""
    now = hub.clock()
    items: list[DryRunItem] = []
    for start in range(0, len(events), CHUNK):
        with hub.store.reading() as session:
            made = _made(session, directory, rules, events[start : start + CHUNK], now)
        items += _items(hub, made, now)
    return items


@dataclass(frozen=True)
class _Made:
    """A conversion that a rule makes of a case."""

    rule: ConversionRule
    case: Case
    row: ConversionRow

    @property
    def value(self) -> Money | None:
        row = self.row
        return Money(row.amount, row.currency) if row.amount is not None and row.currency else None


def _made(
    session: Session, directory: Directory, rules: Sequence[ConversionRule], events: Sequence[RuleEvent], now: datetime
) -> list[_Made]:
    subjects = read_subjects(session, [event.subject_id for event in events])
    cases = load_cases(session, directory, [each for each in subjects if each.state != SubjectState.ERASED], now)
    load_past(session, cases)
    by_subject = {case.subject.id: case for case in cases}
    return [
        _Made(rule, case, _row(rule, case, event, now))
        for event in events
        if (case := by_subject.get(event.subject_id)) is not None
        for rule in rules
        if _fits(rule, case, event)
    ]


def _fits(rule: ConversionRule, case: Case, event: RuleEvent) -> bool:
    if event.signal is not None:
        return matches(rule, case, signal=event.signal) and not is_overruled(rule, event.lead)
    if isinstance(case.subject, Call) and event.outcome is None and event.lead is None and not case.subject.over:
        return False
    return matches(rule, case, event.outcome, event.lead)


def _row(rule: ConversionRule, case: Case, event: RuleEvent, now: datetime) -> ConversionRow:
    if event.outcome is not None:
        return outcome_conversion(rule, case, event.outcome, now)
    if event.signal is not None:
        return signal_conversion(rule, case, event.signal, event.lead, now)
    return lead_conversion(rule, case, event.lead, now) if event.lead else event_conversion(rule, case, now)


def _items(hub: Hub, made: Sequence[_Made], now: datetime) -> Iterator[DryRunItem]:
    """One item for each conversion and each destination that serves its company."""
    to: dict[str, list[_Made]] = defaultdict(list)
    for each in made:
        served = [name for name in each.rule.send_to if hub.config.connectors[name].serves(each.case.company.name)]
        for name in served:
            to[name].append(each)
        if not served:
            reason = "The rule names no destination that serves this company."
            yield _item(each, None, refusal=Refusal(says="rule", code=NOWHERE, reason=reason))
    for name, theirs in to.items():
        yield from _checked(hub, name, _decided(hub, name, theirs, now), now)


def _decided(hub: Hub, name: str, made: Sequence[_Made], now: datetime) -> Iterator[tuple[_Made, StoredDecision]]:
    """The rulings; a case that several rules send to the same connector is asked about once."""
    cases = list({each.case.subject.id: each.case for each in made}.values())
    rulings = ask(hub, cases, name, UPLOAD, Conversion, "dry run", now)
    by_subject = {case.subject.id: ruling for case, ruling in zip(cases, rulings, strict=True)}
    return ((each, by_subject[each.case.subject.id]) for each in made)


def _checked(
    hub: Hub, name: str, decided: Iterator[tuple[_Made, StoredDecision]], now: datetime
) -> Iterator[DryRunItem]:
    """The items of one connector: what consent lets pass is built as for sending, and checked as far as that is possible
    without asking the provider."""
    built = []
    for made, ruling in decided:
        if not ruling.allowed:
            said = ruling.decision.ruling
            no = Refusal(says="consent", code=said.rule_id, reason=said.reason)
            yield _item(made, name, ruling=ruling, refusal=no)
        else:
            built.append(_built(hub, name, made, ruling, now))
    for item, refusal in zip(built, _refusals(hub, name, built), strict=True):
        yield item if item.refusal or not refusal else replace(item, refusal=refusal)


def _built(hub: Hub, name: str, made: _Made, ruling: StoredDecision, now: datetime) -> DryRunItem:
    connector, row = hub.plugins.connectors[name], made.row
    manifest = connector.manifest
    delivery = Delivery(
        connector=name, hook=UPLOAD, kind="new", dedup_key="", item_key=row.key, subject_id=made.case.subject.id,
        amount=row.amount, currency=row.currency, destination=dict(made.rule.send_to[name]), made_at=now, due_at=now,
    )  # fmt: skip
    disclosed = disclose(known_conversion(delivery, made.case, ruling, row, connector), manifest, UPLOAD)
    refusal = None
    if sent := before_cut_over(hub.config, made.case):
        refusal = Refusal(says="company", code=BEFORE_CUT_OVER, reason=sent)
    elif late := too_old(row.occurred_at, now, manifest):
        refusal = Refusal(says="limit", code=TOO_OLD, reason=late)
    clicks = newest_clicks(made.case, row.occurred_at, click_kinds(manifest, UPLOAD))
    return _item(
        made,
        name,
        ruling=ruling,
        refusal=refusal,
        conversion=disclosed.value,
        clicked={kind: at for kind, (at, _) in clicks.items() if kind in disclosed.value.click_ids},
        kept_back=tuple(sorted(disclosed.withheld)),
    )


def _refusals(hub: Hub, name: str, items: Sequence[DryRunItem]) -> list[Refusal | None]:
    """What the plugin itself would refuse, without asking the provider. A plugin that does not say so refuses nothing."""
    values = [item.conversion for item in items if item.conversion]
    return [
        Refusal(says="provider", code=answer.code or "", reason=answer.reason or "The plugin gave no reason.")
        if answer
        else None
        for answer in check_here(hub, name, values)
    ]


def _item(
    made: _Made,
    connector: str | None,
    *,
    refusal: Refusal | None,
    ruling: StoredDecision | None = None,
    conversion: Conversion | None = None,
    clicked: Mapping[str, datetime] | None = None,
    kept_back: tuple[str, ...] = (),
) -> DryRunItem:
    case = made.case
    return DryRunItem(
        rule=made.rule.name,
        connector=connector,
        subject_id=case.subject.id,
        company_id=case.company.id,
        at=made.row.occurred_at,
        value=made.value,
        place=(case.fact("country"), case.fact("region")),
        ruling=ruling,
        refusal=refusal,
        conversion=conversion,
        clicked=clicked,
        kept_back=kept_back,
    )
