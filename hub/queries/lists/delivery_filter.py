"""The filter of the lists of deliveries, for pages, commands, the API and MCP: its conditions, and the parts of its list.

Each part is read along one index from its newest entry on, so a page costs the same at a million deliveries.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
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
from hub.queries.lists.keyset import Part
from hub.queries.lists.plan import RowFilter, rows_of
from hub.reports.calendar import OwnDays, in_days
from hub.store.rows import indexless

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
class DeliveryFilter(RowFilter):
    """Selects deliveries."""

    TABLE, AT = Delivery, "made_at"
    EQUAL = {"connector": "connector", "subject": "subject_id"}
    companies: tuple[str, ...] | None = None
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
        mine = scope.select(Delivery).where(*self.conditions())
        if self.companies is not None:
            mine = mine.where(col(Delivery.company_id).in_(self.companies))
        return [mine.where(*state) for state in self._states()]

    def parts(self, session: Session, scope: AccessScope) -> list[Part]:
        """The parts of the list: of all states those of each company, else those of each state."""
        if self.companies is not None and self.state is None and self.subject is None:
            return rows_of(session, scope, Delivery, self.order, *self.conditions(), companies=self.companies)
        return [Part(query, self.order) for query in self.queries(scope)]

    def others(self) -> Iterator[Any]:
        """Of the hook, the days of companies, code and rule."""
        row: Any = Delivery
        if self.hooks is not None:
            yield row.hook.in_(self.hooks)
        if self.days:
            yield in_days(self.days, indexless(row.company_id), indexless(row.made_at, self.until))
        if self.code is not None:
            yield row.code.is_(None) if self.code == NO_CODE else row.code == self.code
        if self.rule is not None:
            made = select(ConversionRow.id).where(
                ConversionRow.id == row.conversion_id, ConversionRow.rule == self.rule
            )
            yield made.exists()

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
