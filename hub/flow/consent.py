"""Consent: may this data of this person go to that recipient for that use? All plugins are asked; the strictest
answer wins."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Any, Literal

from sqlalchemy import Row as RowOfTable
from sqlalchemy import select

from hub.contracts.categories import HEALTH
from hub.contracts.consent import NO_ANSWER, ConsentQuestion, ConsentRecord, Decision, Place, Signal
from hub.contracts.conversions import Permission
from hub.contracts.disclosure import declared_categories, is_named
from hub.contracts.email_domains import organization_domain
from hub.contracts.manifest import Manifest
from hub.contracts.values import personal_fields
from hub.flow.browser_consent import records_of_pages
from hub.flow.case import Case
from hub.model import ConsentDecision, ConsentEntry, FormSubmission, OptOut, PolicyVersion, Restriction
from hub.model.columns import CONSENT_RETENTION, new_id
from hub.privacy.ledger import REFUSING_STATES
from hub.privacy.opt_outs import KnownBy, hold_to_opt_outs, opt_outs_of
from hub.privacy.policies.gate import hold_to_policies
from hub.privacy.restriction import hold_to_restrictions, restricted
from hub.runtime import Hub
from hub.store.rows import read

ANY_REFUSAL = tuple(
    select(table.__table__.c.id).limit(1).scalar_subquery() for table in (PolicyVersion, Restriction, OptOut)
)
"""Whether there is anything at all of which the hub itself says no; most hubs have at most the first."""
_ANY_REFUSAL = select(*ANY_REFUSAL)


@dataclass(frozen=True, slots=True)
class StoredDecision:
    """A decision as it is stored, with the question that it answers."""

    question: ConsentQuestion
    decision: Decision
    row: ConsentDecision
    left_out: frozenset[str] = frozenset()
    """The fields that must stay back: identifiers that stand in a form and are not surely its sender's, and what is known
    by them. The decision is about the rest."""

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
    return ask_together(hub, [ConsentRequest(connector, hook, value_type, cases)], moment, now)[0]


@dataclass(frozen=True, slots=True)
class ConsentRequest:
    """A connector that would get the data of some cases by one of its hooks."""

    connector: str
    hook: str
    value_type: type
    cases: Sequence[Case]


def ask_together(
    hub: Hub, requests: Sequence[ConsentRequest], moment: str, now: datetime
) -> list[list[StoredDecision]]:
    """As `ask`, for several connectors: each consent plugin is called once for all of them.

    A form may name somebody who did not send it. If the connector would get such an identifier, two questions are asked:
    one about everything, in which no yes of the browser counts, and one about what is surely the sender's and the browser's
    own, such as its click id. If only the second is allowed, the other identifiers are left out.
    """
    prepared = [_Questions.of(hub, each, now) for each in requests]
    cases = [case for each in prepared for case in each.cases]
    names = [each.request.connector for each in prepared for _ in each.cases]
    rulings = iter(_decided(hub, cases, names, moment, [one for each in prepared for one in each.questions]))
    return [each.chosen(list(islice(rulings, len(each.cases)))) for each in prepared]


@dataclass(frozen=True, slots=True)
class _Questions:
    """The questions about the cases of a `ConsentRequest`: one about each, then the second ones of some."""

    request: ConsentRequest
    declared: frozenset[str]
    cases: Sequence[Case]
    questions: Sequence[ConsentQuestion]
    seconds: Sequence[tuple[int, frozenset[str]]]
    """The place of the first question, and the fields that would be left out."""

    @classmethod
    def of(cls, hub: Hub, request: ConsentRequest, now: datetime) -> _Questions:
        """Those that the connector's manifest leads to."""
        manifest = hub.plugins.connectors[request.connector].manifest
        flow = manifest.flow(request.hook)
        use = flow.use if flow else "essential.service"
        declared = frozenset(share.field for share in flow.shares) if flow else frozenset()
        category_of = personal_fields(request.value_type)
        everything = declared_categories(manifest, request.hook, request.value_type)
        may_be_typed = declared | {"email"} if "email_domain" in declared else declared
        questions, again = list[ConsentQuestion](), list[ConsentQuestion]()
        seconds: list[tuple[int, frozenset[str]]] = []
        for index, case in enumerate(request.cases):
            typed = case.unproven & may_be_typed
            question = partial(question_about, case, manifest=manifest, use=use, now=now)
            questions.append(question(categories=everything, typed=typed))
            left_out = frozenset().union(*(KNOWN_BY[name] for name in typed))
            if typed and _is_identified(case, manifest, rest := declared - left_out):
                again.append(question(categories=frozenset(category_of[name] for name in rest), typed=frozenset()))
                seconds.append((index, left_out))
        cases = [*request.cases, *(request.cases[index] for index, _ in seconds)]
        return cls(request, declared, cases, [*questions, *again], seconds)

    def chosen(self, rulings: list[StoredDecision]) -> list[StoredDecision]:
        """One ruling per case, of those on all questions."""
        count = len(self.request.cases)
        for (index, left_out), of_rest in zip(self.seconds, rulings[count:], strict=True):
            keeps_number = self.cases[index].has_proven_number and "phone_number" in self.declared
            rulings[index] = _chosen(rulings[index], replace(of_rest, left_out=left_out), keeps_number)
        return rulings[:count]


KNOWN_BY = {"phone_number": frozenset({"phone_number", "country"}), "email": frozenset({"email", "email_domain"})}
"""Identifier that a form states → the fields that are known by it alone."""
STAYS_BACK = "What stands in the form, and is not surely its sender's, is left out."


def _is_identified(case: Case, manifest: Manifest, fields: Collection[str]) -> bool:
    """Whether one of the `fields` names the person or their browser to the recipient: without any, nothing is sent."""
    visit = case.sure_visit
    clicks = {name.lower() for name in visit.click_ids} if visit else set()
    own = {
        "phone_number": case.phone_number,
        "email": case.email,
        "email_domain": organization_domain(case.email),
        "click_ids": clicks.intersection(name.lower() for name in manifest.read_click_ids),
        "cookies": [name for name in (visit.cookies if visit else ()) if is_named(name, manifest.read_cookies)],
    }
    return any(own.get(name) for name in fields)


def _chosen(whole: StoredDecision, rest: StoredDecision, keeps_number: bool) -> StoredDecision:
    """The ruling on everything, or the one on the `rest`: if only that may be sent, or if it has the sender's own number and
    their yes, which covers nothing else that stands in the form."""
    if whole.allowed and not (keeps_number and rest.ad_permission == "granted"):
        return whole
    if whole.is_unanswered or not (rest.allowed or rest.is_unanswered):
        return whole
    rest.row.reason = f"{rest.row.reason} {STAYS_BACK}"
    return rest


def question_about(
    case: Case,
    *,
    manifest: Manifest,
    use: str,
    categories: frozenset[str],
    now: datetime,
    typed: frozenset[str] | None = None,
) -> ConsentQuestion:
    """May `categories` of the person of `case` go to the connector's recipient for `use`? At a company whose calls are about
    health, all data about a caller is health data too. `typed` are the identifiers of `case.unproven` that are among the
    data; None: all of them."""
    typed = case.unproven if typed is None else typed
    key = typed, len(case.facts)  # only the facts grow, by what an enricher answers
    if key not in case.described:
        case.described[key] = _what_is_known(case, typed)
    question = ConsentQuestion(
        use=use,
        categories=categories | {HEALTH} if case.company.sensitive == "health" else categories,
        recipient=manifest.recipient,
        recipient_regions=manifest.regions,
        at=now,
        **case.described[key],
    )
    refused = _refusals_of_named(case, question) if case.named else []
    return replace(question, records=(*question.records, *refused)) if refused else question


def _what_is_known(case: Case, typed: frozenset[str]) -> dict[str, Any]:
    """The part of a question that is about the person, and not about who would get their data."""
    return {
        "person_places": _places_of(case),
        "business_places": (Place(country=case.company.country, region=case.company.region, basis="business"),),
        "signals": _signals(case),
        "records": tuple(map(record_of, case.consent_entries)) + records_of_pages(case, typed),
        "age": _age_of(case),
    }


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
    return _decided(hub, cases, [connector] * len(cases), moment, questions)


def _decided(
    hub: Hub, cases: Sequence[Case], connectors: Sequence[str], moment: str, questions: Sequence[ConsentQuestion]
) -> list[StoredDecision]:
    decisions = hub.plugins.judge(questions) if questions else []
    if any(case.hub_may_refuse for case in cases):
        decisions = _held_by_hub(hub, cases, questions, decisions)
    return [
        StoredDecision(
            question, decision, decision_row(case.subject.id, connector, moment, question, decision, question.at)
        )
        for case, connector, question, decision in zip(cases, connectors, questions, decisions, strict=True)
    ]


def _held_by_hub(
    hub: Hub, cases: Sequence[Case], questions: Sequence[ConsentQuestion], decisions: list[Decision]
) -> list[Decision]:
    """The decisions after the hub's own refusals: policies, restrictions and opt-outs."""
    with hub.store.reading() as session:
        ((version, restriction, opt_out),) = read(session, _ANY_REFUSAL)
        if version:
            decisions = hold_to_policies(session, [case.company.account_id for case in cases], questions, decisions)
        if restriction:
            people = [{each.id for each in (case.person, *case.named) if each} for case in cases]
            held = restricted(session, set().union(*people))
            decisions = hold_to_restrictions([bool(each & held) for each in people], questions, decisions)
        if opt_out:
            opted_out = opt_outs_of(session, hub.vault, list(map(_known_by, cases)))
            decisions = hold_to_opt_outs(opted_out, questions, decisions)
    return decisions


def _known_by(case: Case) -> KnownBy:
    """The identifiers under which the person of a case may have opted out: each of their numbers, and each browser
    that may be theirs."""
    numbers = {case.phone_number, case.person.phone_number if case.person else None}
    browsers = {visit.visitor_id for visit in (*case.possible_visits, case.visit, case.sent_from) if visit}
    return KnownBy(case.company.id, frozenset(filter(None, numbers)), frozenset(filter(None, browsers)))


def disclosure_row(
    ruling: StoredDecision,
    case: Case,
    connector: str,
    recipient: str,
    categories: frozenset[str],
    now: datetime,
    **more: object,
) -> dict[str, Any]:
    """The row that records a disclosure: who received which data about whom, when, for what, and by which decision. At a
    company whose calls are about health, all of it is health data too, as in the question."""
    return {
        "id": new_id(),
        "person_id": case.person.id if case.person else None,
        "subject_id": case.subject.id,
        "connector": connector,
        "recipient": recipient,
        "use": ruling.question.use,
        "categories": sorted(categories | (ruling.question.categories & {HEALTH})),
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


def _signals(case: Case) -> tuple[Signal, ...]:
    signals = [
        Signal(kind=kind, at=visit.last_seen_at or visit.started_at, evidence=f"visit {visit.id}")
        for visit in case.possible_visits
        for kind in SIGNAL_KINDS
        if getattr(visit, kind)
    ]
    if case.reached_by_signal:
        signals.append(Signal(kind="gpc", at=case.at, evidence=case.reached_by_signal))
    if isinstance(case.subject, FormSubmission):
        at, evidence = case.subject.submitted_at, f"form {case.subject.id}"
        signals += [
            Signal(kind=kind, at=at, evidence=evidence) for kind in SIGNAL_KINDS if kind in case.subject.consent
        ]
    return tuple(signals)


SIGNAL_KINDS: tuple[Literal["gpc", "dnt"], ...] = ("gpc", "dnt")


def record_of(entry: ConsentEntry | RowOfTable[object]) -> ConsentRecord:
    """A consent record in the form that consent plugins read."""
    return ConsentRecord(
        state=entry.state,  # type: ignore[arg-type]
        use=entry.use,
        channel=entry.channel,
        at=entry.stated_at,
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


def decision_values(question: ConsentQuestion, decision: Decision, now: datetime) -> dict[str, object]:
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
