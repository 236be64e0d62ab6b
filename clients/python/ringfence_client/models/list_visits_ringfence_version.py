from typing import Literal

ListVisitsRingfenceVersion = Literal["2026-11-30"]

LIST_VISITS_RINGFENCE_VERSION_VALUES: set[ListVisitsRingfenceVersion] = {
    "2026-11-30",
}


def check_list_visits_ringfence_version(value: str) -> ListVisitsRingfenceVersion:
    if value in LIST_VISITS_RINGFENCE_VERSION_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {LIST_VISITS_RINGFENCE_VERSION_VALUES!r}")
