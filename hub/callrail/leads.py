"""Lead status on the wire: CallRail knows a good lead and no lead; Ringfence's own marks say more."""

from __future__ import annotations

from hub.contracts.leads import LeadStatus
from hub.model import Lead

GOOD_LEAD, NOT_A_LEAD, NOT_SCORED = "good_lead", "not_a_lead", "not_scored"
STATUSES = {
    GOOD_LEAD: (LeadStatus.QUALIFIED, LeadStatus.BOOKED),
    NOT_A_LEAD: (LeadStatus.NOT_A_LEAD,),
}
"""Status on the wire → the marks that it stands for; a write sets the first one."""


def lead_status(lead: Lead | None) -> str | None:
    """`good_lead` or `not_a_lead`; None if nobody has decided."""
    return next((name for name, marks in STATUSES.items() if lead and lead.status in marks), None)


def is_good_lead(lead: Lead | None) -> bool:
    """Whether the mark says so."""
    return lead_status(lead) == GOOD_LEAD
