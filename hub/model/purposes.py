"""Why a text is sent, and the data use for which consent is checked."""

from __future__ import annotations

from typing import Literal

Purpose = Literal[
    "reply",
    "service",
    "marketing",
    "auto_reply",
    "missed_call",
    "text_back",
    "opt_out_confirmation",
    "stop_question",
    "opt_in_confirmation",
    "help",
    "identity_code",
    "staff_alert",
]
"""`reply`: somebody at the business answers a person. `service`: news about something that the person asked for. `marketing`:
everything else. `auto_reply`, `missed_call`: the hub's automatic answer to a text, and to a call that nobody took; `text_back`:
the answer from a step of the call's flow. Three answer the words STOP, START and HELP; `stop_question` asks whether a doubtful
text is a stop; `identity_code` proves that somebody has the number.
`staff_alert` says to a user of the hub what happened; the user has confirmed the number for it."""
SERVICE = "essential.service.notifications.sms"
MARKETING = "marketing.communications.sms"
TEXT_USES = (SERVICE, MARKETING)
"""The uses that STOP revokes."""
CALL_BACK = "essential.service.call_back"
"""The use of a call back: a person at the business calls somebody who was in touch."""
LISTED_USES = (*TEXT_USES, CALL_BACK)
"""The uses whose refusal goes on the suppression list, so that it outlasts the person's row."""
LEGAL = "essential.legal_obligation"
USES: dict[Purpose, str] = {
    "reply": SERVICE,
    "service": SERVICE,
    "marketing": MARKETING,
    "auto_reply": SERVICE,
    "missed_call": SERVICE,
    "text_back": SERVICE,
    "opt_out_confirmation": LEGAL,
    "stop_question": LEGAL,
    "opt_in_confirmation": LEGAL,
    "help": LEGAL,
    "identity_code": LEGAL,
    "staff_alert": SERVICE,
}
ANSWERS_TO_WORDS: frozenset[str] = frozenset(
    {"opt_out_confirmation", "stop_question", "opt_in_confirmation", "help", "identity_code"}
)
"""These texts have no opt-out line and no other content. All but the question are sent even after the person's stop."""
AUTOMATIC: frozenset[str] = frozenset({"auto_reply", "missed_call", "text_back"})
"""Automatic texts: each person gets at most one of them within a window."""
BY_HAND: frozenset[str] = frozenset({"reply", "service", "marketing"})
