from typing import Literal

GetTrackersReportRingfenceVersion = Literal["2026-11-30"]

GET_TRACKERS_REPORT_RINGFENCE_VERSION_VALUES: set[GetTrackersReportRingfenceVersion] = {
    "2026-11-30",
}


def check_get_trackers_report_ringfence_version(value: str) -> GetTrackersReportRingfenceVersion:
    if value in GET_TRACKERS_REPORT_RINGFENCE_VERSION_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {GET_TRACKERS_REPORT_RINGFENCE_VERSION_VALUES!r}")
