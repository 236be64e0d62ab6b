"""Erasure: first a readable plan, then the hub's own data, then every provider, until each has answered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import delete
from sqlmodel import Session, col, select

from hub.contracts.manifest import CANNOT
from hub.model import Company, IdentityProof, PrivacyRequest, RequestTask
from hub.model.states import RequestState
from hub.privacy.datamap.recipients import recipients_of
from hub.privacy.erasure import ErasedPerson, NotKnown, PersonData, erase_person, erase_unowned, plan_erasure
from hub.privacy.erasure.reach import NO_DATA
from hub.privacy.holds import on_hold
from hub.privacy.receivers import receivers_of
from hub.privacy_requests import receivers
from hub.privacy_requests.access_file import drop_file
from hub.privacy_requests.collect import reach_of_request, recipients
from hub.privacy_requests.people import (
    PEOPLE_KEY,
    ROWS_KEY,
    holds_on,
    known_people,
    people_of,
    reached,
    reference_of,
    rows_without_person,
)
from hub.privacy_requests.providers import retract
from hub.privacy_requests.providers.retract import RETRACTIONS, retractable, retractions
from hub.privacy_requests.providers.scope import SCOPES_KEY, Scope, scopes_of
from hub.privacy_requests.providers.stand_ins import stand_ins
from hub.privacy_requests.steps import RequestRefused, take_step
from hub.runtime import Hub
from hub.store.journal import touch
from hub.store.rows import write_rows
from hub.store.tombstones import ErasedRows, journal_of, write_tombstones

HOOK = "erase_person"
KEPT_AT = "kept_at"
"""Key in `PrivacyRequest.outcome` of a request of the hub itself: connectors that are not asked to erase the person."""
CARRIED_OVER = ("parent", KEPT_AT)
"""What of the outcome stays when the erasure begins."""
LOG = "log"
"""Key in `PrivacyRequest.known_as` that keeps the person's ids in the record of disclosures until the erasure is
finished.
"""
WHAT_REMAINS = (
    "Keyed hashes that keep your text opt-out and your opt-out of sale, sharing and advertising; they identify nobody.",
    "The consent ledger, the decisions and the record of disclosures, under a random number that no longer identifies "
    "anyone.",
    "This request, without your number and address, for 24 months.",
    "Your name, if somebody wrote it into a tag, a note or a reason that is about somebody else: it cannot be told from other "
    "words. Your number and address are taken out there.",
)


def plan(session: Session, hub: Hub, request: PrivacyRequest) -> dict[str, Any]:
    """What an erasure would do: rows by table, providers to ask, and what cannot be recalled and why. Changes nothing.

    `held_by` are the legal holds that block it.
    """
    people, kept = people_of(session, request), on_hold(session, hub.config, hub.clock(), hub.vault).reach
    rows = plan_erasure(session, hub, reached(session, request), kept)
    reach = reach_of_request(session, hub, request) - kept
    ask = questions_to(hub, scopes_of(session, hub, request, reach, HOOK))
    back = {name: len(found) for name, found in retractable(session, hub, reach).items()}
    notify = _to_notify(session, hub, request, reach)
    return {
        "people": len(people),
        "rows": dict(sorted(rows.items())),
        "ask": ask,
        "take_back": _take_back(hub, back),
        "notify": notify,
        "not_recallable": not_recallable(session, hub, request, reach, ask, notify),
        "rehearsal": stand_ins(hub, [*back, *(each["connector"] for each in ask)]),
        "remains": list(WHAT_REMAINS),
        "held_by": [{"id": hold.id, "reason": hold.reason} for hold in holds_on(session, hub, request, people)],
    }


def _to_notify(session: Session, hub: Hub, request: PrivacyRequest, reach: PersonData) -> list[dict[str, Any]]:
    company = session.get_one(Company, request.company_id)
    found = receivers_of(session, hub.config, company, reach.people, reach.subjects | reach.outgoing_calls)
    return receivers.shown(found)


def questions_to(hub: Hub, scopes: Mapping[str, Scope]) -> list[dict[str, Any]]:
    """The providers to ask to erase the person, each with its manifest's note and the number of records known there."""
    return [
        {
            "connector": name,
            "recipient": manifest.recipient.name,
            "note": manifest.deletion.note,
            "known_records": len(scope["provider_ids"]),
        }
        for name, scope in scopes.items()
        for manifest in [hub.plugins.connectors[name].manifest]
    ]


def _take_back(hub: Hub, conversions: Mapping[str, int]) -> list[dict[str, Any]]:
    """The networks at which conversions are taken back, how many, and a note if the network cannot do it."""
    return [
        {
            "connector": name,
            "recipient": manifest.recipient.name,
            "conversions": count,
            "note": "" if manifest.takes("retract") else f"It {CANNOT['retract']}.",
        }
        for name, count in conversions.items()
        for manifest in [hub.plugins.connectors[name].manifest]
    ]


def not_recallable(
    session: Session,
    hub: Hub,
    request: PrivacyRequest,
    reach: PersonData,
    ask: Sequence[Mapping[str, object]],
    notify: Sequence[Mapping[str, object]],
) -> list[dict[str, object]]:
    """Recipients of the person's data that are neither asked to erase it nor notified by a webhook: when they got it, and why
    not, as the manifest says.
    """
    able = {each["recipient"] for each in [*ask, *notify]}
    manifests = [each.connector_class.manifest for each in recipients_of(hub.config).values()]
    notes = {each.recipient.name: each.deletion.note for each in manifests}
    by_recipient: dict[str, dict[str, Any]] = {}
    for row in recipients(session, hub, reach, request):
        name = row["recipient"]
        if name in able:
            continue
        entry = by_recipient.setdefault(
            name, {"recipient": name, "first": row["disclosed_at"].isoformat(), "categories": []}
        )
        entry["last"] = row["disclosed_at"].isoformat()
        entry["categories"] = sorted({*entry["categories"], *row["categories"]})
        entry["why"] = notes.get(name, "The connector is no longer configured, so it cannot be asked.")
    return list(by_recipient.values())


def erase(hub: Hub, request_id: str, actor: str) -> None:
    """Erase the person in the hub and store which providers to ask; `hub.privacy_requests.run` asks them.

    A legal hold stops it before anything is changed; RequestRefused then gives the reason. After a failure, run it
    again: it does what was left.
    """
    now = hub.clock()
    with hub.store.writing() as session:
        request = session.get_one(PrivacyRequest, request_id)
        people = people_of(session, request)
        holds = holds_on(session, hub, request, people)
        if holds:
            if request.state != RequestState.HELD:
                request.outcome = {**request.outcome, "held_by": [each.reason for each in holds]}
                take_step(session, request, actor, "held", f"{len(holds)} legal holds", now, RequestState.HELD)
            reason = "; ".join(hold.reason for hold in holds)
    if holds:
        raise RequestRefused(f"A legal hold keeps this data: {reason}. It can be erased after the hold is lifted.")
    with hub.store.writing() as session:
        request = session.get_one(PrivacyRequest, request_id)
        # An unknown person has at least the text with their code here. Create a person, so that it can be erased.
        if "asked" not in request.outcome:
            known_people(session, request, now)
            people = people_of(session, request)
        if "asked" not in request.outcome:
            known = reference_of(session, request, people)
            reach = reach_of_request(session, hub, request) - on_hold(session, hub.config, now, hub.vault).reach
            left_alone, names = request.outcome.get(KEPT_AT, ()), known.phone_numbers or known.emails
            scopes = {
                name: scope
                for name, scope in scopes_of(session, hub, request, reach, HOOK).items()
                if name not in left_alone and (names or scope["provider_ids"] or scope["item_keys"])
            }
            # The conversions of a company that ends are its own results; it decides on them at its ad accounts.
            back = {} if KEPT_AT in request.outcome else retractions(session, hub, reach)
            # Store what the providers will be asked for: the rows that contain it are emptied before they answer.
            request.known_as = {
                **{name: ids for name, ids in request.known_as.items() if name in (PEOPLE_KEY, ROWS_KEY)},
                "phone_numbers": list(known.phone_numbers),
                "emails": list(known.emails),
                SCOPES_KEY: scopes,
                RETRACTIONS: back,
                LOG: {"people": sorted(reach.people), "subjects": sorted(reach.subjects | reach.outgoing_calls)},
            }
            ask = questions_to(hub, scopes)
            request.outcome = {
                **{name: outcome for name, outcome in request.outcome.items() if name in CARRIED_OVER},
                "people": len(people),
                "asked": ask,
                "take_back": _take_back(hub, {name: len(found) for name, found in back.items()}),
                "not_recallable": not_recallable(
                    session, hub, request, reach, ask, _to_notify(session, hub, request, reach)
                ),
                "rows": {},
                "keys": 0,
                "files": 0,
            }
            wanted = [*((HOOK, each["connector"]) for each in ask), *((retract.HOOK, name) for name in back)]
            tasks = [RequestTask(request_id=request.id, hook=hook, connector=name, due_at=now) for hook, name in wanted]
            write_rows(session, RequestTask, tasks)
            drop_file(session, hub, request)
            take_step(session, request, actor, "running", "erasure begun", now, RequestState.RUNNING)
    with hub.store.reading() as session:
        kept = on_hold(session, hub.config, now, hub.vault).reach
    for person in people:
        if person.id in kept.people:
            continue
        try:
            done = erase_person(hub, person.id, kept)
        except NotKnown:  # erased with another row of the same request
            continue
        _add_up(hub, request_id, done, actor)
    unowned = rows_without_person(request)
    if unowned != NO_DATA:
        _add_up(hub, request_id, erase_unowned(hub, request.company_id, unowned), actor)
    with hub.store.writing() as session:
        request = session.get_one(PrivacyRequest, request_id)
        if "erased_at" not in request.outcome:
            now = hub.clock()
            request.outcome = {**request.outcome, "erased_at": now.isoformat(), "erased_by": actor}
            receivers.notify(session, hub, request, request.known_as.get(LOG, {}), now)
            session.add(request)


def _add_up(hub: Hub, request_id: str, done: ErasedPerson, actor: str) -> None:
    """Add what was erased to the outcome of the request."""
    with hub.store.writing() as session:
        request = session.get_one(PrivacyRequest, request_id)
        outcome = request.outcome
        rows = Counter(outcome["rows"]) + done.rows
        request.outcome = {
            **outcome,
            "rows": dict(sorted(rows.items())),
            "keys": outcome["keys"] + done.keys,
            "files": outcome["files"] + done.files,
        }
        take_step(session, request, actor, "erased", f"{done.rows.total()} rows, {done.keys} keys", hub.clock())


def forget_who(session: Session, hub: Hub, request: PrivacyRequest) -> None:
    """Empty the personal data in this request and in the person's earlier ones, and delete the files made for them."""
    same = select(PrivacyRequest).where(
        PrivacyRequest.company_id == request.company_id, PrivacyRequest.fingerprint == request.fingerprint
    )
    for each in session.exec(same):
        if each.id == request.id or each.closed_at is not None:
            drop_file(session, hub, each)
            each.phone_number = each.email = each.evidence = None
            each.known_as, each.correction = {}, None
            keys = hub.vault.destroy_keys(session, [hub.vault.holder(session, each.company_id, None, each.id)])
            write_tombstones(session, journal_of(hub.config.hub), ErasedRows(frozenset(keys), frozenset()), hub.clock())
            session.add(each)
            touch(session, IdentityProof, col(IdentityProof.request_id) == each.id)
            session.execute(delete(IdentityProof).where(col(IdentityProof.request_id) == each.id))
