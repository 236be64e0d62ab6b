from typing import Literal

ListDeliveriesRingfenceVersion = Literal["2026-11-30"]

LIST_DELIVERIES_RINGFENCE_VERSION_VALUES: set[ListDeliveriesRingfenceVersion] = {
    "2026-11-30",
}


def check_list_deliveries_ringfence_version(value: str) -> ListDeliveriesRingfenceVersion:
    if value in LIST_DELIVERIES_RINGFENCE_VERSION_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {LIST_DELIVERIES_RINGFENCE_VERSION_VALUES!r}")
