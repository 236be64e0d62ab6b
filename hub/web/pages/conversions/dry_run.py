"""`/conversions/dry-run`: what the rules would send of a week, to whom, under which consent, and what would be refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from starlette.responses import Response

from hub.config.models import ConversionRule
from hub.contracts.titles import connector_title
from hub.platform.formats import day_of, money
from hub.queries.conversions.dry_run import DryRun, DryRunItem, dry_run
from hub.queries.conversions.events import MAX_EVENTS
from hub.queries.conversions.totals import ReasonCount, Tally, by_destination, in_all, reasons
from hub.queries.deliveries.subjects import subjects_by_id
from hub.web.pages.conversions.conversion_labels import (
    consent_words,
    headline,
    leaves,
    place_name,
    remedy,
    sayer,
    short_reason,
)
from hub.web.pages.conversions.draft import draft_of
from hub.web.pages.conversions.payload import lines_of
from hub.web.pages.conversions.rules import rules_of
from hub.web.pages.deliveries.deliveries_page import whose
from hub.web.pages.guard import Page
from hub.web.pages.periods import Period
from hub.web.pages.request import PageRequest

ROWS = 50
FILTERS = ("rule", "to", "result", "reason")


@dataclass(frozen=True)
class Choice:
    """Which items the list shows; None for all."""

    rule: str | None
    to: str | None
    result: str | None
    reason: str | None

    def fits(self, item: DryRunItem) -> bool:
        """Whether the list shows an item."""
        result = "refused" if item.refusal else "sent"
        code = item.refusal.code if item.refusal else None
        wanted = (
            (self.rule, item.rule),
            (self.to, item.connector or "none"),
            (self.result, result),
            (self.reason, code),
        )
        return all(want is None or want == have for want, have in wanted)


def choice_of(page: PageRequest) -> Choice:
    """The filters of the URL."""
    return Choice(*(page.query.get(name) or None for name in FILTERS))


def run(page: PageRequest, rules: Sequence[ConversionRule], period: Period) -> DryRun:
    """The dry run of rules over a period, for the companies that the page shows."""
    return dry_run(page.hub, page.directory, page.scope, rules, page.company_ids, period.begins, period.ends)


def rules_to_run(page: PageRequest) -> tuple[Sequence[ConversionRule], ConversionRule | None]:
    """The current rules, or the draft of a rule that the URL holds."""
    draft = draft_of(page)
    return ([draft], draft) if draft else (rules_of(page), None)


def show(page: PageRequest) -> Response:
    """The figures, the reasons, and the list."""
    rules, draft = rules_to_run(page)
    name, words, period = week_of(page)
    result = run(page, rules, period)
    choice = choice_of(page)
    chosen = [item for item in result.items if choice.fits(item)]
    start = _start(page, len(chosen))
    rows = chosen[start : start + ROWS]
    return page.render(
        "conversions_dry_run.html",
        title="Dry run of the conversions",
        draft=draft,
        week=name,
        week_words=words,
        weeks=weeks_of(page),
        period=period,
        run=result,
        max_events=MAX_EVENTS,
        destinations=_destinations(page, result.items),
        total=in_all(result.items),
        reasons=[_reason(page, each) for each in reasons(result.items)],
        filters={each: value for each in FILTERS if (value := page.query.get(each))},
        found=len(chosen),
        first=start + 1,
        rows=_rows(page, rows),
        newer=page.here(after=max(0, start - ROWS) or None) if start else None,
        older=page.here(after=start + ROWS) if start + ROWS < len(chosen) else None,
        recipient=lambda each: connector_title(each, page.hub.plugins.connectors),
        worth=worth,
        short_reason=short_reason,
        form="/conversions/rule"
        + page.here(week=None, result=None, reason=None, to=None, rule=None).removeprefix("/conversions/dry-run"),
        consent_words=consent_words,
        csv="/conversions/dry-run.csv" + page.here().removeprefix("/conversions/dry-run"),
    )


def _start(page: PageRequest, found: int) -> int:
    after = page.query.get("after", "")
    wanted = int(after) if after.isascii() and after.isdigit() and len(after) < 9 else 0
    return wanted if wanted < found else 0


def _destinations(page: PageRequest, items: Sequence[DryRunItem]) -> list[dict[str, object]]:
    """One entry a connector, in the order of config.yaml, with one row a rule."""
    connectors = page.hub.plugins.connectors
    order = [*connectors, None]
    found = by_destination(items)
    return [
        {
            "name": name,
            "recipient": connectors[name].manifest.recipient.name if name else None,
            "unchecked": name is not None and "dry_run" not in connectors[name].manifest.abilities,
            "rows": [(rule, tally, leaves(tally.leaves, connectors[name].manifest) if name else "") for rule, tally
                     in sorted(found[name].items(), key=lambda each: -each[1].matched)],
        }
        for name in order if name in found
    ]  # fmt: skip


def worth(tally: Tally) -> str:
    """The value of what would be sent, by currency."""
    return ", ".join(money(amount, currency) for currency, amount in sorted(tally.values.items()))


def _reason(page: PageRequest, reason: ReasonCount) -> dict[str, object]:
    recipient = connector_title(reason.connector, page.hub.plugins.connectors) if reason.connector else ""
    who, sub = sayer(reason.example, recipient)
    title, because = headline(reason.example)
    return {
        "reason": reason,
        "title": title,
        "because": because,
        "who": who,
        "sub": sub,
        "remedy": remedy(reason, recipient or "The provider"),
        "href": page.here(result="refused", reason=reason.refusal.code, to=reason.connector),
    }


def _rows(page: PageRequest, items: Sequence[DryRunItem]) -> list[dict[str, Any]]:
    with page.session() as session:
        labels = subjects_by_id(session, page.scope, page.hub.vault, {item.subject_id for item in items})
    connectors = page.hub.plugins.connectors
    return [
        {
            "item": item,
            "who": whose(labels.get(item.subject_id)),
            "subject": labels.get(item.subject_id),
            "place": place_name(item.place),
            "lines": lines_of(page, item, connectors[item.connector]) if item.connector else [],
        }
        for item in items
    ]


PAGES = (Page("/conversions/dry-run", show, "setup"),)


LAST_DAYS = "7d"
WEEKS = 8
DAYS = timedelta(days=7)


def weeks_of(page: PageRequest) -> list[tuple[str, str, Period]]:
    """The choices: the value of `week`, its words, and the period; the last 7 days first."""
    today = page.now.astimezone(page.zone).date()
    monday = today - timedelta(days=today.weekday())
    days = Period(LAST_DAYS, today - DAYS + timedelta(days=1), today, page.zone)
    weeks = [
        Period("week", first, first + DAYS - timedelta(days=1), page.zone)
        for first in (monday - DAYS * back for back in range(1, WEEKS + 1))
    ]
    named = [(each.first.isoformat(), f"{day_of(each.first)} to {day_of(each.last)}", each) for each in weeks]
    return [(LAST_DAYS, "The last 7 days", days), *named]


def week_of(page: PageRequest, default: str | None = None) -> tuple[str, str, Period]:
    """The chosen week; the last 7 days if the URL names none."""
    choices = weeks_of(page)
    wanted = page.query.get("week", default)
    return next((each for each in choices if each[0] == wanted), choices[0])
