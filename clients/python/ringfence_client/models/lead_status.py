from typing import Literal

LeadStatus = Literal["booked", "new", "not_a_lead", "qualified"]

LEAD_STATUS_VALUES: set[LeadStatus] = {
    "booked",
    "new",
    "not_a_lead",
    "qualified",
}


def check_lead_status(value: str) -> LeadStatus:
    if value in LEAD_STATUS_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {LEAD_STATUS_VALUES!r}")
