"""Why a text goes out, and the data use that consent is asked for."""

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
]
"""`reply`: somebody at the business answers a person. `service`: news of something that the person asked for. `marketing`: all
else. `auto_reply`, `missed_call`: the hub's own answer to a text, and to a call that nobody took; `text_back`: the one
that a call's flow has a step for. Three answer the words STOP, START and HELP; `stop_question` asks whether a doubtful text
is a stop; `identity_code` shows that who asks for their data has the number."""
SERVICE = "essential.service.notifications.sms"
MARKETING = "marketing.communications.sms"
TEXT_USES = (SERVICE, MARKETING)
"""What STOP takes back."""
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
}
ANSWERS_TO_WORDS: frozenset[str] = frozenset(
    {"opt_out_confirmation", "stop_question", "opt_in_confirmation", "help", "identity_code"}
)
"""They carry no opt-out line and nothing else in them; all but the question go though the person has stopped all else."""
AUTOMATIC: frozenset[str] = frozenset({"auto_reply", "missed_call", "text_back"})
"""What nobody wrote: at most one of them a person within a window."""
BY_HAND: frozenset[str] = frozenset({"reply", "service", "marketing"})
