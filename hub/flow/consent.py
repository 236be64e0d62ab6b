"""Consent: may this data of this person go to that recipient for that use? All plugins are asked; the strictest
answer wins."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Row as RowOfTable
from sqlmodel import select

from hub.contracts.categories import HEALTH
from hub.contracts.consent import NO_ANSWER, ConsentQuestion, ConsentRecord, Decision, Place, Signal
from hub.contracts.conversions import Permission
from hub.contracts.disclosure import declared_categories
from hub.contracts.manifest import Manifest
from hub.flow.case import Case
from hub.model import ConsentDecision, ConsentEntry, FormSubmission, OptOut, PolicyVersion, Restriction, Visit
from hub.model.columns import CONSENT_RETENTION, new_id
from hub.privacy.ledger import REFUSING_STATES
from hub.privacy.opt_outs import KnownBy, hold_to_opt_outs, opt_outs_of
from hub.privacy.policies.gate import hold_to_policies
from hub.privacy.restriction import hold_to_restrictions, restricted
from hub.runtime import Hub

ANY_REFUSAL = select(*(select(table.id).limit(1).scalar_subquery() for table in (PolicyVersion, Restriction, OptOut)))
"""Whether there is anything at all of which the hub itself says no; most hubs have at most the first."""
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=15), timedelta(minutes=10)
"""How soon, and how late, a question is asked again that a consent plugin did not answer."""


def asked_again_at(made_at: datetime, now: datetime) -> datetime:
    """When to ask again about a delivery after a consent plugin did not answer: later and later, at most ten minutes."""
    return now + min(max((now - made_at) / 4, FIRST_WAIT), LONGEST_WAIT)


@dataclass(frozen=True, slots=True)
class StoredDecision:
    """A decision as it is stored, with the question that it answers."""

    question: ConsentQuestion
    decision: Decision
    row: ConsentDecision

    @property
    def allowed(self) -> bool:
        """Whether the data may go."""
        return self.decision.allowed

    @property
    def is_unanswered(self) -> bool:
        """Whether nobody decided, because a consent plugin did not answer: the question is asked again."""
        return self.decision.ruling.rule_id == NO_ANSWER

    @property
    def ad_permission(self) -> Permission:
        """The consent state for an ad network: granted only by the person's own yes, never by the mere absence of a
        no."""
        if not self.allowed:
            return "denied"
        record = self.question.latest_record()
        return "granted" if record is not None and record.state == "given" else "unknown"


def ask(
    hub: Hub, cases: Sequence[Case], connector: str, hook: str, value_type: type, moment: str, now: datetime
) -> list[StoredDecision]:
    """One ruling per case on giving `connector` the data that it declares for `hook`."""
    manifest = hub.plugins.connectors[connector].manifest
    flow = manifest.flow(hook)
    use = flow.use if flow else "essential.service"
    categories = declared_categories(manifest, hook, value_type)
    questions = [question_about(case, manifest=manifest, use=use, categories=categories, now=now) for case in cases]
    return decide(hub, cases, connector, moment, questions)


def question_about(
    case: Case, *, manifest: Manifest, use: str, categories: frozenset[str], now: datetime
) -> ConsentQuestion:
    """May `categories` of the person of `case` go to the connector's recipient for `use`? At a company whose calls are about
    health, all data about a caller is health data too."""
    question = ConsentQuestion(
        use=use,
        categories=categories | {HEALTH} if case.company.sensitive == "health" else categories,
        recipient=manifest.recipient,
        recipient_regions=manifest.regions,
        at=now,
        person_places=_places_of(case),
        business_places=(Place(country=case.company.country, region=case.company.region, basis="business"),),
        signals=_signals(case),
        records=tuple(map(record_of, case.consent_entries)) + _records_of_pages(case),
        age=_age_of(case),
    )
    refused = _refusals_of_named(case, question) if case.named else []
    return replace(question, records=(*question.records, *refused)) if refused else question


def _refusals_of_named(case: Case, question: ConsentQuestion) -> list[ConsentRecord]:
    """What the known people whom a form names have refused and not taken back: it binds the form. Their consent is
    not added, because it does not cover the person who typed the form."""
    each_said = [[record_of(entry) for entry in entries] for entries in case.consent_entries_of_named]
    return [
        no
        for said in each_said
        for no in said
        if no.state in REFUSING_STATES and not any(other.lifts(no, question) for other in said)
    ]


def decide(
    hub: Hub, cases: Sequence[Case], connector: str, moment: str, questions: Sequence[ConsentQuestion]
) -> list[StoredDecision]:
    """One ruling per question, each for the case at the same index; `connector` is the recipient's."""
    decisions = hub.plugins.judge(questions)
    with hub.store.reading() as session:
        version, restriction, opt_out = session.execute(ANY_REFUSAL).one()
        if version:
            decisions = hold_to_policies(session, [case.company.account_id for case in cases], questions, decisions)
        if restriction:
            people = [{each.id for each in (case.person, *case.named) if each} for case in cases]
            held = restricted(session, set().union(*people))
            decisions = hold_to_restrictions([bool(each & held) for each in people], questions, decisions)
        if opt_out:
            opted_out = opt_outs_of(session, hub.vault, list(map(_known_by, cases)))
            decisions = hold_to_opt_outs(opted_out, questions, decisions)
    return [
        StoredDecision(
            question, decision, decision_row(case.subject.id, connector, moment, question, decision, question.at)
        )
        for case, question, decision in zip(cases, questions, decisions, strict=True)
    ]


def _known_by(case: Case) -> KnownBy:
    """The identifiers under which the person of a case may have opted out: each of their numbers, and each browser
    that may be theirs."""
    numbers = {case.phone_number, case.person.phone_number if case.person else None}
    browsers = {visit.visitor_id for visit in (*_visits(case), case.visit, case.sent_from) if visit}
    return KnownBy(case.company.id, frozenset(filter(None, numbers)), frozenset(filter(None, browsers)))


def disclosure_row(
    ruling: StoredDecision,
    case: Case,
    connector: str,
    recipient: str,
    categories: frozenset[str],
    now: datetime,
    **more: Any,
) -> dict[str, Any]:
    """The row that records a disclosure: who received which data about whom, when, for what, and by which decision."""
    return {
        "id": new_id(),
        "person_id": case.person.id if case.person else None,
        "subject_id": case.subject.id,
        "connector": connector,
        "recipient": recipient,
        "use": ruling.question.use,
        "categories": sorted(categories),
        "decision_id": ruling.row.id,
        "disclosed_at": now,
        "expires_at": now + CONSENT_RETENTION,
        **more,
    }


def _places_of(case: Case) -> tuple[Place, ...]:
    """Every candidate for where the person may be. Facts about places come from enrichers, `country` by visit from
    the person."""
    places = []
    for fact in case.facts:
        if fact.name == "country" and fact.value:
            region = next(
                (
                    each.value
                    for each in case.facts
                    if each.name == "region" and each.source == fact.source and each.value
                ),
                None,
            )
            places.append(Place(country=fact.value, region=region, basis="caller_number"))
    if case.visit is not None and case.visit.consent.get("country"):
        places.append(Place(country=case.visit.consent["country"], basis="declared"))
    return tuple(dict.fromkeys(places))


UNDER_13 = 12
"""The assumed age of a child of whom nothing is known except that a parent asks for the erasure of their data."""


def _age_of(case: Case) -> int | None:
    """The lowest age that any source has given, in whole years; None if no source has given one."""
    reported = [fact.value for fact in case.facts if fact.name == "age" and fact.value]
    ages = [int(value) for value in reported if re.fullmatch("[0-9]{1,3}", value)]
    return min([*ages, UNDER_13] if case.under_13 else ages, default=None)


def _visits(case: Case) -> list[Visit]:
    """The visits that are surely the person's, and the candidates for the one behind this call."""
    return list({visit.id: visit for visit in (*case.candidate_visits, *case.visits_of_person)}.values())


def _signals(case: Case) -> tuple[Signal, ...]:
    signals = [
        Signal(kind=kind, at=visit.last_seen_at or visit.started_at, evidence=f"visit {visit.id}")
        for visit in _visits(case)
        for kind in SIGNAL_KINDS
        if getattr(visit, kind)
    ]
    if isinstance(case.subject, FormSubmission):
        at, evidence = case.subject.submitted_at, f"form {case.subject.id}"
        signals += [
            Signal(kind=kind, at=at, evidence=evidence) for kind in SIGNAL_KINDS if kind in case.subject.consent
        ]
    return tuple(signals)


SIGNAL_KINDS: tuple[Literal["gpc", "dnt"], ...] = ("gpc", "dnt")


CONSENT_FIELDS = {
    "ads": "marketing.advertising",
    "ad_user_data": "marketing.advertising.third_party.targeted",
    "all": "marketing",
}
"""The consent fields of a visit, and the data use that each covers; each is `granted` or `denied`."""


def words_of(consent: Mapping[str, str]) -> dict[str, Literal["given", "refused"]]:
    """What a page's consent fields say about each data use."""
    return {
        use: "given" if consent[name] == "granted" else "refused"
        for name, use in CONSENT_FIELDS.items()
        if consent.get(name) in ("granted", "denied")
    }


def held_back_by(consent: Mapping[str, str]) -> list[str]:
    """The data uses that a page denies by default while the visitor has not chosen. No person chose this, so it is
    never evidence."""
    return [
        use
        for name, use in CONSENT_FIELDS.items()
        if consent.get(f"default_{name}") == "denied" and name not in consent
    ]


def _records_of_pages(case: Case) -> tuple[ConsentRecord, ...]:
    """What was said on visits of the person, and on the form itself.

    A yes counts only on a visit that is surely theirs, from the visit's start; a no counts on any visit that may be
    theirs, from the last page that said it. What a page denies by default counts as a no, from the visit's start; what it
    grants by default says nothing.
    """
    certain = {visit.id for visit in case.sure_visits}
    said = [
        (
            visit.consent if visit.id in certain else _refusals(visit.consent),
            "web",
            (visit.started_at, visit.last_seen_at or visit.started_at),
            f"visit {visit.id}",
        )
        for visit in _visits(case)
    ]
    if isinstance(case.subject, FormSubmission):
        at = case.subject.submitted_at
        said.append((case.subject.consent, "form", (at, at), f"form {case.subject.id}"))
    records = [
        ConsentRecord(state=state, use=use, channel=channel, at=begun if state == "given" else last, evidence=evidence)
        for consent, channel, (begun, last), evidence in said
        for use, state in words_of(consent).items()
    ]
    records += [
        ConsentRecord(state="refused", use=use, channel=channel, at=begun, evidence=f"the page's default, {evidence}")
        for consent, channel, (begun, _), evidence in said
        for use in held_back_by(consent)
    ]
    return tuple(records)


def _refusals(consent: Mapping[str, str]) -> dict[str, str]:
    chosen = {f"default_{name}" for name in consent}
    return {name: answer for name, answer in consent.items() if answer == "denied" and name not in chosen}


def record_of(entry: ConsentEntry | RowOfTable[Any]) -> ConsentRecord:
    """A consent record in the form that consent plugins read."""
    return ConsentRecord(
        state=entry.state,  # type: ignore[arg-type]
        use=entry.use,
        channel=entry.channel,
        at=entry.spoken_at,
        evidence=entry.id,
        expires_at=entry.lapses_at,
        basis=entry.basis,
        recipients=frozenset(entry.recipients),
        categories=frozenset(entry.categories),
    )


def decision_row(
    subject_id: str, connector: str, moment: str, question: ConsentQuestion, decision: Decision, now: datetime
) -> ConsentDecision:
    """A decision in the form in which it is stored."""
    return ConsentDecision.to_write(
        subject_id=subject_id, connector=connector, moment=moment, **decision_values(question, decision, now)
    )


def decision_values(question: ConsentQuestion, decision: Decision, now: datetime) -> dict[str, Any]:
    """The content of a stored decision without its subject: equal for all who ask the same at the same time."""
    return {
        "use": question.use,
        "categories": sorted(question.categories),
        "verdict": decision.verdict,
        "rule_id": decision.ruling.rule_id,
        "reason": decision.ruling.reason,
        "opinions": [
            {
                "connector": name,
                "verdict": opinion.verdict,
                "rule": opinion.rule_id,
                "reason": opinion.reason,
                "evidence": dict(opinion.evidence),
            }
            for name, opinion in decision.opinions
        ],
        "decided_at": now,
        "expires_at": now + CONSENT_RETENTION,
    }
