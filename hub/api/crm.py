"""For CRMs: calls to log, outcomes, corrections, and the sources that a CRM knows."""

from hub.contracts.conversions import CallActivity
from hub.contracts.outcomes import Outcome, OutcomePage
from hub.contracts.people import Corrected, Correction
from hub.contracts.sources import KnownSource
from hub.protocols.crm_records import erase_logged

__all__ = [
    "CallActivity", "Corrected", "Correction", "KnownSource", "Outcome", "OutcomePage", "erase_logged",
]  # fmt: skip
