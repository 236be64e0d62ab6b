"""Lead status: how far a call, text or form got, as a user marked it."""

from __future__ import annotations

from enum import StrEnum


class LeadStatus(StrEnum):
    """How far a contact got, as a user marked it."""

    NEW = "new"
    """Somebody looked at it and has not decided yet."""
    QUALIFIED = "qualified"
    """A real prospect."""
    BOOKED = "booked"
    """An appointment or an order."""
    NOT_A_LEAD = "not_a_lead"
    """Spam, a supplier, a wrong number, an existing customer's question."""
