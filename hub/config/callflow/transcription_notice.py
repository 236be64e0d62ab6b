"""What callers hear of a service that transcribes recordings, where their law asks for it (`announce_transcription`)."""

from __future__ import annotations

import re
from collections.abc import Mapping

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
