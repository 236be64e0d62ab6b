"""Enrich: every enricher adds what it knows about the caller. A failed enricher is recorded; nothing else is affected.

An enricher whose recipient is another company gets a phone number or an email's domain only after a check of consent. What
another company's data service answers is used for the present call and is never stored, unless it declares a longer lifetime.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hub.config.models import ConnectorEntry
from hub.contracts.connector import Connector
from hub.contracts.email_domains import organization_domain
from hub.contracts.facts import Caller, Fact
from hub.contracts.quota import QUOTA_NOTE, quota_of
from hub.errors import PluginFailure, RingfenceError
from hub.flow.case import CONSENT_FACTS, Case
from hub.flow.consent import StoredDecision, ask
from hub.hookspecs import EnrichmentHooks
from hub.model import FactRow
from hub.model.columns import CALL_RETENTION, storable
from hub.model.people import FAILED_SOURCE
from hub.platform import metrics
from hub.runtime import Hub

FAILURE_LIFETIME = timedelta(days=30)
HOOK = EnrichmentHooks.enrich_caller.__name__
Answers = Future[list[Sequence[Fact] | RingfenceError]] | RingfenceError
"""What a connector says of some callers, or why it was asked nothing."""


@dataclass
class Enrichment:
    """The results of a batch's enrichment: new facts, and the rulings on which numbers were disclosed for it."""

    facts: list[FactRow] = field(default_factory=list)
    """Facts that live longer than the enrichment; the cases hold the others too."""
    rulings: list[StoredDecision] = field(default_factory=list)
    disclosed: dict[tuple[str, str], frozenset[str]] = field(default_factory=dict)
    """Connector and subject → the categories of what it was asked about."""
    unasked: set[tuple[str, str]] = field(default_factory=set)
    """Connector and subject: it was allowed, but the connector rests or is broken, so it was asked nothing."""


def discloses_to_third_party(hub: Hub) -> bool:
    """Whether any enricher works at another company."""
    return any(hub.plugins.connectors[name].manifest.recipient.role != "none" for name in hub.plugins.with_hook(HOOK))


def enrich(hub: Hub, cases: Sequence[Case], now: datetime) -> Enrichment:
    """Ask every enricher about every caller of the batch, all connectors in parallel."""
    result = Enrichment()
    request = [case for case in cases if case.subject.enriched_at is None]
    # Offline enrichers first: consent to the others depends on where the person may be.
    names = [name for name in hub.plugins.with_hook(HOOK) if hub.plugins.may_read(name)]
    offline = [name for name in names if hub.plugins.connectors[name].manifest.recipient.role == "none"]
    for group in (offline, [name for name in names if name not in offline]):
        running: list[tuple[str, Sequence[Case], Answers]] = []
        for name in group:
            serves, plugin = hub.config.connectors[name].serves, hub.plugins.connectors[name]
            served: Sequence[Case] = [
                each for each in request if serves(each.company.name) and _caller(plugin, each) != Caller()
            ]
            left_out: list[frozenset[str]] = [frozenset()] * len(served)
            if name not in offline and served:
                rulings = ask(hub, served, name, HOOK, Caller, "decide", now)
                result.rulings += rulings
                allowed = [(case, ruling) for case, ruling in zip(served, rulings, strict=True) if ruling.allowed]
                served, left_out = [case for case, _ in allowed], [ruling.left_out for _, ruling in allowed]
            if served:
                running.append((name, served, _start(hub, name, served, left_out, now, result)))
        for name, served, future in running:
            _gather(hub, name, served, future, now, result)
    return result


def _caller(plugin: Connector, case: Case, left_out: frozenset[str] = frozenset()) -> Caller:
    """What is known of a caller. The domain of an address is there for a plugin that declares it alone, so that it is not
    counted as kept back from others."""
    flow = plugin.manifest.flow(HOOK)
    declared = {share.field for share in flow.shares} if flow else set()
    domain = organization_domain(case.email) if "email_domain" in declared - left_out else None
    return Caller(phone_number=None if "phone_number" in left_out else case.phone_number, email_domain=domain)


def _start(
    hub: Hub, name: str, cases: Sequence[Case], left_out: Sequence[frozenset[str]], now: datetime, result: Enrichment
) -> Answers:
    plugin, callers = hub.plugins.connectors[name], []
    for case, withheld in zip(cases, left_out, strict=True):
        disclosed = hub.refusals.disclose(plugin, _caller(plugin, case, withheld), HOOK)
        result.disclosed[name, case.subject.id] = disclosed.categories
        callers.append((disclosed.value,))
    try:
        _check_quota(plugin, now)
        return hub.plugins.submit_each(name, EnrichmentHooks.enrich_caller, callers)
    except RingfenceError as error:
        return error


def _check_quota(plugin: Connector, now: datetime) -> None:
    """PluginFailure if nearly all of the provider's requests of a day are used: the customer's other programs need them too."""
    if plugin.manifest.recipient.role == "none":
        return
    quota = quota_of(plugin.services.memory.get(QUOTA_NOTE), now)
    if quota is not None and quota.is_near:
        raise PluginFailure(f"Not looked up, because {quota.percent}% of the provider's requests of a day are used.")


def _gather(hub: Hub, name: str, cases: Sequence[Case], future: Answers, now: datetime, result: Enrichment) -> None:
    answers: list[Sequence[Fact] | RingfenceError]
    try:
        if isinstance(future, RingfenceError):
            raise future
        answers = hub.plugins.guards[name].wait(HOOK, future)
    except RingfenceError as error:
        answers = [error for _ in cases]
        if error is future:
            result.unasked |= {(name, case.subject.id) for case in cases}
    for case, answer in zip(cases, answers, strict=True):
        if isinstance(answer, RingfenceError):
            metrics.FLOW.labels("enrich", "failed").inc()
            failure = Fact(name=FAILED_SOURCE, value=str(answer), category="user.telemetry")
            rows = [_row(case, name, failure, now, now + FAILURE_LIFETIME)]
        else:
            metrics.FLOW.labels("enrich", "done").inc()
            entry = hub.config.connectors[name]
            rows = [
                _row(case, name, fact, now, ends_at(fact, entry, case.at, now))
                for fact in {fact.name: fact for fact in answer or ()}.values()
            ]
        case.facts += rows
        result.facts += [row for row in rows if row.expires_at > now]


def ends_at(fact: Fact, entry: ConnectorEntry, began_at: datetime, now: datetime) -> datetime:
    """When a fact of a call from `entry` expires: by its own lifetime, and by the customer's `keep`.

    Without `keep`, an answer from another company's data service expires at once. The exception is a place or an age
    with a declared lifetime: consent is checked again before each later send, and a forgotten fact could make that
    decision less strict.
    """
    own = now + fact.lifetime if fact.lifetime is not None else began_at + CALL_RETENTION
    keep = entry.common.keep
    manifest = entry.connector_class.manifest
    if keep is None and manifest.kind == "enrichment" and manifest.recipient.role != "none":
        keep = None if fact.name in CONSENT_FACTS and fact.lifetime is not None else timedelta(0)
    return own if keep is None else min(own, now + keep)


def _row(case: Case, source: str, fact: Fact, now: datetime, expires_at: datetime) -> FactRow:
    return FactRow.to_write(
        subject_id=case.subject.id,
        source=source,
        name=fact.name,
        value=storable(fact.value),
        category=fact.category,
        confidence=fact.confidence,
        learned_at=now,
        expires_at=expires_at,
    )
