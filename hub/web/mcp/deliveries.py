"""The tools on what leaves the hub: why a delivery is in its state, and why a contact's conversions were not sent."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from hub.contracts.titles import connector_title
from hub.model import Attempt, ConsentDecision, ConversionRow, Delivery, Lead
from hub.model.conversions import UPLOAD
from hub.model.states import REPLAYABLE_DELIVERY_STATES, DeliveryState
from hub.numbers.directory import read_directory
from hub.queries.contact.find import find_contact
from hub.queries.contact.sent import sent_of
from hub.queries.contact.view import read_parts, view_of
from hub.queries.conversions.dry_run import DryRunItem, dry_run
from hub.queries.conversions.lead_recipients import LeadRecipient, lead_recipients
from hub.queries.deliveries.advice import story_of
from hub.queries.deliveries.details import one_delivery
from hub.web.mcp.reader import UNTRUSTED, Reader

WAITING = (DeliveryState.READY, DeliveryState.LEASED)
NOT_SENT = (*REPLAYABLE_DELIVERY_STATES, DeliveryState.QUARANTINED, *WAITING)
MAX_EXPLAINED = 20
SHORTEST = timedelta(microseconds=1)


def explain_delivery(reader: Reader, delivery_id: str) -> dict[str, Any]:
    """One delivery: its state, why, each attempt, what consent said, and what can be done."""
    scope = reader.scope("deliveries")
    with reader.session(scope) as session:
        found = one_delivery(session, scope, reader.hub.vault, delivery_id)
    subject = found.listed.subject
    reader.note("explain_delivery", found.row.id)
    return {
        **_explained(reader, found.row, found.conversion, found.attempts, found.decision),
        "contact": {
            "id": subject.id,
            "kind": subject.kind,
            "at": subject.at,
            UNTRUSTED: {"name": reader.words(subject.name), "number": reader.number(subject.number)},
        }
        if subject
        else None,
        "personal_data_that_went": sorted({name for each in found.disclosures for name in each.categories}),
        "other_versions": [{"id": each.id, "kind": each.kind, "state": each.shown_state} for each in found.versions],
    }


def why_conversion_held(reader: Reader, contact_id: str) -> dict[str, Any]:
    """What became of each conversion of a contact, and what the rules would do now."""
    calls, texts = reader.scope("calls"), reader.scope("texts") if reader.may("texts") else None
    scope = reader.scope("deliveries")
    with reader.session(calls) as session:
        subject = find_contact(session, calls, texts, contact_id)
        view = view_of(session, reader.hub.vault, subject)
        read_parts([view], "company")
        lead = session.get(Lead, subject.id)
        sent = [each.delivery for each in sent_of(session, subject.id) if each.delivery.hook == UPLOAD]
    with reader.session(scope) as session:
        details = [one_delivery(session, scope, reader.hub.vault, each.id) for each in sent[:MAX_EXPLAINED]]
    made = [_explained(reader, each.row, each.conversion, each.attempts, each.decision) for each in details]
    reader.note("why_conversion_held", subject.id)
    with reader.hub.store.reading() as session:
        directory = read_directory(session)
    found = dry_run(
        reader.hub,
        directory,
        scope,
        reader.hub.config.conversions,
        [view.company_id],
        view.at,
        view.at + SHORTEST,
    )
    would = [_would(reader, each) for each in found.items if each.subject_id == subject.id]
    as_lead = lead_recipients(reader.hub, directory, subject.id, view.company.name, lead)
    return {
        "answer": _answer(sent, would),
        "conversions": made,
        "the_rules_now": would,
        "as_a_lead": {
            "status": as_lead.status,
            "is_marked": as_lead.is_marked,
            "goes_to": [_heard(reader, each) for each in as_lead.recipients],
            "goes_nowhere": as_lead.reason or None,
        },
        "note": "the_rules_now is what the rules of config.yaml would do today with this contact itself, and as_a_lead who "
        "hears of it as a lead, as it is marked or once it is. Rules on CRM outcomes act later.",
    }


def _answer(deliveries: Sequence[Delivery], would: Sequence[dict[str, Any]]) -> str:
    if not deliveries:
        return (
            "No conversion was made of this contact, and none would be made now: no conversion rule matches it."
            if not would
            else "No conversion was made of this contact yet; see what the rules would do now."
        )
    stuck = [each for each in deliveries if each.state in NOT_SENT]
    if not stuck:
        return f"Nothing is held: {len(deliveries)} of {len(deliveries)} were taken by their recipients."
    held = sum(each.state == DeliveryState.HELD for each in stuck)
    waiting = sum(each.state in WAITING for each in stuck)
    return (
        f"{len(stuck)} of {len(deliveries)} have not arrived: consent holds {held}, {waiting} wait to be sent, "
        f"{len(stuck) - held - waiting} were refused or given up. Each says why."
    )


def _explained(
    reader: Reader,
    row: Delivery,
    conversion: ConversionRow | None,
    attempts: Sequence[Attempt],
    decision: ConsentDecision | None,
) -> dict[str, Any]:
    to = connector_title(row.connector, reader.hub.plugins.connectors)
    why, next_step = story_of(row, decision, to)
    return {
        "id": row.id,
        "to": to,
        "connector": row.connector,
        "kind": row.kind,
        "rule": conversion.rule if conversion else None,
        "amount": row.amount,
        "currency": row.currency,
        "state": row.shown_state,
        "code": row.code,
        "why": reader.said(why),
        "next_step": next_step,
        "made_at": row.made_at,
        "finished_at": row.finished_at,
        "can_be_sent_again": row.state in REPLAYABLE_DELIVERY_STATES,
        "consent": _consent(reader, decision) if decision else None,
        "attempts": [
            {"at": each.started_at, "result": each.shown_result, "code": each.code, UNTRUSTED: reader.said(each.reason)}
            for each in attempts
        ],
        UNTRUSTED: reader.said({"reason": row.reason, "reference": row.reference}),
    }


def _consent(reader: Reader, decision: ConsentDecision) -> dict[str, Any]:
    return {
        "verdict": decision.verdict,
        "rule": decision.rule_id,
        "reason": reader.said(decision.reason),
        "use": decision.use,
        "opinions": [
            reader.said({name: each.get(name) for name in ("connector", "verdict", "rule", "reason")})
            for each in decision.opinions
        ],
    }


def _heard(reader: Reader, each: LeadRecipient) -> dict[str, Any]:
    value = each.value
    return {
        "to": each.name, "connector": each.connector, "rule": each.rule, "state": each.state,
        "reason": reader.said(each.reason), "with_click": each.with_click,
        "amount": value.amount if value else None, "currency": value.currency if value else None,
    }  # fmt: skip


def _would(reader: Reader, item: DryRunItem) -> dict[str, Any]:
    """What a rule would do: `refused_by` is consent, the provider's rules, its age limit or the rule itself."""
    to = connector_title(item.connector, reader.hub.plugins.connectors) if item.connector else None
    return {
        "rule": item.rule,
        "to": to,
        "would_be_sent": item.refusal is None,
        "refused_by": item.refusal.says if item.refusal else None,
        "code": item.refusal.code if item.refusal else None,
        "reason": reader.said(item.refusal.reason) if item.refusal else None,
        "fields_that_the_plugin_does_not_take": list(item.kept_back),
        "fields_that_are_not_surely_the_senders": sorted(item.ruling.left_out) if item.ruling else [],
    }
