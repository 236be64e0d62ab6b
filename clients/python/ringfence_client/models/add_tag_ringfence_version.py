from typing import Literal

AddTagRingfenceVersion = Literal["2026-11-30"]

ADD_TAG_RINGFENCE_VERSION_VALUES: set[AddTagRingfenceVersion] = {
    "2026-11-30",
}


def check_add_tag_ringfence_version(value: str) -> AddTagRingfenceVersion:
    if value in ADD_TAG_RINGFENCE_VERSION_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {ADD_TAG_RINGFENCE_VERSION_VALUES!r}")
