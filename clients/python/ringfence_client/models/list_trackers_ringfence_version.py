from typing import Literal

ListTrackersRingfenceVersion = Literal["2026-11-30"]

LIST_TRACKERS_RINGFENCE_VERSION_VALUES: set[ListTrackersRingfenceVersion] = {
    "2026-11-30",
}


def check_list_trackers_ringfence_version(value: str) -> ListTrackersRingfenceVersion:
    if value in LIST_TRACKERS_RINGFENCE_VERSION_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {LIST_TRACKERS_RINGFENCE_VERSION_VALUES!r}")
