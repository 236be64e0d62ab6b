"""What must hold for one conversion rule: which conditions each event has, and that the names in it exist."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

from hub.config.document import Path
from hub.config.error_messages import nearest
from hub.config.models import ConversionRule

CALL_ONLY = ("first_time_caller", "answered", "min_duration")
SIGNAL_ONLY = ("name", "confidence")
Found = Iterator[tuple[Path, str]]


def rule_problems(
    rule: ConversionRule,
    companies: Collection[str],
    trackers: Collection[str],
    shown: Callable[[Collection[str]], Collection[str]] = list,
) -> Found:
    """(path within the rule, sentence) of every problem. `companies` and `trackers` are the names that exist; `shown` gives
    those of them that a problem may list."""
    when = rule.when
    yield from _later_events(rule)
    if when.event != "form" and when.form is not None:
        yield ("when", "form"), "only a form has an id on its page; write `event: form` or remove it"
    if when.event == "form" and when.tracker is not None:
        yield ("when", "tracker"), "a form has no tracking number; use `form:` or remove it"
    for key in CALL_ONLY if when.event != "call" else ():
        if getattr(when, key) is not None:
            yield ("when", key), "only calls have this; write `event: call` or remove it"
    if when.company is not None and when.company not in companies:
        yield ("when", "company"), unknown("company", when.company, shown(companies))
    if when.tracker is not None and when.tracker not in trackers:
        yield ("when", "tracker"), unknown("tracker", when.tracker, shown(trackers))


def has_condition(event: str, condition: str) -> bool:
    """Whether rules about `event` may have a condition of `when:`."""
    if condition == "tracker":
        return event != "form"
    of_one = dict.fromkeys(CALL_ONLY, "call") | dict.fromkeys(SIGNAL_ONLY, "signal")
    of_one |= {"form": "form", "stage": "outcome", "status": "lead"}
    return of_one.get(condition, event) == event


def unknown(thing: str, name: str, known: Collection[str]) -> str:
    """The sentence about a name that does not exist."""
    return f"no {thing} is named {name!r}; {nearest(name, known, 'there are')}"


def _later_events(rule: ConversionRule) -> Found:
    """Conditions and values that only an outcome, a lead or a signal has."""
    event = rule.when.event
    article = "an" if event == "outcome" else "a"
    if event != "outcome" and rule.when.stage is not None:
        yield ("when", "stage"), "only an outcome has a stage; write `event: outcome` or remove it"
    if event != "lead" and rule.when.status is not None:
        yield ("when", "status"), "only a lead has a status; write `event: lead` or remove it"
    for key in SIGNAL_ONLY if event != "signal" else ():
        if getattr(rule.when, key) is not None:
            yield ("when", key), "only a signal has this; write `event: signal` or remove it"
    if event == "signal" and rule.when.name is None:
        yield ("when",), "a rule about a signal says which; write its `name:`, like booked"
    for source in ("outcome", "lead", "signal"):
        if event != source and rule.value == f"from {source}":
            why = f"{article} {event} has no {source} to take a value from; write an amount like 40 USD"
            yield ("value",), why
