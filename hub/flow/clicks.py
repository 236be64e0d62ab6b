"""Selects the click ids of a conversion: for each kind of a network, the newest that came before it and is still
valid."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta

from hub.flow.case import CLOCK_SLACK, Case
from hub.model import Visit
from hub.model.columns import CLICK_ID_RETENTION

OF_ONE_CLICK = (("gclid", "gbraid", "wbraid"),)
"""Kinds with which a network names one click: those of its newest click are kept."""
NEVER_TOGETHER = (("gbraid", "wbraid"),)
"""Google refuses these two together, and takes a gclid beside either."""


def newest_clicks(
    case: Case, occurred_at: datetime, kinds: Collection[str] | None = None
) -> dict[str, tuple[datetime, str]]:
    """The click ids of every visit known to be the person's, by parameter, each with the time of the click. `kinds`, if
    given, are the ones that the network accepts, as it spells them.

    `occurred_at` is when the conversion happened: a click must have come before it, and within its lifetime. One that seems
    to be a moment later, as clocks differ, counts only if there is no other.
    """

    def rank(at: datetime) -> tuple[bool, datetime]:
        return at <= occurred_at, at

    newest: dict[str, tuple[datetime, str]] = {}
    spelling = {kind.lower(): kind for kind in kinds or ()}
    for written, at, value in _clicks(case):
        name = written if kinds is None else spelling.get(written.lower())
        fits = timedelta() <= occurred_at + CLOCK_SLACK - at <= CLICK_ID_RETENTION + CLOCK_SLACK
        if name and fits and (name not in newest or rank(at) > rank(newest[name][0])):
            newest[name] = (at, value)
    for kinds_of_one in OF_ONE_CLICK:
        present = [name for name in kinds_of_one if name in newest]
        last = max((newest[name][0] for name in present), default=occurred_at, key=rank)
        for name in present:
            if newest[name][0] != last:
                del newest[name]
    for first, *others in NEVER_TOGETHER:
        for name in others if first in newest else ():
            newest.pop(name, None)
    return newest


def clicked_at(visit: Visit, name: str) -> datetime:
    """When a visit's click id came."""
    later = visit.clicked_at.get(name)
    return datetime.fromisoformat(later) if later else visit.started_at


def _clicks(case: Case) -> Iterator[tuple[str, datetime, str]]:
    """What the attribution holds comes first, because its visit may be deleted by now. Nothing from visits that are
    not surely the person's."""
    attribution = case.attribution
    if attribution is not None and attribution.clicked_at is not None and case.is_sure:
        for name, value in attribution.click_ids.items():
            yield name, attribution.clicked_at, value
    for visit in case.sure_visits:
        for name, value in visit.click_ids.items():
            yield name, clicked_at(visit, name), value
