"""The few sentences that the hub writes into texts, in each language whose stop words it knows."""

from __future__ import annotations

import re
from collections.abc import Mapping

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
