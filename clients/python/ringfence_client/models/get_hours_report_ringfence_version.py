from typing import Literal

GetHoursReportRingfenceVersion = Literal["2026-11-30"]

GET_HOURS_REPORT_RINGFENCE_VERSION_VALUES: set[GetHoursReportRingfenceVersion] = {
    "2026-11-30",
}


def check_get_hours_report_ringfence_version(value: str) -> GetHoursReportRingfenceVersion:
    if value in GET_HOURS_REPORT_RINGFENCE_VERSION_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {GET_HOURS_REPORT_RINGFENCE_VERSION_VALUES!r}")
