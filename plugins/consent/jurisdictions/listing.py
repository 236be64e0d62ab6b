"""Every row of every table in this folder, for `hub privacy rules` (list) and `hub check` (rows to read again)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import cache
from typing import Any, Literal

from pydantic import Field

from hub.api.privacy import LegalRule, RuleTopic
from plugins.consent.jurisdictions.age import REASONS as AGE_REASONS
from plugins.consent.jurisdictions.age import AgeRule
from plugins.consent.jurisdictions.quiet_hours import DAYS, OWN_CITE, Week, hours_table
from plugins.consent.jurisdictions.recording import REASONS, recording_rules
from plugins.consent.jurisdictions.rows import ANYWHERE, OWN, Row, rows_of
from plugins.consent.jurisdictions.rules import Rule, rule_set
from plugins.consent.jurisdictions.signals import SignalRule

PREFIX = "jurisdictions"


class DutyRule(Row):
    """What the law requires beyond single decisions; the head of duties.yaml explains the fields."""

    topic: Literal["requests", "recording", "texts", "signals", "tracking", "retention"]
    says: str = Field(min_length=10)
    since: date | None = None


@cache
def every_rule() -> tuple[LegalRule, ...]:
    """The rows, each with the id that opinions name. All tables are read."""
    return tuple(_every_rule())


def _every_rule() -> Iterator[LegalRule]:
    for rule in rule_set().rules:
        yield _listed(rule, rule.id, _topic(rule), rule.reason)
    for recording in recording_rules():
        says = REASONS[recording.mode] + (" A line that is not recorded is offered." if recording.offer_refusal else "")
        yield _listed(recording, f"recording.{recording.id}", "recording", says)
    for hours in hours_table().rules:
        says = f"Marketing texts are sent, and calls back placed, {spell(hours.hours)} only."
        yield _listed(hours, f"quiet_hours.{hours.id}", "hours", says)
    yield _own_hours()
    for signal in rows_of("signals.yaml", SignalRule):
        says = "Global Privacy Control opts out of sale, sharing and targeted ads."
        yield _listed(signal, f"signals.{signal.id}", "signals", says, since=signal.since)
    for age in rows_of("age.yaml", AgeRule):
        says = f"From {age.beginning} to {age.under - 1} years: {AGE_REASONS[age.mode]}"
        yield _listed(age, f"age.{age.id}", "age", says, since=age.since)
    for duty in rows_of("duties.yaml", DutyRule):
        yield _listed(duty, f"duty.{duty.id}", duty.topic, duty.says, since=duty.since)


def _own_hours() -> LegalRule:
    table = hours_table()
    return LegalRule(
        id=f"{PREFIX}.quiet_hours.own",
        topic="hours",
        places=(ANYWHERE,),
        says=f"This hub's own hours, not a law: marketing texts are sent {spell(table.marketing)} only, or as "
        "extended by settings, "
        f"{spell(table.unknown)} if the zone is unknown; service texts and calls back {spell(table.service)}.",
        cite=OWN_CITE,
        sources=(OWN,),
    )


def spell(week: Week) -> str:
    """The hours of a week in words: `mon-fri 09:00-18:00, sat-sun 10:00-17:00`."""
    runs: list[tuple[int, int]] = []
    for day in range(len(DAYS)):
        if week[day] is None:
            continue
        if runs and runs[-1][1] == day - 1 and week[day] == week[runs[-1][0]]:
            runs[-1] = (runs[-1][0], day)
        else:
            runs.append((day, day))
    return ", ".join(_days(first, last, week) for first, last in runs)


def _days(first: int, last: int, week: Week) -> str:
    hours = week[first]
    assert hours is not None
    days = DAYS[first] if first == last else f"{DAYS[first]}-{DAYS[last]}"
    return f"{days} {hours[0]:%H:%M}-{hours[1]:%H:%M}"


def _topic(rule: Rule) -> RuleTopic:
    if all(use.startswith("web.") for use in rule.uses):
        return "tracking"
    return "texts" if rule.uses == ("marketing.communications",) else "sharing"


def _listed(row: Row, name: str, topic: RuleTopic, says: str, **more: Any) -> LegalRule:
    return LegalRule(
        id=f"{PREFIX}.{name}",
        topic=topic,
        places=row.places,
        says=says,
        cite=row.cite,
        sources=row.src,
        read_on=row.read,
        **more,
    )
