"""Every rule of law that the consent plugins and the hub itself apply."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache

from hub.contracts.rules import ANYWHERE, OWN, LegalRule
from hub.contracts.third_parties import EXCEPTIONS, READ_ON
from hub.hookspecs import ConsentHooks
from hub.platform.id_words import words_of
from hub.plugin_host.registry import Plugins
from hub.privacy_requests.deadlines import every_row

THE_HUB = "hub"
"""It applies the deadlines of privacy requests, and knows which uses are neither a sale nor sharing."""


def legal_rules(plugins: Plugins, topic: str | None = None, place: str | None = None) -> list[tuple[str, LegalRule]]:
    """Connector and rule, for each rule of a topic that holds at a place; all if neither is given."""
    found = [
        (name, rule)
        for name in plugins.with_hook(ConsentHooks.list_rules)
        for rule in plugins.call(name, ConsentHooks.list_rules)
    ]
    found += [(THE_HUB, rule) for rule in own_rules()]
    return [
        (name, rule) for name, rule in found if topic in (None, rule.topic) and (place is None or rule.holds_at(place))
    ]


@dataclass(frozen=True)
class LawState:
    """How much of the law that a hub knows is confirmed: the figures of `hub check`, `hub privacy rules` and the page."""

    rules: int
    unconfirmed: int
    overdue: tuple[str, ...]
    """Ids of rules whose source must be read again."""


def law_state(rules: Iterable[LegalRule], today: date) -> LawState:
    """Counts rules, the unconfirmed and the overdue ones among them."""
    known = list(rules)
    return LawState(
        len(known), sum(not rule.confirmed for rule in known), tuple(rule.id for rule in known if rule.overdue(today))
    )


@cache
def deadline_rules() -> tuple[LegalRule, ...]:
    """The deadlines of privacy requests, from the hub's own table."""
    return tuple(_deadlines())


def own_rules() -> tuple[LegalRule, ...]:
    """The rules that the hub itself applies, whatever plugins are configured."""
    return (*deadline_rules(), *sharing_exceptions())


@cache
def sharing_exceptions() -> tuple[LegalRule, ...]:
    """The uses that are neither a sale nor sharing, also with a third party."""
    return tuple(
        LegalRule(
            id=f"sharing.exception.{each.use}",
            topic="sharing",
            places=(ANYWHERE,),
            says=each.reason,
            cite=each.article,
            sources=(each.source,),
            read_on=READ_ON if each.source != OWN else None,
        )
        for each in EXCEPTIONS
    )


def _deadlines() -> Iterator[LegalRule]:
    for row in every_row():
        kinds = words_of(", ".join(sorted(row.kinds))) or "any"
        yield LegalRule(
            id=f"requests.{row.id}",
            topic="requests",
            places=tuple(sorted(row.places)) or (ANYWHERE,),
            says=f"Answer a request ({kinds}) within {row.length}.",
            cite=row.cite,
            sources=row.src,
            read_on=row.read,
        )
