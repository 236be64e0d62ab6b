from typing import Literal

RemoveTagRingfenceVersion = Literal["2026-11-30"]

REMOVE_TAG_RINGFENCE_VERSION_VALUES: set[RemoveTagRingfenceVersion] = {
    "2026-11-30",
}


def check_remove_tag_ringfence_version(value: str) -> RemoveTagRingfenceVersion:
    if value in REMOVE_TAG_RINGFENCE_VERSION_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {REMOVE_TAG_RINGFENCE_VERSION_VALUES!r}")
