from typing import Literal

ListCallDeliveriesRingfenceVersion = Literal["2026-11-30"]

LIST_CALL_DELIVERIES_RINGFENCE_VERSION_VALUES: set[ListCallDeliveriesRingfenceVersion] = {
    "2026-11-30",
}


def check_list_call_deliveries_ringfence_version(value: str) -> ListCallDeliveriesRingfenceVersion:
    if value in LIST_CALL_DELIVERIES_RINGFENCE_VERSION_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {LIST_CALL_DELIVERIES_RINGFENCE_VERSION_VALUES!r}")
