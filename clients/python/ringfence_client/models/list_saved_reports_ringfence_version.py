from typing import Literal

ListSavedReportsRingfenceVersion = Literal["2026-11-30"]

LIST_SAVED_REPORTS_RINGFENCE_VERSION_VALUES: set[ListSavedReportsRingfenceVersion] = {
    "2026-11-30",
}


def check_list_saved_reports_ringfence_version(value: str) -> ListSavedReportsRingfenceVersion:
    if value in LIST_SAVED_REPORTS_RINGFENCE_VERSION_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {LIST_SAVED_REPORTS_RINGFENCE_VERSION_VALUES!r}")
