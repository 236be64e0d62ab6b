from typing import Literal

RemoveFromCallerListRingfenceVersion = Literal["2026-11-30"]

REMOVE_FROM_CALLER_LIST_RINGFENCE_VERSION_VALUES: set[RemoveFromCallerListRingfenceVersion] = {
    "2026-11-30",
}


def check_remove_from_caller_list_ringfence_version(value: str) -> RemoveFromCallerListRingfenceVersion:
    if value in REMOVE_FROM_CALLER_LIST_RINGFENCE_VERSION_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {REMOVE_FROM_CALLER_LIST_RINGFENCE_VERSION_VALUES!r}")
