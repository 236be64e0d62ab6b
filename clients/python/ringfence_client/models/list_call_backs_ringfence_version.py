from typing import Literal

ListCallBacksRingfenceVersion = Literal["2026-11-30"]

LIST_CALL_BACKS_RINGFENCE_VERSION_VALUES: set[ListCallBacksRingfenceVersion] = {
    "2026-11-30",
}


def check_list_call_backs_ringfence_version(value: str) -> ListCallBacksRingfenceVersion:
    if value in LIST_CALL_BACKS_RINGFENCE_VERSION_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {LIST_CALL_BACKS_RINGFENCE_VERSION_VALUES!r}")
