from typing import Literal

GetTextBodyRingfenceVersion = Literal["2026-11-30"]

GET_TEXT_BODY_RINGFENCE_VERSION_VALUES: set[GetTextBodyRingfenceVersion] = {
    "2026-11-30",
}


def check_get_text_body_ringfence_version(value: str) -> GetTextBodyRingfenceVersion:
    if value in GET_TEXT_BODY_RINGFENCE_VERSION_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {GET_TEXT_BODY_RINGFENCE_VERSION_VALUES!r}")
