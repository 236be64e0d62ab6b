from typing import Literal

DeleteTagRingfenceVersion = Literal["2026-11-30"]

DELETE_TAG_RINGFENCE_VERSION_VALUES: set[DeleteTagRingfenceVersion] = {
    "2026-11-30",
}


def check_delete_tag_ringfence_version(value: str) -> DeleteTagRingfenceVersion:
    if value in DELETE_TAG_RINGFENCE_VERSION_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {DELETE_TAG_RINGFENCE_VERSION_VALUES!r}")
