from typing import Literal

ListCallsSent = Literal["delivered", "held", "none", "rejected", "unmatched", "unverifiable", "waiting"]

LIST_CALLS_SENT_VALUES: set[ListCallsSent] = {
    "delivered",
    "held",
    "none",
    "rejected",
    "unmatched",
    "unverifiable",
    "waiting",
}


def check_list_calls_sent(value: str) -> ListCallsSent:
    if value in LIST_CALLS_SENT_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {LIST_CALLS_SENT_VALUES!r}")
