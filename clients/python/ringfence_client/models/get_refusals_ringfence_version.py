from typing import Literal

GetRefusalsRingfenceVersion = Literal["2026-11-30"]

GET_REFUSALS_RINGFENCE_VERSION_VALUES: set[GetRefusalsRingfenceVersion] = {
    "2026-11-30",
}


def check_get_refusals_ringfence_version(value: str) -> GetRefusalsRingfenceVersion:
    if value in GET_REFUSALS_RINGFENCE_VERSION_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {GET_REFUSALS_RINGFENCE_VERSION_VALUES!r}")
