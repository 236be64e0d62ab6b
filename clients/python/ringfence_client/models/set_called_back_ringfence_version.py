from typing import Literal

SetCalledBackRingfenceVersion = Literal["2026-11-30"]

SET_CALLED_BACK_RINGFENCE_VERSION_VALUES: set[SetCalledBackRingfenceVersion] = {
    "2026-11-30",
}


def check_set_called_back_ringfence_version(value: str) -> SetCalledBackRingfenceVersion:
    if value in SET_CALLED_BACK_RINGFENCE_VERSION_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {SET_CALLED_BACK_RINGFENCE_VERSION_VALUES!r}")
