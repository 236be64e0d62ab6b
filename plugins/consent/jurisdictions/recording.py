"""May a call be recorded, and what must be said before? By the rows of recording.yaml for the places of both sides. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from typing import Literal

from hub.api.privacy import ConsentQuestion, Duty, Opinion, Place
from plugins.consent.jurisdictions.rows import Row, place_code, rows_of

USE = "telephony.recording"
RecordingMode = Literal["one_party", "notice", "all_party", "explicit"]
STRICTNESS: Mapping[RecordingMode, int] = {"one_party": 0, "notice": 1, "all_party": 2, "explicit": 3}
DUTIES: Mapping[RecordingMode, frozenset[Duty]] = {
    "one_party": frozenset({"announce"}),
    "notice": frozenset({"announce"}),
    "all_party": frozenset({"announce", "offer_refusal"}),
    "explicit": frozenset({"announce", "ask_yes"}),
}
"""Nobody is recorded without notice, even if the law of a place allows it."""
INFORMED: frozenset[RecordingMode] = frozenset({"all_party", "explicit"})
"""Where all must agree, callers also hear of an outside service that transcribes: nobody agrees to a listener whom they do not
know of. Source: Cal. Penal Code 631, 632.7; Ambriz v. Google LLC (N.D. Cal. 2025): a service that could use what it hears is a
third party."""
REASONS: Mapping[RecordingMode, str] = {
    "one_party": "The law there allows recording with one party's consent; the caller is informed anyway.",
    "notice": "The law there requires that the caller be informed, and treats staying on the line as consent.",
    "all_party": "The law there requires the consent of all parties: the caller is informed, and may choose a "
    "line that is not recorded.",
    "explicit": "The law there requires active consent before the first recorded second.",
}


class RecordingRule(Row):
    """One row of the table; the head of recording.yaml explains the fields."""

    mode: RecordingMode
    offer_refusal: bool = False

    @property
    def duties(self) -> frozenset[Duty]:
        """What must be done before the first recorded second."""
        more: frozenset[Duty] = frozenset({"offer_refusal"}) if self.offer_refusal else frozenset()
        return DUTIES[self.mode] | more

    @property
    def strictness(self) -> tuple[int, bool]:
        """Sort key: the stricter of two rows has the greater key."""
        return STRICTNESS[self.mode], self.offer_refusal


def recording_rules() -> tuple[RecordingRule, ...]:
    """The table in this folder."""
    return rows_of("recording.yaml", RecordingRule)


def may_record(question: ConsentQuestion, trades_in: tuple[str, ...], ruleset: str) -> Opinion:
    """`deny` if the person has refused to be recorded, else `allow` with the duties of all candidate places together.

    Consent is asked for in every call (`ask_yes`), because the number may belong to another person today. So a stored
    consent removes no duty, and the verdict is never `needs`.
    """
    found = [
        (rule, place.basis)
        for place in (*(question.person_places or (Place(country=None, basis="unknown"),)), *question.business_places)
        for rule in rules_at(place_code(place), trades_in)
    ]
    rule, basis = min(found, key=lambda each: (*(-int(part) for part in each[0].strictness), each[0].id, each[1]))
    word = question.latest_record()
    refused = word is not None and word.state != "given"
    duties: frozenset[Duty] = frozenset().union(*(each.duties for each, _ in found))
    if question.transcribed_by is not None and any(each.mode in INFORMED for each, _ in found):
        duties |= {"announce_transcription"}
    return Opinion(
        verdict="deny" if refused else "allow",
        rule_id="jurisdictions.recording.refused" if refused else f"jurisdictions.recording.{rule.id}",
        reason="The person does not want to be recorded." if refused else REASONS[rule.mode],
        evidence={
            "ruleset": ruleset,
            "mode": rule.mode,
            **rule.provenance,
            "place_known_from": basis,
            "person": word.state if word else "silent",
        },
        duties=duties,
    )


@lru_cache(maxsize=4096)
def rules_at(code: str | None, trades_in: tuple[str, ...]) -> tuple[RecordingRule, ...]:
    """The rows for a person at `code`: the place's own. For a country, or a region without a row: those of all its
    regions. For an unknown place, or a country without rows: those of `trades_in`, or all rows if that is empty."""
    if code:
        country, _, region = code.partition("-")
        exact = _with_any([code])
        if region and exact:
            return exact
        within = _with_any([country, *(each for each in _places() if each.startswith(f"{country}-"))])
        if within:
            return within
    traded = tuple(rule for each in trades_in for rule in rules_at(each, ()))
    return traded or recording_rules()


def _with_any(codes: Iterable[str]) -> tuple[RecordingRule, ...]:
    wanted = set(codes)
    return tuple(rule for rule in recording_rules() if wanted.intersection(rule.places))


@cache
def _places() -> tuple[str, ...]:
    return tuple(sorted({place for rule in recording_rules() for place in rule.places}))
