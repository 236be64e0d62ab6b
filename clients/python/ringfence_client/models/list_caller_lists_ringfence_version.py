from typing import Literal

ListCallerListsRingfenceVersion = Literal["2026-11-30"]

LIST_CALLER_LISTS_RINGFENCE_VERSION_VALUES: set[ListCallerListsRingfenceVersion] = {
    "2026-11-30",
}


def check_list_caller_lists_ringfence_version(value: str) -> ListCallerListsRingfenceVersion:
    if value in LIST_CALLER_LISTS_RINGFENCE_VERSION_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {LIST_CALLER_LISTS_RINGFENCE_VERSION_VALUES!r}")
