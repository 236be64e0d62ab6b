from typing import Literal

AddToCallerListRingfenceVersion = Literal["2026-11-30"]

ADD_TO_CALLER_LIST_RINGFENCE_VERSION_VALUES: set[AddToCallerListRingfenceVersion] = {
    "2026-11-30",
}


def check_add_to_caller_list_ringfence_version(value: str) -> AddToCallerListRingfenceVersion:
    if value in ADD_TO_CALLER_LIST_RINGFENCE_VERSION_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {ADD_TO_CALLER_LIST_RINGFENCE_VERSION_VALUES!r}")
