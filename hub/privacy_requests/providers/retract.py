"""Takes back the conversions of an erased person that ad networks were given.

A network cannot find a person in what was uploaded to it; the hub knows each conversion by its key. Some networks
require the click id or the hashed number of the upload again. So the retraction is built before the person is erased
here, from the fields that the manifest declares, and waits in the request until the network has answered. Source of the
duty: GDPR Art. 17(2) and 19, Cal. Civ. Code 1798.105(c)(1): recipients must be notified of an erasure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from pydantic import TypeAdapter
from sqlmodel import Session, col, select

from hub.contracts.conversions import Conversion, PendingReceipt, Receipt
from hub.contracts.manifest import CANNOT
from hub.delivery.payloads import build_payload
from hub.errors import NotSupported, Rejected, RetryLater
from hub.flow.case_loading import load_cases
from hub.flow.consent import ask
from hub.flow.subjects import read_subjects
from hub.hookspecs import ConversionHooks
from hub.model import ConversionRow, Delivery, PrivacyRequest
from hub.model.conversions import UPLOAD
from hub.model.states import OPEN_RETRACTION_STATES, DeliveryState, RetractionState
from hub.numbers.directory import read_directory
from hub.privacy.erasure import PersonData
from hub.privacy_requests.providers.disclose import note_disclosure
from hub.runtime import Hub

HOOK = UPLOAD
RETRACTIONS = "retractions"
"""Key in `PrivacyRequest.known_as` for the conversions to take back: connector → items."""
MAX_UNCONFIRMED = timedelta(days=7)
"""How long to wait for a network's diagnostics. After that, what it accepted counts as taken back."""
COUNTS = (DeliveryState.DELIVERED, DeliveryState.ACCEPTED)
"""States of a delivery that the network counts or may count."""

_conversion: TypeAdapter[Conversion] = TypeAdapter(Conversion)
Item = dict[str, Any]
"""One conversion to take back: as it is sent, its delivery, its data categories, and its progress."""


def retractable(session: Session, hub: Hub, reach: PersonData) -> dict[str, list[Delivery]]:
    """By connector, the latest delivery of each conversion that the network counts or may count. A try with an unknown
    result, or one that is under way, may have been counted too.
    """
    sent = select(Delivery).where(col(Delivery.subject_id).in_(reach.subjects), Delivery.hook == HOOK)
    latest: dict[tuple[str, str], Delivery] = {}
    for delivery in session.exec(sent.order_by(col(Delivery.made_at), col(Delivery.id))):
        if delivery.conversion_id and _may_count(delivery):
            latest[delivery.connector, delivery.item_key] = delivery
    found: dict[str, list[Delivery]] = {}
    for (connector, _), delivery in latest.items():
        if delivery.kind != "retract" and connector in hub.plugins.connectors:
            found.setdefault(connector, []).append(delivery)
    return found


def retractions(session: Session, hub: Hub, reach: PersonData) -> dict[str, list[Item]]:
    """The conversions to take back, by connector, as they will be sent. Call it before the person is erased.

    Consent decides here only which permissions are included, not whether to send: the law requires it.
    """
    now = hub.clock()
    found: dict[str, list[Item]] = {}
    for connector, deliveries in retractable(session, hub, reach).items():
        if not hub.plugins.connectors[connector].manifest.takes("retract"):
            found[connector] = [_bare(session, each) for each in deliveries]
            continue
        subjects = read_subjects(session, [each.subject_id for each in deliveries])
        cases = {case.subject.id: case for case in load_cases(session, read_directory(session), subjects, now)}
        known = [each for each in deliveries if each.subject_id in cases]
        rulings = ask(hub, [cases[each.subject_id] for each in known], connector, HOOK, Conversion, "send", now)
        for delivery, ruling in zip(known, rulings, strict=True):
            row = session.get_one(ConversionRow, delivery.conversion_id)
            plugin = hub.plugins.connectors[connector]
            payload = build_payload(
                _retraction(delivery, now), cases[delivery.subject_id], ruling, row, plugin, hub.refusals
            )
            found.setdefault(connector, []).append(
                {
                    "conversion": _conversion.dump_python(payload.value, mode="json"),  # type: ignore[arg-type]
                    "delivery": delivery.id,
                    "categories": sorted(payload.categories),
                    "state": RetractionState.WAITING,
                }
            )
    return found


def _bare(session: Session, delivery: Delivery) -> Item:
    """A conversion at a network that cannot take it back: nothing of the person, because nothing will be sent."""
    row = session.get_one(ConversionRow, delivery.conversion_id)
    known = {"key": row.key, "occurred_at": row.occurred_at.isoformat(), "destination": delivery.destination}
    return {"conversion": known, "delivery": delivery.id, "categories": [], "state": RetractionState.WAITING}


def _may_count(delivery: Delivery) -> bool:
    return delivery.state in COUNTS or (
        delivery.first_tried_at is not None and delivery.state not in (DeliveryState.REJECTED, DeliveryState.UNMATCHED)
    )


def _retraction(delivery: Delivery, now: datetime) -> Delivery:
    """A retraction of the delivered conversion without an outbox row of its own, because the person's rows are emptied
    before it can be retried.
    """
    same = ("connector", "hook", "item_key", "conversion_id", "subject_id", "amount", "currency", "destination")
    values = {name: getattr(delivery, name) for name in same}
    return Delivery(**values, kind="retract", dedup_key=delivery.dedup_key, due_at=now, made_at=now)


def take_back(hub: Hub, request: PrivacyRequest, connector: str) -> tuple[int, str | None, bool]:
    """Send what waits for one connector and poll what it accepted. Returns the number of conversions taken back, the
    network's remarks, and whether it refused any. RetryLater until each has its answer.
    """
    items: list[Item] = [dict(each) for each in request.known_as.get(RETRACTIONS, {}).get(connector, ())]
    try:
        _send(
            hub,
            request,
            connector,
            _sent_before(hub, [each for each in items if each["state"] == RetractionState.WAITING]),
        )
        _poll(hub, connector, [each for each in items if each["state"] == RetractionState.ACCEPTED])
    finally:
        _keep(hub, request.id, connector, items)
    open_ = [each for each in items if each["state"] in OPEN_RETRACTION_STATES]
    if open_:
        raise RetryLater(f"{len(open_)} conversions are not taken back yet; the network is asked again.")
    refused = [each for each in items if each["state"] == RetractionState.REFUSED]
    reasons = " ".join(sorted({str(each["reason"]) for each in items if each.get("reason")}))
    return sum(each["state"] == RetractionState.TAKEN_BACK for each in items), reasons or None, bool(refused)


def _sent_before(hub: Hub, items: Sequence[Item]) -> list[Item]:
    """The items whose conversion the network may have. What was under way when the erasure began may never have been
    sent.
    """
    with hub.store.reading() as session:
        rows = session.exec(select(Delivery).where(col(Delivery.id).in_([each["delivery"] for each in items])))
        left = {row.id for row in rows if _may_count(row)}
    for item in items:
        if item["delivery"] not in left:
            item["state"] = RetractionState.NEVER_SENT
    return [each for each in items if each["state"] == RetractionState.WAITING]


def _send(hub: Hub, request: PrivacyRequest, connector: str, items: Sequence[Item]) -> None:
    manifest = hub.plugins.connectors[connector].manifest
    limits = manifest.limits
    if not manifest.takes("retract"):
        for item in items:
            item |= {"state": RetractionState.REFUSED, "reason": f"It {CANNOT['retract']}."}
        return
    fresh: list[Item] = []
    for item in items:
        occurred_at = datetime.fromisoformat(item["conversion"]["occurred_at"])
        if limits.max_age is not None and hub.clock() - occurred_at > limits.max_age:
            item |= {
                "state": RetractionState.REFUSED,
                "reason": f"Changes are taken for {limits.max_age.days} days only.",
            }
        else:
            fresh.append(item)
    for start in range(0, len(fresh), limits.batch_size):
        batch = fresh[start : start + limits.batch_size]
        note_disclosure(
            hub, request, connector, {category for each in batch for category in each["categories"]}, [None]
        )
        conversions = [_conversion.validate_python(each["conversion"]) for each in batch]
        try:
            receipts = hub.plugins.call(connector, ConversionHooks.upload_conversions, conversions, False)
        except (NotSupported, Rejected) as error:
            receipts = [Receipt(key=each.key, status="rejected", reason=str(error)) for each in conversions]
        _settle(hub, batch, {each.key: each for each in receipts})


def _poll(hub: Hub, connector: str, items: Sequence[Item]) -> None:
    """Poll the diagnostics of what was accepted. After a week without any, it counts as taken back."""
    waiting = []
    for item in items:
        if hub.clock() - datetime.fromisoformat(item["accepted_at"]) > MAX_UNCONFIRMED:
            item |= {"state": RetractionState.TAKEN_BACK, "reason": "Accepted; the network has not confirmed it."}
        else:
            waiting.append(item)
    if not waiting or not hub.plugins.implements(connector, ConversionHooks.poll_receipts):
        return
    pending = [
        PendingReceipt(
            key=each["conversion"]["key"],
            reference=each["reference"] or "",
            accepted_at=datetime.fromisoformat(each["accepted_at"]),
            destination=each["conversion"]["destination"],
        )
        for each in waiting
    ]
    _settle(
        hub, waiting, {each.key: each for each in hub.plugins.call(connector, ConversionHooks.poll_receipts, pending)}
    )


def _settle(hub: Hub, items: Sequence[Item], receipts: Mapping[str, Receipt]) -> None:
    for item in items:
        receipt = receipts.get(item["conversion"]["key"])
        if receipt is None or receipt.status == "retry":
            item |= {"state": RetractionState.WAITING, "reason": receipt.reason if receipt else None}
        elif receipt.status == "accepted":
            since = item.get("accepted_at") or hub.clock().isoformat()
            reference = receipt.reference or item.get("reference")
            item |= {"state": RetractionState.ACCEPTED, "reference": reference, "accepted_at": since}
        elif receipt.status == "rejected":
            item |= {"state": RetractionState.REFUSED, "reason": receipt.reason or "The network gave no reason."}
        else:
            remark = None if receipt.status == "duplicate" else receipt.reason
            item |= {"state": RetractionState.TAKEN_BACK, "reason": remark}


def _keep(hub: Hub, request_id: str, connector: str, items: list[Item]) -> None:
    """Store each item's progress. A finished item keeps no data of the person."""
    for item in items:
        if item["state"] not in OPEN_RETRACTION_STATES:
            item["conversion"] = {name: item["conversion"][name] for name in ("key", "occurred_at", "destination")}
    with hub.store.writing() as session:
        request = session.get_one(PrivacyRequest, request_id)
        kept = {**request.known_as.get(RETRACTIONS, {}), connector: items}
        request.known_as = {**request.known_as, RETRACTIONS: kept}
        session.add(request)
