from typing import Literal

RestNumberRingfenceVersion = Literal["2026-11-30"]

REST_NUMBER_RINGFENCE_VERSION_VALUES: set[RestNumberRingfenceVersion] = {
    "2026-11-30",
}


def check_rest_number_ringfence_version(value: str) -> RestNumberRingfenceVersion:
    if value in REST_NUMBER_RINGFENCE_VERSION_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {REST_NUMBER_RINGFENCE_VERSION_VALUES!r}")
