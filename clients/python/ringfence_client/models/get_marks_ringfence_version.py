from typing import Literal

GetMarksRingfenceVersion = Literal["2026-11-30"]

GET_MARKS_RINGFENCE_VERSION_VALUES: set[GetMarksRingfenceVersion] = {
    "2026-11-30",
}


def check_get_marks_ringfence_version(value: str) -> GetMarksRingfenceVersion:
    if value in GET_MARKS_RINGFENCE_VERSION_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {GET_MARKS_RINGFENCE_VERSION_VALUES!r}")
