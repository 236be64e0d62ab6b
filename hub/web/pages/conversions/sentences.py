"""A conversion rule in words: what it looks at, what it counts as, and what goes to each destination."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta

from hub.config.models import ConversionRule
from hub.config.sections.conversion_values import When
from hub.contracts.titles import came_from, medium_title
from hub.contracts.values import Money
from hub.platform.formats import money
from hub.platform.id_words import words_of

LEAD_WORDS = {"new": "new", "qualified": "qualified", "booked": "booked", "not_a_lead": "not a lead"}
VALUES = {
    "from outcome": "worth what the deal is worth in the CRM",
    "from lead": "worth what the user enters",
    "from signal": "worth what was spoken of",
    None: "without a value",
}


def sentence(rule: ConversionRule, titles: Mapping[str, str]) -> str:
    """A first call, answered, 60 s or longer, is a “qualified call” worth $40.00. `titles` are those of companies, by
    name."""
    when = rule.when
    what = ", ".join([_event(when), *_conditions(when, titles)])
    comma = "," if ", " in what else ""
    return f"{what}{comma} counts as “{rule.name}”, {worth(rule)}."


def worth(rule: ConversionRule) -> str:
    """What a conversion of the rule is worth."""
    value = rule.value
    return f"worth {money(value.amount, value.currency)}" if isinstance(value, Money) else VALUES[value]


def options_in_words(destination: Mapping[str, object]) -> str:
    """The options of a destination: conversion action 987654321."""
    return ", ".join(f"{words_of(name)} {value}" for name, value in destination.items() if value is not None)


def length(span: timedelta) -> str:
    """60 s; 2 min; 1 h."""
    seconds = int(span.total_seconds())
    for unit, size in (("h", 3600), ("min", 60)):
        if seconds and seconds % size == 0 and seconds > size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def _event(when: When) -> str:
    if when.event == "call":
        first = {True: "A first call", False: "A repeated call", None: "A call"}
        return first[when.first_time_caller]
    if when.event == "text":
        return "A text"
    if when.event == "form":
        return f"The form “{when.form}”" if when.form else "A form"
    if when.event == "outcome":
        stages = {"won": "A deal that is won", "lost": "A deal that is lost", "qualified": "A qualified deal"}
        return stages.get(when.stage or "", f"A deal at the stage “{when.stage}”") if when.stage else "A deal"
    if when.event == "signal":
        sure = f", at least {when.confidence:.0%} sure" if when.confidence else ""
        return f"A call in which “{words_of(when.name or '')}” was read{sure}"
    marks = " or ".join(LEAD_WORDS[each] for each in when.status or ())
    return f"A call, text or form that is marked {marks}" if marks else "A call, text or form with any lead status"


def _conditions(when: When, titles: Mapping[str, str]) -> Iterator[str]:
    if when.answered is not None:
        yield "answered" if when.answered else "not answered"
    if when.min_duration is not None:
        yield f"{length(when.min_duration)} or longer"
    if when.company is not None:
        yield f"of {titles.get(when.company, when.company)}"
    if when.tracker is not None:
        yield f"on the number “{when.tracker}”"
    if when.source:
        yield f"from {came_from(when.source, when.medium)}"
    elif when.medium:
        yield f"from the medium {medium_title(when.medium)}"
