"""From what a person and their browser have said to an opinion on one question. Pure."""

from __future__ import annotations

import re
from typing import Literal

from hub.api.privacy import SIGNALS_NUMBER, ConsentQuestion, ConsentRecord, Opinion, Signal

REFUSAL_REASONS = {
    "refused": "The person has refused this use.",
    "withdrawn": "The person has withdrawn their consent.",
    "objected": "The person has objected to direct marketing.",
}
SIGNAL_NAMES = {"gpc": "Global Privacy Control", "dnt": "Do Not Track"}

_REFERENCE = re.compile(r"(?:[a-z][a-z_]{0,30}[:/ ])?[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}")
"""The only evidence that is copied: the id of one of our rows. Free text could hold a number or a name."""


def opinion(question: ConsentQuestion, *, honor_dnt: bool, later_consent_overrides_signal: bool) -> Opinion:
    """The person's last consent record first, then the browser's signals. Silence does not count as an objection here."""
    word = question.latest_record()
    if word is not None and word.state != "given":
        return _opinion("deny", word.state, REFUSAL_REASONS[word.state], _word_evidence(word))
    objection = _objected(question)
    if objection is not None:
        reason = "The person has objected to marketing, and to the sale and sharing of their data with it."
        return _opinion("deny", "objected", reason, _word_evidence(objection))
    signal = _objection(question, honor_dnt)
    if signal is not None:
        if later_consent_overrides_signal and word is not None and _outweighs(word, signal, question.use):
            reason = f"The person consented to exactly this use after {SIGNAL_NAMES[signal.kind]} was seen."
            return _opinion("allow", "later_consent", reason, _signal_evidence(signal) | _word_evidence(word))
        return _opinion("deny", signal.kind, _reason(signal), _signal_evidence(signal))
    if word is not None:
        return _opinion("allow", "given", "The person has consented to this use.", _word_evidence(word))
    return _opinion("allow", "no_objection", "The person has not objected to this use.", {})


def _opinion(verdict: Literal["allow", "deny"], rule: str, reason: str, evidence: dict[str, str]) -> Opinion:
    return Opinion(verdict=verdict, rule_id=f"signals.{rule}", reason=reason, evidence=evidence)


def _objected(question: ConsentQuestion) -> ConsentRecord | None:
    """The person's own objection to all marketing. It counts like a browser's signal and applies to the same questions,
    until a later consent lifts it."""
    if not question.is_sale_or_sharing or _within(question.use, "marketing"):
        return None  # for marketing itself the objection is the person's last consent record, checked before
    said = [
        each
        for each in question.records
        if each.state == "objected"
        and each.use == "marketing"
        and (not each.recipients or question.recipient.name in each.recipients)
    ]
    last = max(said, key=lambda each: each.at, default=None)
    return None if last is None or any(each.lifts(last, question) for each in question.records) else last


def _objection(question: ConsentQuestion, honor_dnt: bool) -> Signal | None:
    """The latest signal that counts (GPC if two came at once): a consent must be later than the last objection."""
    if not question.is_sale_or_sharing:
        return None
    heard = [signal for signal in question.signals if signal.kind == "gpc" or honor_dnt]
    return max(heard, key=lambda signal: (signal.at, signal.kind), default=None)


def _outweighs(word: ConsentRecord, signal: Signal, use: str) -> bool:
    """An express consent to this exact use, later than the signal. Consent to marketing in general is not specific."""
    return word.state == "given" and word.use == use and word.at > signal.at


def _reason(signal: Signal) -> str:
    if signal.evidence in SIGNALS_NUMBER.values():
        return f"The person {signal.evidence}, an objection to sharing and targeted ads."
    return f"The person's browser sent {SIGNAL_NAMES[signal.kind]}, an objection to sharing and targeted ads."


def _within(use: str, family: str) -> bool:
    return use == family or use.startswith(family + ".")


def _signal_evidence(signal: Signal) -> dict[str, str]:
    return {"signal": signal.kind, "signal_seen_at": signal.at.isoformat(), **_reference("signal_id", signal.evidence)}


def _word_evidence(word: ConsentRecord) -> dict[str, str]:
    return {
        "record": word.state,
        "record_use": word.use,
        "record_at": word.at.isoformat(),
        **_reference("record_id", word.evidence),
    }


def _reference(name: str, text: str) -> dict[str, str]:
    return {name: text} if _REFERENCE.fullmatch(text) else {}
