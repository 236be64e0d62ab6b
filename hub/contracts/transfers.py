"""On what basis data may go to another country: the mechanisms that privacy laws name.

Source: GDPR Art. 45 to 47 and 49(1)(a); UK GDPR Art. 45 to 47 and 49; Quebec's Act P-39.1, s. 17, asks for an assessment and a
written agreement.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Transfer = Literal[
    "adequacy", "data_privacy_framework", "standard_contractual_clauses", "binding_corporate_rules", "agreement", "consent"
]  # fmt: skip
TRANSFER_LABELS: Mapping[str, str] = {
    "adequacy": "an adequacy decision (GDPR Art. 45)",
    "data_privacy_framework": "the Data Privacy Framework",
    "standard_contractual_clauses": "standard contractual clauses (GDPR Art. 46)",
    "binding_corporate_rules": "binding corporate rules (GDPR Art. 47)",
    "agreement": "a written agreement after an assessment (Quebec, P-39.1, s. 17)",
    "consent": "the person's explicit consent (GDPR Art. 49)",
}
NO_MECHANISM = "no mechanism is stated"
"""What papers say of a recipient for which neither its manifest nor config.yaml names one."""


def transfer_label(transfer: str) -> str:
    """The mechanism in words; `NO_MECHANISM` for an empty one."""
    return TRANSFER_LABELS.get(transfer, NO_MECHANISM)
