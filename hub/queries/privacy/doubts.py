"""Texts that may ask for a stop and on which nobody has decided, each with the text that it answers."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, func
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from hub.model import Company, TextMessage
from hub.model.messages import OPEN_DOUBTS
from hub.queries.masking import partly
from hub.runtime import Hub
from hub.texts.bodies import open_bodies

MAX_DOUBTS = 50


@dataclass(frozen=True)
class DoubtShown:
    """One text that may ask for a stop."""

    id: str
    company: str
    """The company's title."""
    who: str
    """The number, masked."""
    words: str | None
    """What they wrote; None if it is gone."""
    at: datetime
    answers: TextMessage | None
    """The newest text to them before."""


def open_doubts_of(session: Session, hub: Hub, companies: Collection[str]) -> list[DoubtShown]:
    """The undecided texts of some companies, oldest first."""
    wanted = (OPEN_DOUBTS, col(TextMessage.person_number).is_not(None), col(TextMessage.company_id).in_(companies))
    oldest = select(TextMessage).where(*wanted).order_by(col(TextMessage.at), col(TextMessage.id)).limit(MAX_DOUBTS)
    texts = session.exec(oldest).all()
    if not texts:
        return []
    before = aliased(TextMessage)
    earlier = (
        select(func.max(before.at))
        .where(
            before.company_id == TextMessage.company_id,
            before.person_number == TextMessage.person_number,
            before.direction == "out",
            before.at <= TextMessage.at,
        )
        .correlate(TextMessage)
        .scalar_subquery()
    )
    sent = aliased(TextMessage)
    answered = session.execute(
        select(TextMessage.id, sent)
        .join(
            sent,
            and_(
                col(sent.company_id) == col(TextMessage.company_id),
                col(sent.person_number) == col(TextMessage.person_number),
                col(sent.direction) == "out",
                col(sent.at) == earlier,
            ),
        )
        .where(col(TextMessage.id).in_([each.id for each in texts]))
    )
    by_text = {row[0]: row[1] for row in answered}
    titles = dict(session.exec(select(Company.id, Company.title).where(col(Company.id).in_(companies))).all())
    bodies = open_bodies(hub.vault, session, texts)
    return [
        DoubtShown(
            each.id,
            titles.get(each.company_id or "", ""),
            partly(each.person_number),
            bodies.get(each.id),
            each.at,
            by_text.get(each.id),
        )
        for each in texts
    ]
