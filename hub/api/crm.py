"""For CRMs: a declaration of a CRM that takes JSON and its stand-in, calls to log, outcomes, corrections, and known sources."""

from hub.contracts.conversions import CallActivity
from hub.contracts.outcomes import Outcome, OutcomePage
from hub.contracts.people import Corrected, Correction
from hub.contracts.sources import KnownSource
from hub.contracts.untrusted import instant
from hub.protocols.json_crm import JsonCrm
from hub.protocols.json_crm.changes import ChangedPage, changed_at, changed_since
from hub.protocols.json_crm.erasure import erase_logged
from hub.protocols.json_crm.stand_in import CrmStandIn

__all__ = [
    "CallActivity", "ChangedPage", "Corrected", "Correction", "CrmStandIn", "JsonCrm", "KnownSource", "Outcome",
    "OutcomePage", "changed_at", "changed_since", "erase_logged", "instant",
]  # fmt: skip
