"""The one reader of refusals: in texts, messages of forms, transcripts of calls and voicemail, notes and tags.

A whole text that is a keyword means what the keyword means. Otherwise each sentence is searched for wording that surely
refuses, and for wording that may refuse. The words and patterns are data: see `grammar.py`. How like a refusal the words of
the sentence are is a second opinion: see `languages/likeness.py`. What one opinion calls a refusal and the other does not is
doubtful.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from hub.texts.grammar import Language, Meaning, Pattern, courtesy, languages
from hub.texts.languages.likeness import MAX_WORDS, likeness
from hub.texts.wording import plain, sentences

Source = Literal["text", "form", "speech", "note"]
"""What is read: a text message, the free fields of a form, what a person said in a call or voicemail, a note or tag about a
person."""
Channel = Literal["texts", "calls"]
TEXTS, CALLS, BOTH = (
    frozenset[Channel]({"texts"}),
    frozenset[Channel]({"calls"}),
    frozenset[Channel]({"texts", "calls"}),
)
MAX_READ = 100_000
"""Characters that are read: what is said in an hour. Carriers deliver at most 5,000 (an MMS)."""
LIKENESS = 0.85
"""Similarity from which a text of one word counts as a misspelled stop word: `stp` does, `shop` and `step` do not."""
LOOSE_LIKENESS = 0.66
"""Similarity from which a text of one word is doubtful: `stahp` is."""
REAL_WORDS = frozenset(
    {"subscribe", "top", "tops", "stops", "send", "spot", "shop", "step", "steps", "soup", "alta", "salto", "alto"}
)
"""Real words that are similar to a stop word."""
AMBIGUOUS_WORDS = 2
"""Words of the longest sentence that means stop because it begins with a stop word; any other with one is doubtful."""
KEYWORD_CHARACTERS = 200
"""Characters of the longest text that can be a keyword among words of courtesy."""
SHORT_WORDS = 10
"""Words of the longest text that is read as a whole, too, and that can be a mere refusal."""
POLITE = frozenset({
    "please", "pls", "plz", "thanks", "thank", "you", "thx", "por", "favor", "porfavor", "gracias", "svp", "stp", "merci", "s",
    "il", "vous", "te", "plait", "bitte", "danke", "obrigado", "obrigada", "per", "favore", "grazie",
})  # fmt: skip
"""Please and thanks, in every language."""
LIKE_A_REFUSAL, LIKE_AN_ANSWER, UNLIKE_A_REFUSAL, UNLIKE_A_DOUBT = 0.5, -0.5, -0.5, -2.0
"""Likeness from which a text is doubtful that no pattern fits; from which it is a refusal if it answers a marketing text,
and from which a form, speech or note is doubtful; below which what a pattern calls sure is doubtful, and what it calls
doubtful is nothing."""
NEAR_CHARACTERS = 25
"""Characters after a refusal in which it can name a second channel: `do not call me or send texts`."""
NAMES_OF_CHANNELS: Mapping[Channel, re.Pattern[str]] = {
    "texts": re.compile(
        r"\b(text\w*|sms|mms|messag\w*|msgs?|mensaj\w*|mensage\w*|messagg\w*|nachricht\w*|escrib\w*|ecri\w*|schreib\w*)\b"
    ),
    "calls": re.compile(
        r"\b(call\w*|phon(e me|ing)|ring(ing)?|dial\w*|telephon\w+|llam\w*|r?appel\w*|anruf\w*|lig(a|u)\w+|chiam\w*)\b"
    ),
}
"""In every language: what names a channel."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a text means, in which language it says so, and how that was found.

    `how`: `word` it is one of the keywords; `misspelled` it is nearly one; `wording` free wording says so; `ambiguous` it
    contains a stop word that nothing explains; `doubtful` it may ask for a stop, and a user must read it; `refusal` it
    says no to something, or its words are somewhat like a refusal, which is doubtful too after a marketing text; `none` it
    contains nothing of the kind.
    `channels`: what a stop, doubt or refusal is about; empty otherwise. Wording that names neither texts nor calls is about
    both; a keyword sent by text is about texts.
    """

    meaning: Meaning
    language: str = "en"
    how: Literal["word", "misspelled", "wording", "ambiguous", "doubtful", "refusal", "none"] = "none"
    channels: frozenset[Channel] = frozenset()


NOTHING = Reading("other")


def read(text: str, source: Source = "text") -> Reading:
    """What the person means by `text`, in any of the languages. Never raises; takes time linear in its length.

    A text of many sentences is read sentence by sentence, and its strongest sentence counts. The caller acts on three results:
    `meaning == "stop"` is a sure refusal of `channels`; `how == "doubtful"` goes to the queue of doubtful texts;
    `how == "refusal"` matters only as the answer to a marketing text. `start` and `help` exist for texts alone.

    - Form: pass each free field with `source="form"`.
    - Call or voicemail: pass what the caller said with `source="speech"`, without what the agent said if the speakers are
      known. Timestamps and speaker names must be removed.
    - Note or tag: pass it with `source="note"`. It may be about the person: `customer asked not to be called`, `DNC`.
    - Imported text of any age: pass it as a text that has just arrived.

    Source: 47 CFR 64.1200(a)(10), a person may revoke consent in any reasonable manner.
    """
    text = text[:MAX_READ]
    said = plain(text, signs=False)
    if len(said) <= KEYWORD_CHARACTERS:
        reading = _by_word(said, source) or _by_spelling(said, source)
        if reading is not None:
            return reading
    parts, whole = list(dict.fromkeys(sentences(text))), plain(text)
    if whole.count(" ") < MAX_WORDS:
        found = _strongest([_by_wording(said, source) for said in parts])
        return _weighed(found if found.how != "none" else _as_a_whole(whole), whole, source)
    return _strongest([_weighed(_by_wording(said, source), said, source, len(parts)) for said in parts])


def says_yes(text: str) -> bool:
    """Whether `text` is a bare yes in any of the languages, as an answer to a question."""
    said = plain(text[:MAX_READ], signs=False)
    bare = _without_courtesy(said)
    return any({said, bare} & language.agreement for language in languages())


def _by_word(said: str, source: Source) -> Reading | None:
    bare = _without_courtesy(said)
    for language in languages():
        for word in (said, bare):
            meaning = language.keywords.get(word)
            if meaning is None or not (source == "text" or word in language.sure):
                continue
            if meaning == "stop" and word not in language.sure and not _is_polite(said, word):
                return Reading("other", language.code, "doubtful", TEXTS)
            return Reading(meaning, language.code, "word", TEXTS if meaning == "stop" else frozenset())
    return None


def _is_polite(said: str, word: str) -> bool:
    """Whether `said` has nothing beside `word` but please and thanks: `ok cancel` may be about an appointment."""
    return set(said.split()) - set(word.split()) <= POLITE


def _by_spelling(said: str, source: Source) -> Reading | None:
    if " " in said or said in REAL_WORDS or source == "speech":
        return None
    for language in languages():
        if difflib.get_close_matches(said, language.misspelled, 1, LIKENESS):
            return Reading("stop", language.code, "misspelled", TEXTS)
    if source == "text" and difflib.get_close_matches(said, languages()[0].misspelled, 1, LOOSE_LIKENESS):
        return Reading("other", "en", "doubtful", TEXTS)
    return None


def _by_wording(said: str, source: Source) -> Reading:
    likely = _likely(said, of_a_person=source == "note")
    rests = [(language, language.without_innocent(spelled)) for language, spelled in likely]
    for language, rest in rests:
        channels = _channels((*language.clear, *language.notes) if source == "note" else language.clear, rest)
        if channels:
            return Reading("stop", language.code, "wording", channels)
    if source in ("text", "form"):
        remaining = set.intersection(*(set(rest.split()) for _, rest in rests))
        for language, rest in rests:
            if language.strong & remaining:
                return _unexplained(language, rest)
    for language, rest in rests:
        channels = _channels(language.doubtful, rest)
        if channels:
            return Reading("other", language.code, "doubtful", channels)
    return NOTHING


def _weighed(found: Reading, said: str, source: Source, parts: int = 1) -> Reading:
    """What is found in `said` after the second opinion. One of the many `parts` of a long text is a refusal less often.

    A text that answers a marketing text is a refusal far more often than another.
    """
    alike = likeness(said)
    if found.how == "wording" and alike < UNLIKE_A_REFUSAL:
        return replace(found, meaning="other", how="doubtful")
    if found.how == "doubtful" and alike < UNLIKE_A_DOUBT:
        return NOTHING
    if found.how in ("none", "refusal"):
        alike -= math.log(parts)
        if alike > (LIKE_A_REFUSAL if source == "text" else LIKE_AN_ANSWER):
            return _like(said, "doubtful")
        if found.how == "none" and alike > LIKE_AN_ANSWER:
            return _like(said, "refusal")
    return found


def _like(said: str, how: Literal["doubtful", "refusal"]) -> Reading:
    return Reading("other", _likely(said)[0][0].code, how, _named([said]) or BOTH)


def _unexplained(language: Language, rest: str) -> Reading:
    words = _without_courtesy(rest.strip()).split()
    if words[0] in language.strong and len(words) <= AMBIGUOUS_WORDS:
        return Reading("stop", language.code, "ambiguous", TEXTS)
    return Reading("other", language.code, "doubtful", TEXTS)


def _as_a_whole(said: str) -> Reading:
    """What a short text says that none of its sentences says: `nope. done.`"""
    if len(said.split()) <= SHORT_WORDS:
        for language, spelled in _likely(said):
            rest = language.without_innocent(spelled)
            if channels := _channels(language.doubtful, rest):
                return Reading("other", language.code, "doubtful", channels)
            if any(True for pattern in language.refusal for _ in pattern.find_all(rest)):
                return Reading("other", language.code, "refusal", TEXTS)
    return NOTHING


def _likely(said: str, *, of_a_person: bool = False) -> list[tuple[Language, str]]:
    """The languages that `said` can be in, each with `said` in its usual spelling."""
    counts = [(language, language.likeness(said)) for language in languages()]
    most = max(count for _, count in counts)
    likely = [language for language, count in counts if count * 3 >= most - 2]
    return [(language, language.spelled(said, of_a_person=of_a_person)) for language in likely]


def _channels(patterns: Iterable[Pattern], said: str) -> frozenset[Channel]:
    """The channels of everything in `said` that fits one of the patterns; empty if nothing does."""
    spans = [said[match.start() : match.end() + NEAR_CHARACTERS] for each in patterns for match in each.find_all(said)]
    return (_named(spans) or BOTH) if spans else frozenset()


def _named(spans: Sequence[str]) -> frozenset[Channel]:
    """The channels that are named in one of `spans`."""
    return frozenset(channel for channel, pattern in NAMES_OF_CHANNELS.items() if any(map(pattern.search, spans)))


def _strongest(readings: Sequence[Reading]) -> Reading:
    """The strongest of the readings, about the channels of all that are as strong."""
    strongest = min(readings, key=_weakness, default=NOTHING)
    alike = [each.channels for each in readings if _weakness(each) == _weakness(strongest)]
    return replace(strongest, channels=frozenset[Channel]().union(*alike))


def _weakness(reading: Reading) -> int:
    return 0 if reading.meaning == "stop" else {"doubtful": 1, "refusal": 2}.get(reading.how, 3)


def _without_courtesy(said: str) -> str:
    """`said` without words of courtesy at its ends, unless it contains nothing else."""
    while True:
        for word in courtesy():
            if said.startswith(f"{word} "):
                said = said[len(word) + 1 :]
                break
            if said.endswith(f" {word}"):
                said = said[: -len(word) - 1]
                break
        else:
            return said
