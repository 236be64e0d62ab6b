"""The resume token of an instruction that waits: it brings the call back to the same version of its flow, and to its
step.

`12.sales.3.h.1`: flow version 12, step `sales`, the third time that the call waits, the recording notice was heard,
try 1.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from hub.config.callflow.definition import END

Heard = Literal["n", "h", "r", "a", "c", "o"]
"""State of the recording notice: not yet heard; heard, and recording continues; refused; asked, and the key is
awaited. `c`: the flow has not begun, because a suspect caller is asked for a key first.
`o`: a PIN was right, and the caller hears messages; nothing of such a call is recorded."""
MAX_WAITS = 40
"""How often one call may wait for a person, so that it ends whatever its caller does."""
TOKEN = re.compile(r"(\d{1,9})\.([a-z0-9][a-z0-9_-]{0,31})\.(\d{1,3})\.([nhraco])\.(\d{1,3})", re.ASCII)


@dataclass(frozen=True, slots=True)
class ResumeToken:
    """Where a call waits."""

    version: int
    step: str
    waits: int = 0
    heard: Heard = "n"
    attempt: int = 0
    """How often the step itself has tried: a menu's repetition, a phone of a round robin."""

    def __str__(self) -> str:
        return f"{self.version}.{self.step}.{self.waits}.{self.heard}.{self.attempt}"

    def at(self, step: str, attempt: int = 0) -> ResumeToken:
        """The same call at another step."""
        return ResumeToken(self.version, step, self.waits, self.heard, attempt)

    def once_more(self, attempt: int) -> ResumeToken:
        """The same call, which waits for a person one more time."""
        return ResumeToken(self.version, self.step, self.waits + 1, self.heard, attempt)

    def having(self, heard: Heard) -> ResumeToken:
        """The same call with another state of the recording notice."""
        return ResumeToken(self.version, self.step, self.waits, heard, self.attempt)

    @property
    def over(self) -> bool:
        """Whether the call is at its end, and waits only for the phone that rings now."""
        return self.step == END


def parse_mark(text: str) -> ResumeToken | None:
    """Parse the token; None if it is not one of the hub's."""
    match = TOKEN.fullmatch(text)
    if match is None:
        return None
    return ResumeToken(int(match[1]), match[2], int(match[3]), match[4], int(match[5]))  # type: ignore[arg-type]
