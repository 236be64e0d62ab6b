"""What callers hear of a service that transcribes recordings, where their law asks for it (`announce_transcription`)."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from itertools import groupby
from operator import itemgetter

from hub.config.callflow.definition import Recording
from hub.config.callflow.screening import spoken
from hub.contracts.answers import Say

TRANSCRIBED: Mapping[str, str] = {
    "en": "An outside service also transcribes this call.",
    "es": "Un servicio externo también transcribe esta llamada.",
    "fr": "Un service externe transcrit aussi cet appel.",
}
"""By language; a flow in any other language hears it in English. Said after a notice that does not mention it."""
_MENTIONED = re.compile(r"trans[ck]ri", re.IGNORECASE)


def mentions_transcription(text: str) -> bool:
    """Whether a notice says that the call is transcribed, in English, Spanish, French or a related language."""
    return _MENTIONED.search(text) is not None


def notice_with(texts: Recording, language: str | None, duties: Collection[str], choice: str) -> tuple[Say, ...]:
    """The recording notice, the sentence on transcription if it is due and the notice lacks it, the `choice` that the law
    gives, and how to end the recording later."""
    said = [(texts.notice, language)]
    if "announce_transcription" in duties and not mentions_transcription(texts.notice):
        said.append(spoken(TRANSCRIBED, language))
    said += [(text, language) for text in (choice, texts.end) if text]
    return tuple(
        Say(text=" ".join(text for text, _ in together), language=tongue, about_recording=True)
        for tongue, together in groupby(said, key=itemgetter(1))
    )
