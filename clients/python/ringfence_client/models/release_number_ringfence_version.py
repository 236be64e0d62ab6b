from typing import Literal

ReleaseNumberRingfenceVersion = Literal["2026-11-30"]

RELEASE_NUMBER_RINGFENCE_VERSION_VALUES: set[ReleaseNumberRingfenceVersion] = {
    "2026-11-30",
}


def check_release_number_ringfence_version(value: str) -> ReleaseNumberRingfenceVersion:
    if value in RELEASE_NUMBER_RINGFENCE_VERSION_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {RELEASE_NUMBER_RINGFENCE_VERSION_VALUES!r}")
