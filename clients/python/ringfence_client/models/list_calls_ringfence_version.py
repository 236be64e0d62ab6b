from typing import Literal

ListCallsRingfenceVersion = Literal["2026-11-30"]

LIST_CALLS_RINGFENCE_VERSION_VALUES: set[ListCallsRingfenceVersion] = {
    "2026-11-30",
}


def check_list_calls_ringfence_version(value: str) -> ListCallsRingfenceVersion:
    if value in LIST_CALLS_RINGFENCE_VERSION_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {LIST_CALLS_RINGFENCE_VERSION_VALUES!r}")
