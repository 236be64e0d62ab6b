from typing import Literal

ListWaitingCallersRingfenceVersion = Literal["2026-11-30"]

LIST_WAITING_CALLERS_RINGFENCE_VERSION_VALUES: set[ListWaitingCallersRingfenceVersion] = {
    "2026-11-30",
}


def check_list_waiting_callers_ringfence_version(value: str) -> ListWaitingCallersRingfenceVersion:
    if value in LIST_WAITING_CALLERS_RINGFENCE_VERSION_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {LIST_WAITING_CALLERS_RINGFENCE_VERSION_VALUES!r}")
