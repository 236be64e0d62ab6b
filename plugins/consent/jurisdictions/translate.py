"""From the laws of all relevant places to an opinion on one question. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import Literal

from hub.api.privacy import ConsentQuestion, Opinion, Place
from plugins.consent.jurisdictions.rows import ANYWHERE, place_code
from plugins.consent.jurisdictions.rules import Mode, Rule, places_of, rule_set

Verdict = Literal["allow", "needs", "deny"]
STRICTNESS: Mapping[Mode, int] = {"own_operation": 0, "opt_out": 1, "opt_in": 2}
VERDICT_STRICTNESS: Mapping[Verdict, int] = {"allow": 0, "needs": 1, "deny": 2}

VERDICTS: Mapping[tuple[Mode, str], Verdict] = {
    ("opt_in", "silent"): "needs",
    ("opt_in", "given"): "allow",
    ("opt_in", "refused"): "deny",
    ("opt_in", "withdrawn"): "deny",
    ("opt_in", "objected"): "deny",
    ("opt_out", "silent"): "allow",
    ("opt_out", "given"): "allow",
    ("opt_out", "refused"): "deny",
    ("opt_out", "withdrawn"): "deny",
    ("opt_out", "objected"): "deny",
    ("own_operation", "silent"): "allow",
    ("own_operation", "given"): "allow",
    ("own_operation", "refused"): "allow",
    ("own_operation", "withdrawn"): "allow",
    ("own_operation", "objected"): "deny",
}
"""The verdict of a law, given the person's last consent record. `signals` decides whether a refusal stops an operation."""


@dataclass(frozen=True, slots=True)
class StoredDecision:
    """The row that decides, and the candidate place that it applies to (`basis` as in `Place`)."""

    rule: Rule
    basis: str


def opinion(question: ConsentQuestion, trades_in: tuple[str, ...]) -> Opinion:
    """The strictest law of all places where the person may be, and of the business's own place.

    If the person's place is unknown, or may be a country without rows, the opinion uses the strictest law of
    `trades_in`, or of all rows if that is empty. A question without a matching row `needs` the person's consent.
    """
    ruling = _ruling(question, trades_in)
    word = question.latest_record()
    said = word.state if word else "silent"
    ruleset = rule_set().ruleset.isoformat()
    if ruling is None:
        return Opinion(
            verdict=VERDICTS["opt_in", said],
            rule_id="jurisdictions.no_rule",
            reason="No rule covers this use, so only the person's own consent counts.",
            evidence={"ruleset": ruleset, "person": said},
        )
    rule = ruling.rule
    return Opinion(
        verdict=VERDICTS[rule.mode, said],
        rule_id=f"jurisdictions.{rule.id}",
        reason=rule.reason,
        evidence={
            "ruleset": ruleset,
            **rule.provenance,
            "place_known_from": ruling.basis,
            "person": said,
        },
    )


def _ruling(question: ConsentQuestion, trades_in: tuple[str, ...]) -> StoredDecision | None:
    """The deciding row. The order of the places does not matter; nor do duplicates."""
    use, role = question.use, question.recipient.role
    special = question.categories & rule_set().special_categories
    candidates = _located(question.person_places or (Place(country=None, basis="unknown"),))
    candidates += _located(question.business_places)
    rulings = [
        StoredDecision(rule, basis)
        for code, basis in candidates
        if (rule := strictest_rule(code, use, role, special, trades_in)) is not None
    ]
    return min(rulings, key=lambda ruling: (_rank()[ruling.rule.id], ruling.basis), default=None)


def _located(places: Iterable[Place]) -> list[tuple[str | None, str]]:
    return [(place_code(place), place.basis) for place in places]


@lru_cache(maxsize=4096)
def strictest_rule(
    code: str | None, use: str, role: str, special: frozenset[str], trades_in: tuple[str, ...]
) -> Rule | None:
    """The strictest row on `use` of data of the `special` categories by a recipient of `role`, for a person at `code` (None:
    unknown place)."""
    speaking = [rule for rule in rule_set().rules if rule.speaks_on(use, role, special)]
    found = _rows_at((*places_of(code), ANYWHERE), speaking) if code else []
    if not found:
        profile = [strictest_rule(traded, use, role, special, ()) for traded in trades_in]
        found = [rule for rule in profile if rule is not None] or speaking
    return min(found, key=lambda rule: _rank()[rule.id], default=None)


def _rows_at(places: Iterable[str], rules: Iterable[Rule]) -> list[Rule]:
    wanted = set(places)
    return [rule for rule in rules if wanted.intersection(rule.places)]


@cache
def _rank() -> Mapping[str, tuple[int, int]]:
    """Rows by id: the strictest first; equally strict ones in the table's order."""
    return {rule.id: (-STRICTNESS[rule.mode], position) for position, rule in enumerate(rule_set().rules)}


def strictest_of(*opinions: Opinion | None) -> Opinion:
    """The strictest opinion of several tables (the first of equals), with the date of the rule set."""
    heard = [each for each in opinions if each is not None]
    found = max(heard, key=lambda each: VERDICT_STRICTNESS[each.verdict])
    return replace(found, evidence={"ruleset": rule_set().ruleset.isoformat(), **found.evidence})
