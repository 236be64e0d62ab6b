"""Clicks: which click ids go with a conversion: of each network's kinds the newest that came before it and still counts."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta

from hub.flow.case import CLOCK_SLACK, Case
from hub.model import Visit
from hub.model.columns import CLICK_ID_LIFE

ONE_OF = (("gclid", "gbraid", "wbraid"),)
"""Kinds of which a network takes one: Google refuses gbraid and wbraid together, and each stands for the click alone."""


def click_ids(case: Case, occurred_at: datetime, kinds: Collection[str] | None = None) -> dict[str, str]:
    """The click ids of every visit known to be the person's, by parameter; only of these `kinds`, those that the network
    takes, where they are given.

    `occurred_at` is when the conversion happened: a click must have come before it, and not longer ago than its life.
    """
    newest: dict[str, tuple[datetime, str]] = {}
    for name, at, value in _clicks(case):
        fits = (
            kinds is None or name in kinds
        ) and timedelta() <= occurred_at + CLOCK_SLACK - at <= CLICK_ID_LIFE + CLOCK_SLACK
        if fits and (name not in newest or at > newest[name][0]):
            newest[name] = (at, value)
    for alternatives in ONE_OF:
        present = [name for name in alternatives if name in newest]
        for name in set(present) - {max(present, key=lambda name: newest[name][0], default="")}:
            del newest[name]
    return {name: value for name, (_, value) in newest.items()}


def clicked_at(visit: Visit, name: str) -> datetime:
    """When a visit's click id came."""
    later = visit.clicked_at.get(name)
    return datetime.fromisoformat(later) if later else visit.started_at


def _clicks(case: Case) -> Iterator[tuple[str, datetime, str]]:
    """What the attribution holds first: its visit may be gone by now. Of visits that are not surely the person's nothing."""
    attribution = case.attribution
    if attribution is not None and attribution.clicked_at is not None and case.is_sure:
        for name, value in attribution.click_ids.items():
            yield name, attribution.clicked_at, value
    for visit in case.sure_visits:
        for name, value in visit.click_ids.items():
            yield name, clicked_at(visit, name), value
