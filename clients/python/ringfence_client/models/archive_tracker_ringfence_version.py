from typing import Literal

ArchiveTrackerRingfenceVersion = Literal["2026-11-30"]

ARCHIVE_TRACKER_RINGFENCE_VERSION_VALUES: set[ArchiveTrackerRingfenceVersion] = {
    "2026-11-30",
}


def check_archive_tracker_ringfence_version(value: str) -> ArchiveTrackerRingfenceVersion:
    if value in ARCHIVE_TRACKER_RINGFENCE_VERSION_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {ARCHIVE_TRACKER_RINGFENCE_VERSION_VALUES!r}")
