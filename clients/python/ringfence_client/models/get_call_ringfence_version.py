from typing import Literal

GetCallRingfenceVersion = Literal["2026-11-30"]

GET_CALL_RINGFENCE_VERSION_VALUES: set[GetCallRingfenceVersion] = {
    "2026-11-30",
}


def check_get_call_ringfence_version(value: str) -> GetCallRingfenceVersion:
    if value in GET_CALL_RINGFENCE_VERSION_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {GET_CALL_RINGFENCE_VERSION_VALUES!r}")
