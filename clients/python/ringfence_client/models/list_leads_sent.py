from typing import Literal

ListLeadsSent = Literal["delivered", "held", "none", "rejected", "unmatched", "unverifiable", "waiting"]

LIST_LEADS_SENT_VALUES: set[ListLeadsSent] = {
    "delivered",
    "held",
    "none",
    "rejected",
    "unmatched",
    "unverifiable",
    "waiting",
}


def check_list_leads_sent(value: str) -> ListLeadsSent:
    if value in LIST_LEADS_SENT_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {LIST_LEADS_SENT_VALUES!r}")
