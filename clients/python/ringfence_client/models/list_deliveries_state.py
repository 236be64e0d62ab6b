from typing import Literal

ListDeliveriesState = Literal[
    "accepted",
    "aside",
    "dead",
    "delivered",
    "drift",
    "held",
    "leased",
    "open",
    "quarantined",
    "ready",
    "rejected",
    "unmatched",
    "unverifiable",
]

LIST_DELIVERIES_STATE_VALUES: set[ListDeliveriesState] = {
    "accepted",
    "aside",
    "dead",
    "delivered",
    "drift",
    "held",
    "leased",
    "open",
    "quarantined",
    "ready",
    "rejected",
    "unmatched",
    "unverifiable",
}


def check_list_deliveries_state(value: str) -> ListDeliveriesState:
    if value in LIST_DELIVERIES_STATE_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {LIST_DELIVERIES_STATE_VALUES!r}")
