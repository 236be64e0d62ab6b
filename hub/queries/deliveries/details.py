"""Everything about one delivery: its tries, its conversion, the consent decision behind it, what else was sent of it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlmodel import Session, col, select

from hub.access.scope import AccessScope
from hub.errors import NotFound
from hub.model import Attempt, ConsentDecision, ConversionRow, Delivery, Disclosure
from hub.queries.deliveries.delivery_list import ListedDelivery, listed
from hub.queries.lists.delivery_filter import HOOKS
from hub.queries.lookup import typed
from hub.store.encryption.vault import Vault

MAX_ATTEMPTS = 200
MAX_VERSIONS = 50


@dataclass(frozen=True, kw_only=True)
class DeliveryDetails:
    """One delivery with its evidence."""

    row: Delivery
    listed: ListedDelivery
    conversion: ConversionRow | None
    attempts: list[Attempt]
    decision: ConsentDecision | None
    """The latest decision about it."""
    disclosures: list[Disclosure]
    versions: list[Delivery]
    """The other deliveries of the same conversion to the same connector, the oldest first."""


def one_delivery(session: Session, scope: AccessScope, vault: Vault, delivery_id: str) -> DeliveryDetails:
    """The delivery with this id; NotFound if the user may not see it, or if it is a text."""
    row = scope.one(session, Delivery, typed(delivery_id))
    if row.hook not in HOOKS:
        raise NotFound("Not found")
    tries = select(Attempt).where(Attempt.delivery_id == row.id)
    given = select(Disclosure).where(Disclosure.delivery_id == row.id).order_by(col(Disclosure.disclosed_at))
    same = select(Delivery).where(
        Delivery.connector == row.connector, Delivery.item_key == row.item_key, Delivery.id != row.id
    )
    return DeliveryDetails(
        row=row,
        listed=listed(session, scope, vault, [row])[0],
        conversion=session.get(ConversionRow, row.conversion_id) if row.conversion_id else None,
        attempts=list(session.exec(tries.order_by(col(Attempt.started_at), col(Attempt.id)).limit(MAX_ATTEMPTS))),
        decision=session.get(ConsentDecision, row.decision_id) if row.decision_id else None,
        disclosures=list(session.exec(given.limit(MAX_ATTEMPTS))),
        versions=list(session.exec(same.order_by(col(Delivery.made_at), col(Delivery.id)).limit(MAX_VERSIONS))),
    )
