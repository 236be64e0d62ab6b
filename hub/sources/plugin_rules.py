"""Known sources: the source rules of the connectors, collected at start for each company that they serve."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import structlog

from hub.contracts.sources import SOURCE_KINDS, KnownSource, OwnRule
from hub.errors import RingfenceError
from hub.hookspecs import SourceHooks
from hub.sources.classify import OwnRules, rule_value

if TYPE_CHECKING:
    from hub.runtime import Hub

log = structlog.get_logger(__name__)
MAX_RULE_VALUE_CHARACTERS, MAX_RULE_WORD_CHARACTERS = 255, 100


def known_sources(hub: Hub) -> Mapping[str, OwnRules]:
    """Company's name → its connectors' rules. If two connectors have a rule for one value, the first in config.yaml wins.

    A connector that fails is left out and logged: the built-in tables decide, and the hub still starts.
    """
    known: dict[str, dict[tuple[str, str], OwnRule]] = {company.name: {} for company in hub.config.companies}
    for name in hub.plugins.with_hook(SourceHooks.list_sources):
        try:
            listed = hub.plugins.call(name, SourceHooks.list_sources)
        except RingfenceError as error:
            log.error("no known sources", connector=name, error=type(error).__name__)
            continue
        left_out = 0
        for each in listed:
            if wrong_with(each):
                left_out += 1
                continue
            for company, rules in known.items():
                if hub.config.connectors[name].serves(company):
                    rules.setdefault((each.kind, each.value), OwnRule(each.source, each.medium, name))
        if left_out:
            log.error("known sources left out", connector=name, count=left_out)
    return known


def wrong_with(known: KnownSource) -> str | None:
    """The error in a plugin's rule, in words for its author; None if the rule is valid."""
    if known.kind not in SOURCE_KINDS:
        return f"the kind is one of {', '.join(SOURCE_KINDS)}"
    if len(known.value) > MAX_RULE_VALUE_CHARACTERS or rule_value(known.kind, known.value) != known.value:
        return (
            f"write the {known.kind} as it is looked up: in lower case, a host without www., a parameter as name=value"
        )
    for word in (known.source, known.medium):
        if not 0 < len(word) <= MAX_RULE_WORD_CHARACTERS or not word.isprintable() or " ".join(word.split()) != word:
            return "source and medium are one short word each, like partner_site"
    return None
