"""Apply the rules to a conversation: which claims hold, which lines prove them, and what was worth what."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal

from hub.api import Claim, Conversation, Money, TranscriptPart
from plugins.insight.phrases.matching import Phrase, says, stem, words_of
from plugins.insight.phrases.settings import Rule

MAX_LINES = 5
"""Lines that prove one claim."""
VALUE_LINES = 12
"""Lines back from the proof in which an amount is looked for."""
CURRENCIES = {
    "$": "USD",
    "€": "EUR",
    "£": "GBP",
    "dollars": "USD",
    "bucks": "USD",
    "dolares": "USD",
    "euros": "EUR",
    "pounds": "GBP",
}
AMOUNT = re.compile(
    r"(?P<sign>[$€£])\s?(?P<signed>\d[\d,]*(?:\.\d{1,2})?)|(?P<named>\d[\d,]*(?:\.\d{1,2})?) (?P<word>dollars|bucks|dólares|"
    r"dolares|euros|pounds)",
    re.IGNORECASE,
)


def claims_of(conversation: Conversation, rules: Sequence[Rule]) -> Iterator[Claim]:
    """The claims of all rules that hold, in the order of the rules."""
    language = conversation.language[:2].lower()
    spoken = [[stem(word, language) for word in words_of(line.text or "")] for line in conversation.lines]
    for rule in rules:
        if rule.language not in (None, language):
            continue
        proof = sorted(_proof(rule, conversation.lines, spoken, language))
        if proof:
            value = (
                _amount_before(conversation.lines[max(0, proof[-1] - VALUE_LINES) : proof[-1] + 1])
                if rule.value
                else None
            )
            lines = tuple(number + 1 for number in proof[-MAX_LINES:])
            yield Claim(name=rule.name, confidence=rule.confidence, lines=lines, value=value)


def _proof(rule: Rule, lines: Sequence[TranscriptPart], spoken: Sequence[Sequence[str]], language: str) -> set[int]:
    say, near = rule.phrases("say", language), rule.phrases("near", language)
    unless, never = rule.phrases("unless", language), rule.phrases("never", language)
    if any(_has(words, never) for words in spoken):
        return set()
    proof: set[int] = set()
    for number, line in enumerate(lines):
        if line.channel not in (rule.by, "both") and rule.by != "anyone":
            continue
        if not _has(spoken[number], say) or _has(spoken[number], unless):
            continue
        around = range(max(0, number - rule.within), min(len(lines), number + rule.within + 1))
        beside = [each for each in around if _has(spoken[each], near)]
        if beside or not near:
            proof |= {number, *beside[:1]}
    return proof


def _has(words: Sequence[str], phrases: Sequence[Phrase]) -> bool:
    return any(says(words, phrase) for phrase in phrases)


def _amount_before(lines: Sequence[TranscriptPart]) -> Money | None:
    found = [match for line in lines for match in AMOUNT.finditer(line.text or "")]
    if not found:
        return None
    last = found[-1]
    unit = last["sign"] or last["word"].lower().replace("ó", "o")
    return Money(Decimal((last["signed"] or last["named"]).replace(",", "")), CURRENCIES[unit])
