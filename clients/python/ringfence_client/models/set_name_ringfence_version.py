from typing import Literal

SetNameRingfenceVersion = Literal["2026-11-30"]

SET_NAME_RINGFENCE_VERSION_VALUES: set[SetNameRingfenceVersion] = {
    "2026-11-30",
}


def check_set_name_ringfence_version(value: str) -> SetNameRingfenceVersion:
    if value in SET_NAME_RINGFENCE_VERSION_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {SET_NAME_RINGFENCE_VERSION_VALUES!r}")
