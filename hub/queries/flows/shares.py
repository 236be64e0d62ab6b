"""How the ways of a `split` compare, such as two greetings: how many callers a person answers, leave a message, or hang up."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, case, distinct, func
from sqlmodel import Session, select

from hub.config.callflow.branches import SHARE
from hub.model import Call, CallStep

PERIOD = timedelta(days=30)
MIN_CALLS = 100
"""Calls on each way below which a difference says little."""


@dataclass(frozen=True)
class ShareOfCalls:
    """The finished calls that went one way of a `split`."""

    company_id: str
    step: str
    way: str
    calls: int
    stayed: int
    """A person answered."""
    messages: int
    """Nobody answered, and the caller left a message."""

    @property
    def hung_up(self) -> int:
        """The others."""
        return self.calls - self.stayed - self.messages


def shares_of(session: Session, companies: Collection[str], now: datetime) -> list[ShareOfCalls]:
    """The ways of each `split` of these companies (ids), with their calls of the last 30 days; spam is left out."""
    step: Any = CallStep
    call: Any = Call
    answered = call.answered_at.is_not(None)
    message = and_(~answered, call.voicemail)
    counts: Any = [
        func.count(distinct(each)) for each in (call.id, case((answered, call.id)), case((message, call.id)))
    ]
    named: Any = (step.company_id, step.step, step.result)
    query = (
        select(*named, *counts)
        .join(call, and_(call.connector == step.connector, call.carrier_call_id == step.carrier_call_id))
        .where(
            step.do == "split",
            step.company_id.in_(companies),
            step.at > now - PERIOD,
            call.ended_at.is_not(None),
            call.spam.is_not(True),
        )
        .group_by(*named)
        .order_by(*named)
    )
    return [
        ShareOfCalls(company, name, (result or "").removeprefix(f"{SHARE} ").partition(":")[0], *map(int, figures))
        for company, name, result, *figures in session.execute(query)
    ]
