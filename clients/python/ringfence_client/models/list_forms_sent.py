from typing import Literal

ListFormsSent = Literal["delivered", "held", "none", "rejected", "unmatched", "unverifiable", "waiting"]

LIST_FORMS_SENT_VALUES: set[ListFormsSent] = {
    "delivered",
    "held",
    "none",
    "rejected",
    "unmatched",
    "unverifiable",
    "waiting",
}


def check_list_forms_sent(value: str) -> ListFormsSent:
    if value in LIST_FORMS_SENT_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {LIST_FORMS_SENT_VALUES!r}")
