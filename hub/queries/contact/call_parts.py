"""Parts of calls that need more than one table: how often a caller called, pages seen before, keys pressed."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func
from sqlalchemy import select as select_columns
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from hub.model import Attribution, Call, CallStep, PageView

PRESSED = re.compile(r"key ([0-9*#]):")
"""How a step of a menu says which key was pressed (hub.config.callflow.walk)."""


def counts(session: Session, ids: Sequence[str]) -> dict[str, tuple[int, int]]:
    """How often the caller had called the company before, and how often in all; of a hidden number only this call."""
    one, other = aliased(Call), aliased(Call)
    same = (col(other.caller_number) == one.caller_number, col(other.company_id) == one.company_id)
    number = select_columns(func.count()).select_from(other)
    before = number.where(*same, col(other.started_at) < one.started_at).correlate(one).scalar_subquery()
    ever = number.where(*same).correlate(one).scalar_subquery()
    rows = session.execute(select_columns(col(one.id), before, ever).where(col(one.id).in_(ids)))
    return {call_id: (int(earlier), max(1, int(all_calls))) for call_id, earlier, all_calls in rows}


def last_pages(session: Session, calls: Sequence[Call], causes: Mapping[str, Attribution]) -> dict[str, str]:
    """The last page that each caller saw before the call."""
    of_visits = {call.id: causes[call.id].visit_id for call in calls if call.id in causes and causes[call.id].visit_id}
    if not of_visits:
        return {}
    call: Any = aliased(Call)
    page: Any = aliased(PageView)
    cause: Any = aliased(Attribution)
    latest = select_columns(func.max(page.id)).where(page.visit_id == cause.visit_id, page.at <= call.started_at)
    joined = select_columns(col(call.id), latest.correlate(call, cause).scalar_subquery())
    request = joined.join(cause, col(cause.subject_id) == call.id).where(col(call.id).in_(of_visits))
    pages = {call_id: page_id for call_id, page_id in session.execute(request) if page_id}
    urls = select_columns(col(PageView.id), col(PageView.url)).where(col(PageView.id).in_(set(pages.values())))
    addresses = dict(session.execute(urls).all())
    return {call_id: url for call_id, page_id in pages.items() if (url := addresses.get(page_id))}


def keys(session: Session, calls: Sequence[Call]) -> dict[str, str]:
    """The keys that each caller pressed in menus."""
    by_carrier = {(call.connector, call.carrier_call_id): call.id for call in calls}
    menus = select(CallStep).where(
        col(CallStep.connector).in_({connector for connector, _ in by_carrier}),
        col(CallStep.carrier_call_id).in_({carrier_id for _, carrier_id in by_carrier}),
        CallStep.do == "menu",
    )
    pressed: dict[str, str] = defaultdict(str)
    for step in session.exec(menus.order_by(col(CallStep.at), col(CallStep.position))):
        call_id = by_carrier.get((step.connector, step.carrier_call_id))
        key = PRESSED.match(step.result or "")
        if call_id and key:
            pressed[call_id] += key[1]
    return pressed
