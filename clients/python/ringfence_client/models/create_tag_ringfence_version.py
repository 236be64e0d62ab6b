from typing import Literal

CreateTagRingfenceVersion = Literal["2026-11-30"]

CREATE_TAG_RINGFENCE_VERSION_VALUES: set[CreateTagRingfenceVersion] = {
    "2026-11-30",
}


def check_create_tag_ringfence_version(value: str) -> CreateTagRingfenceVersion:
    if value in CREATE_TAG_RINGFENCE_VERSION_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {CREATE_TAG_RINGFENCE_VERSION_VALUES!r}")
