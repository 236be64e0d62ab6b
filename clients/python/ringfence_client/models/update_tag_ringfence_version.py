from typing import Literal

UpdateTagRingfenceVersion = Literal["2026-11-30"]

UPDATE_TAG_RINGFENCE_VERSION_VALUES: set[UpdateTagRingfenceVersion] = {
    "2026-11-30",
}


def check_update_tag_ringfence_version(value: str) -> UpdateTagRingfenceVersion:
    if value in UPDATE_TAG_RINGFENCE_VERSION_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {UPDATE_TAG_RINGFENCE_VERSION_VALUES!r}")
