from typing import Literal

ListFormsLead = Literal["any", "booked", "new", "none", "not_a_lead", "qualified", "yes"]

LIST_FORMS_LEAD_VALUES: set[ListFormsLead] = {
    "any",
    "booked",
    "new",
    "none",
    "not_a_lead",
    "qualified",
    "yes",
}


def check_list_forms_lead(value: str) -> ListFormsLead:
    if value in LIST_FORMS_LEAD_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {LIST_FORMS_LEAD_VALUES!r}")
