from typing import Literal

ListTextsRingfenceVersion = Literal["2026-11-30"]

LIST_TEXTS_RINGFENCE_VERSION_VALUES: set[ListTextsRingfenceVersion] = {
    "2026-11-30",
}


def check_list_texts_ringfence_version(value: str) -> ListTextsRingfenceVersion:
    if value in LIST_TEXTS_RINGFENCE_VERSION_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {LIST_TEXTS_RINGFENCE_VERSION_VALUES!r}")
