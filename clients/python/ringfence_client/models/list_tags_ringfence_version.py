from typing import Literal

ListTagsRingfenceVersion = Literal["2026-11-30"]

LIST_TAGS_RINGFENCE_VERSION_VALUES: set[ListTagsRingfenceVersion] = {
    "2026-11-30",
}


def check_list_tags_ringfence_version(value: str) -> ListTagsRingfenceVersion:
    if value in LIST_TAGS_RINGFENCE_VERSION_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {LIST_TAGS_RINGFENCE_VERSION_VALUES!r}")
