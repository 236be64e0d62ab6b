from typing import Literal

ListCallsLead = Literal["any", "booked", "new", "none", "not_a_lead", "qualified", "yes"]

LIST_CALLS_LEAD_VALUES: set[ListCallsLead] = {
    "any",
    "booked",
    "new",
    "none",
    "not_a_lead",
    "qualified",
    "yes",
}


def check_list_calls_lead(value: str) -> ListCallsLead:
    if value in LIST_CALLS_LEAD_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {LIST_CALLS_LEAD_VALUES!r}")
