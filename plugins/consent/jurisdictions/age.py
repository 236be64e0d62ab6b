"""What the law of a place requires if the person is known to be a child or a teenager, by the rows of age.yaml. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Literal

from pydantic import Field

from hub.api.privacy import ConsentQuestion, Opinion, Place
from plugins.consent.jurisdictions.rows import Row, place_code, rows_at, rows_of

AgeMode = Literal["own_yes", "parent", "never"]
STRICTNESS: Mapping[AgeMode, int] = {"own_yes": 0, "parent": 1, "never": 2}
REASONS: Mapping[AgeMode, str] = {
    "own_yes": "At this age the law there requires the person's own consent.",
    "parent": "At this age the law there requires a parent's consent.",
    "never": "At this age the law there does not allow it at all.",
}
PARENT = "parent"
"""The channel of a parent's consent, given after the parent's identity is verified (16 CFR 312.5(b))."""


class AgeRule(Row):
    """One row of the table; the head of age.yaml says what each field means."""

    beginning: int = Field(default=0, alias="from", ge=0)
    under: int = Field(le=21)
    uses: tuple[str, ...] = Field(min_length=1)
    sale: bool = False
    mode: AgeMode
    since: date | None = None

    def speaks_on(self, question: ConsentQuestion, age: int) -> bool:
        """Whether the row applies to this age, use and recipient, and is law at the time of the question."""
        if not self.beginning <= age < self.under or (self.since is not None and question.at.date() < self.since):
            return False
        named = any(question.use == own or question.use.startswith(f"{own}.") for own in self.uses)
        return named or (self.sale and question.is_sale_or_sharing)


def by_age(question: ConsentQuestion, trades_in: tuple[str, ...]) -> Opinion | None:
    """`deny`, `needs` or, with the required consent, `allow`. None if no row applies to this age, use and place."""
    age = question.age
    if age is None:
        return None
    places = (*(question.person_places or (Place(country=None, basis="unknown"),)), *question.business_places)
    rows = [rule for rule in rows_of("age.yaml", AgeRule) if rule.speaks_on(question, age)]
    found = {row.id: row for place in places for row in rows_at(rows, place_code(place), trades_in)}
    if not found:
        return None
    row = min(found.values(), key=lambda each: (-STRICTNESS[each.mode], each.id))
    word = question.latest_record()
    said = word.state if word else "silent"
    given = said == "given" and (row.mode == "own_yes" or (word is not None and word.channel == PARENT))
    refused = said not in ("silent", "given")
    return Opinion(
        verdict="deny" if row.mode == "never" or refused else "allow" if given else "needs",
        rule_id=f"jurisdictions.age.{row.id}",
        reason=REASONS[row.mode],
        evidence={**row.provenance, "person": said},
    )
