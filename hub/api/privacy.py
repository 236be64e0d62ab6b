"""For plugins that judge whether data may be used: the question, the opinion, and the rules of law that it rests on."""

from hub.contracts.consent import SIGNALS_NUMBER, ConsentQuestion, ConsentRecord, Duty, Opinion, Place, Signal
from hub.contracts.rules import LegalRule, RuleTopic

__all__ = [
    "SIGNALS_NUMBER", "ConsentQuestion", "ConsentRecord", "Duty", "LegalRule", "Opinion", "Place", "RuleTopic",
    "Signal",
]  # fmt: skip
