"""The pools on the page of numbers: what was in use by hour, who found none, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from hub.platform.formats import count, money
from hub.queries.numbers.pools import PoolWeek, pool_weeks
from hub.web.pages import charts
from hub.web.pages.request import PageRequest

DAY_BEGINS, DAY_ENDS = 6, 22
"""Hours that the chart always shows; earlier and later ones only if something happened then."""


@dataclass(frozen=True)
class PoolView:
    """One pool as the page shows it."""

    pool: PoolWeek
    company: str
    key: str
    """`company/tracker`, for the link to buying."""
    state: tuple[str, str]
    bold: str
    text: str
    more: int
    """Numbers to buy; 0 if none are advised."""
    hours: tuple[str, ...]
    peaks: tuple[int, ...]

    def chart(self, size: tuple[int, int], every: int, kind: str) -> Markup:
        """Bars by hour under the line of the pool's size."""
        label = f"{self.pool.title}, {self.company}: most numbers in use by hour of the day, of {self.pool.size}"
        return charts.against_limit(size, self.hours, self.peaks, self.pool.size, label, every=every, kind=kind)


def pools_of(page: PageRequest) -> list[PoolView]:
    """The pools of the chosen companies."""
    with page.session() as session:
        weeks = pool_weeks(session, page.scope, page.company_ids, page.zone, page.now)
    companies = {each.id: each for each in page.companies}
    return [_view(each, companies[each.company_id].title, companies[each.company_id].name) for each in weeks]


def _view(pool: PoolWeek, title: str, name: str) -> PoolView:
    busy = [hour for hour, peak in enumerate(pool.by_hour) if peak]
    first, last = min([DAY_BEGINS, *busy]), max([DAY_ENDS - 1, *busy])
    state, bold, text = _advice(pool)
    return PoolView(
        pool,
        title,
        f"{name}/{pool.tracker}",
        state,
        bold,
        text,
        max(0, pool.advised - pool.size) if pool.visitors else 0,
        tuple(f"{hour % 12 or 12} {'am' if hour < 12 else 'pm'}" for hour in range(first, last + 1)),
        pool.by_hour[first : last + 1],
    )


def _advice(pool: PoolWeek) -> tuple[tuple[str, str], str, str]:
    """The state, and what to say about it: first in bold, then the rest."""
    more = pool.advised - pool.size
    if not pool.size:
        return ("bad", "Empty"), "It has no number", "so every visitor sees the default number. Buy some for it."
    if not pool.visitors:
        return ("", "Not used"), "No visitor", "was lent a number in the last 7 days. Is the script on the website?"
    with_more = ""
    if more > 0:
        week = f"about {pool.expected:.0f}" if pool.expected >= 0.5 else "hardly anybody"
        cost = f", for {money(pool.price.amount * more, pool.price.currency)} a month more" if pool.price else ""
        with_more = f" With {count(pool.advised)} numbers it would be {week} a week{cost}."
    if pool.overflows:
        return (
            ("warn", "Full at times"),
            f"{count(pool.overflows)} of {count(pool.visitors)} visitors",
            f"found none free and saw the default number, so their calls are known by the website only.{with_more}",
        )
    if more > 0:
        return (
            ("warn", "Tight"),
            f"All {count(pool.visitors)} visitors",
            f"had a number of their own, but in an hour as busy as the busiest more than 1 in 100 may find none.{with_more}",
        )
    if more < 0:
        return (
            ("good", "Roomy"),
            f"All {count(pool.visitors)} visitors",
            f"had a number of their own. {count(pool.advised)} would do: in the busiest hour at most 1 in 100 would find none"
            " free. Keep them: who has noted a number still reaches you.",
        )
    return ("good", "Right"), f"All {count(pool.visitors)} visitors", "had a number of their own."
