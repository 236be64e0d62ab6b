"""The filter of the lists of deliveries, for pages, commands, the API and MCP: its conditions, and the parts of its list.

Each part is read along one index from its newest entry on, so a page costs the same at a million deliveries.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from hub.access.scope import AccessScope
from hub.contracts.conversions import UNVERIFIABLE
from hub.model import ConversionRow, Delivery
from hub.model.columns import storable
from hub.model.conversions import LOG, UPLOAD, is_shown_as
from hub.model.states import REPLAYABLE_DELIVERY_STATES, DeliveryState
from hub.privacy.policies.gate import NOT_ACCEPTED, NOT_IN_FORCE
from hub.queries.conversions.drift import counted_differently
from hub.queries.lists.filters import MAX_VALUE_CHARACTERS
from hub.queries.lists.keyset import Part, newest_first
from hub.queries.lists.plan import indexless, rows_of
from hub.reports.calendar import OwnDays, in_days

HOOKS = (UPLOAD, LOG)
"""Conversions and log entries of calls; texts have a page of their own."""
NEEDS_YOU, SET_ASIDE, DRIFT = "open", "aside", "drift"
"""Choices beside the states: what ended without success and waits for somebody, what somebody set aside, and what the
network counts differently from the hub."""
MENDABLE_HOLDS = ("hub.no-answer", "hub.silence", NOT_ACCEPTED, NOT_IN_FORCE)
"""Codes of held deliveries that somebody can mend; the other holds are the person's own right, and final."""
NO_CODE = "none"
"""The filter on code for deliveries without one."""
STATES = (*map(str, DeliveryState), UNVERIFIABLE, NEEDS_YOU, SET_ASIDE, DRIFT)
TEXTS = ("connector", "rule", "code", "subject")
"""The filters that any text may be the value of."""


@dataclass(frozen=True, kw_only=True)
class DeliveryFilter:
    """Selects deliveries; None leaves a condition out."""

    companies: tuple[str, ...] | None = None
    since: datetime | None = None
    until: datetime | None = None
    days: tuple[OwnDays, ...] = ()
    """The period as each company has it, if they are in several time zones; `since` and `until` are around it all."""
    state: str | None = None
    """A `DeliveryState`, UNVERIFIABLE, NEEDS_YOU, SET_ASIDE or DRIFT."""
    connector: str | None = None
    rule: str | None = None
    code: str | None = None
    subject: str | None = None
    """The id of a call, text or form."""
    hooks: tuple[str, ...] | None = HOOKS

    @property
    def texts(self) -> dict[str, str]:
        """The conditions beside state and period that are set, by name; no index answers them alone."""
        return {name: value for name in TEXTS if (value := getattr(self, name)) is not None}

    def queries(self, scope: AccessScope) -> list[Any]:
        """Queries for rows of `Delivery` that the user may see; no row is in two of them."""
        mine = scope.select(Delivery).where(*self._conditions())
        if self.companies is not None:
            mine = mine.where(col(Delivery.company_id).in_(self.companies))
        return [mine.where(*state) for state in self._states()]

    def parts(self, session: Session, scope: AccessScope) -> list[Part]:
        """The parts of the list: of all states those of each company, else those of each state."""
        order = newest_first(Delivery.made_at, Delivery.id)
        if self.companies is not None and self.state is None and self.subject is None:
            return rows_of(session, scope, Delivery, order, *self._conditions(), companies=self.companies)
        return [Part(query, order) for query in self.queries(scope)]

    def _conditions(self) -> list[object]:
        row: Any = Delivery
        chosen = [] if self.hooks is None else [row.hook.in_(self.hooks)]
        if self.since is not None:
            chosen.append(row.made_at >= self.since)
        if self.until is not None:
            chosen.append(row.made_at < self.until)
        if self.days:
            chosen.append(in_days(self.days, indexless(row.company_id), indexless(row.made_at, self.until)))
        if self.connector is not None:
            chosen.append(row.connector == self.connector)
        if self.code is not None:
            chosen.append(row.code.is_(None) if self.code == NO_CODE else row.code == self.code)
        if self.subject is not None:
            chosen.append(row.subject_id == self.subject)
        if self.rule is not None:
            made = select(ConversionRow.id).where(
                ConversionRow.id == row.conversion_id, ConversionRow.rule == self.rule
            )
            chosen.append(made.exists())
        return chosen

    def _states(self) -> list[list[Any]]:
        state: Any = col(Delivery.state)
        aside: Any = col(Delivery.set_aside_at)
        if self.state == NEEDS_YOU:
            held = [state == DeliveryState.HELD, aside.is_(None), col(Delivery.code).in_(MENDABLE_HOLDS)]
            return [[state == each, aside.is_(None)] for each in (DeliveryState.REJECTED, DeliveryState.DEAD)] + [held]
        if self.state == SET_ASIDE:
            return [[state == each, aside.is_not(None)] for each in REPLAYABLE_DELIVERY_STATES]
        if self.state == DRIFT:
            return [counted_differently()]
        return [[]] if self.state is None else [[is_shown_as(self.state)]]


def delivery_filter_of(
    query: Mapping[str, str], companies: tuple[str, ...], days: Sequence[OwnDays] = ()
) -> DeliveryFilter:
    """The filter that a query string describes, without a state that does not exist. A contact's own deliveries are selected
    whatever the period."""
    texts: dict[str, Any] = {
        name: storable(query.get(name, ""))[:MAX_VALUE_CHARACTERS].strip() or None for name in TEXTS
    }
    state = query.get("state")
    wanted = DeliveryFilter(companies=companies, state=state if state in STATES else None, **texts)
    if wanted.subject is not None or not days:
        return wanted
    begins, ends = min(each.begins for each in days), max(each.ends for each in days)
    return replace(wanted, since=begins, until=ends, days=tuple(days) if len(days) > 1 else ())
