"""The few sentences that the hub writes into texts, in each language whose stop words it knows."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping

OPT_OUT_LINE: Mapping[str, str] = {
    "en": "Reply STOP to stop texts.",
    "es": "Responda BAJA para no recibir más mensajes.",
    "fr": "Répondez ARRET pour ne plus recevoir de messages.",
    "de": "Antworten Sie STOPP, um keine Nachrichten mehr zu bekommen.",
    "pt": "Responda PARE para não receber mais mensagens.",
    "it": "Rispondi FERMA per non ricevere più messaggi.",
}
SHOUTED = re.compile(r"\b[A-Z]{4,}\b")
"""A word in capitals, the usual way to write a keyword that the person can reply with."""
MAX_OPT_OUT_LINE_CHARACTERS = max(map(len, OPT_OUT_LINE.values())) + 1
STOPPED: Mapping[str, str] = {
    "en": "{company}: You will receive no more texts from us. Reply START to receive them again.",
    "es": "{company}: No recibirá más mensajes nuestros. Responda START para volver a recibirlos.",
    "fr": "{company} : vous ne recevrez plus nos messages. Répondez START pour les recevoir à nouveau.",
    "de": "{company}: Sie bekommen keine Nachrichten mehr von uns. Mit START bekommen Sie sie wieder.",
    "pt": "{company}: Você não receberá mais mensagens nossas. Responda START para voltar a recebê-las.",
    "it": "{company}: non riceverai più nostri messaggi. Rispondi START per riceverli di nuovo.",
}
STOP_QUESTION: Mapping[str, str] = {
    "en": "{company}: Did you want us to stop texting you? Reply STOP to stop our texts or START to keep receiving them.",
    "es": "{company}: ¿Quiere que dejemos de enviarle mensajes? Responda BAJA para no recibir más o START para seguir "
    "recibiéndolos.",
    "fr": "{company} : souhaitez-vous ne plus recevoir nos messages ? Répondez ARRET pour ne plus en recevoir ou START pour "
    "continuer à les recevoir.",
    "de": "{company}: Möchten Sie keine Nachrichten mehr von uns? Antworten Sie STOPP, um keine mehr zu bekommen, oder START, "
    "um sie weiter zu bekommen.",
    "pt": "{company}: Você quer que paremos de enviar mensagens? Responda PARE para não receber mais ou START para continuar "
    "recebendo.",
    "it": "{company}: vuoi che smettiamo di scriverti? Rispondi FERMA per non ricevere più messaggi o START per continuare a "
    "riceverli.",
}
"""Must not contain any marketing. Source: 47 CFR 64.1200(a)(12)."""
STARTED: Mapping[str, str] = {
    "en": "{company}: You will receive our texts again. Reply HELP for help, STOP to stop.",
    "es": "{company}: Vuelve a recibir nuestros mensajes. Responda AYUDA para ayuda, BAJA para no recibir más.",
    "fr": "{company} : vous recevez à nouveau nos messages. Répondez AIDE pour de l'aide, ARRET pour arrêter.",
    "de": "{company}: Sie bekommen unsere Nachrichten wieder. HILFE für Hilfe, STOPP zum Abmelden.",
    "pt": "{company}: Você volta a receber nossas mensagens. Responda AJUDA para ajuda, PARE para parar.",
    "it": "{company}: ricevi di nuovo i nostri messaggi. Rispondi AIUTO per aiuto, FERMA per smettere.",
}
HELP: Mapping[str, str] = {
    "en": "{company}: For help, {contact}. Reply STOP to stop texts.",
    "es": "{company}: Para ayuda, {contact}. Responda BAJA para no recibir más mensajes.",
    "fr": "{company} : pour de l'aide, {contact}. Répondez ARRET pour ne plus recevoir de messages.",
    "de": "{company}: Hilfe: {contact}. Antworten Sie STOPP, um keine Nachrichten mehr zu bekommen.",
    "pt": "{company}: Para ajuda, {contact}. Responda PARE para não receber mais mensagens.",
    "it": "{company}: per aiuto, {contact}. Rispondi FERMA per non ricevere più messaggi.",
}


def sentence(table: Mapping[str, str], language: str, **parts: str) -> str:
    """A sentence in a language, or in English if the language is not known."""
    return table.get(language, table["en"]).format(**parts)


def with_opt_out_line(body: str, language: str) -> str:
    """Add to a person's first text how to stop texts, unless the body names a stop keyword already: STOP, or the
    language's own word, in capitals as a separate word. (`we can stop by at 5` does not say how to stop texts.)
    """
    line = sentence(OPT_OUT_LINE, language)
    named = SHOUTED.findall(line)
    return body if {"STOP", *named}.intersection(SHOUTED.findall(body)) else f"{body}\n{line}"


SENTENCE_WORDS, SHARED_WORDS = 40, 15
"""Words of the longest sentence. A longer one, as in a transcript without punctuation, is read in parts of as many, each of
which repeats some words of the one before it."""
SENTENCE_END = re.compile(r"(?<=[.!?\u2026])\s+|[\n\r;]+")
LOOKALIKES = str.maketrans("авекмнорстухѕіјԁԛһαβεζηικμνορτυχ", "abekmhopctyxsijdqhabezhikmvoptyx")
"""Small Cyrillic and Greek letters, and the Latin letters that they or their capitals look like."""
IN_PLACE_OF_LETTERS = str.maketrans("0$@51347", "osasieat")
MEASURED = re.compile(r"\d+(am|pm|st|nd|rd|th|h|k|x|ft|b)?")
"""An hour, a place in a row or a size: its digits stand for no letters."""
LETTERS_LIKE_LATIN = str.maketrans({"ø": "o", "œ": "oe", "æ": "ae"})
SIGNS = {"emostop": "🛑⛔🚫✋🙅📵🔕", "emorude": "🖕"}
"""Pictures that say stop, and the words that they are read as."""
SIGN_WORDS = {ord(sign): f" {word} " for word, signs in SIGNS.items() for sign in signs} | {ord("#"): " number "}


def plain(text: str, signs: bool = True) -> str:
    """`text` without anything that can hide a word: width, case, accents, similar letters of other alphabets,
    punctuation, pictures, letters that are spaced or repeated. With `signs`, a stop sign is a word.
    """
    worded = text.translate(SIGN_WORDS) if signs else text
    folded = unicodedata.normalize("NFKC", worded).casefold().translate(LOOKALIKES)
    decomposed = unicodedata.normalize("NFKD", folded).translate(LETTERS_LIKE_LATIN)
    kept = "".join(
        character if character.isalnum() or character in "$@" else " "
        for character in decomposed
        if unicodedata.category(character) not in ("Mn", "Cf", "Me")
    )
    tokens = [_unmasked(token) for token in kept.split()]
    if len(tokens) > 2 and all(len(token) == 1 for token in tokens):
        tokens = ["".join(tokens)]
    return re.sub(r"([a-z])\1{2,}", r"\1", " ".join(filter(None, tokens)))


def sentences(text: str) -> Iterator[str]:
    """The sentences of a text in plain form; a very long one in parts that overlap."""
    for sentence in SENTENCE_END.split(text):
        words = plain(sentence).split()
        for begin in range(0, max(len(words) - SHARED_WORDS, 1), SENTENCE_WORDS - SHARED_WORDS):
            yield " ".join(words[begin : begin + SENTENCE_WORDS])


def _unmasked(token: str) -> str:
    masked = any(character.isalpha() for character in token) and not token.isalpha()
    unmasked = token.translate(IN_PLACE_OF_LETTERS) if masked and not MEASURED.fullmatch(token) else token
    return unmasked.replace("$", "").replace("@", "")
