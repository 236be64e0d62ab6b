"""What is known about a call when it is scored. Everything is optional: what is not known scores nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Relation = Literal["customer", "expected", "talked"]
"""Who the caller is to the company: a customer (a lead, a conversion or a deal in the CRM), somebody whom the business
called or texted lately, or somebody with whom it talked before."""
ListEntry = Literal["block", "block_prefix", "allow"]
"""How users have listed the caller; a number that stands there itself is stronger than its prefix."""
Challenge = Literal["passed", "failed"]


@dataclass(frozen=True, kw_only=True, slots=True)
class CallKey:
    """One call that is scored. `caller` is E.164, None if it is hidden; `at` is aware."""

    connector: str
    call_id: str
    """The carrier's id."""
    company_id: str
    account_id: str
    caller: str | None
    called: str
    at: datetime

    @property
    def key(self) -> tuple[str, str]:
        """The call's id at its carrier."""
        return self.connector, self.call_id


@dataclass(frozen=True, kw_only=True, slots=True)
class CallFacts:
    """The facts about one call that the rules look at. Counts of other calls look back from the call's start."""

    caller: str | None = None
    called: str = ""
    attestation: str | None = None
    """As `Call.attestation`: A, B, C, F (failed) or N (none); None if the carrier says nothing."""
    listed: ListEntry | None = None
    relation: Relation | None = None
    to_honeypot: bool = False
    honeypot_calls: int = 0
    """Calls of this caller to honeypots in 30 days, without this one."""
    numbers: int = 1
    """How many numbers of this hub the caller has called within 10 minutes, this one included."""
    companies: int = 1
    """How many of its companies within an hour."""
    calls: int = 1
    """How many calls of the caller within 10 minutes."""
    brief_calls: int = 0
    """The caller's other calls within 24 hours that lasted no longer than 6 seconds after an answer."""
    talks: int = 0
    """The caller's other calls within 24 hours with a conversation of a minute or more."""
    neighbors: int = 0
    """Other callers from the same exchange as the called number who called it within 10 minutes, and did not talk."""
    ended: bool = False
    answered: bool = False
    voicemail: bool = False
    seconds: int | None = None
    """How long the ended call lasted."""
    silent: bool = False
    """Whether a recording has no sound on the caller's side."""
    same_length: int = 0
    """Other callers of the company within 24 hours whose message lasted exactly as long as this one."""
    challenge: Challenge | None = None
