from typing import Literal

GetWeeksReportRingfenceVersion = Literal["2026-11-30"]

GET_WEEKS_REPORT_RINGFENCE_VERSION_VALUES: set[GetWeeksReportRingfenceVersion] = {
    "2026-11-30",
}


def check_get_weeks_report_ringfence_version(value: str) -> GetWeeksReportRingfenceVersion:
    if value in GET_WEEKS_REPORT_RINGFENCE_VERSION_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {GET_WEEKS_REPORT_RINGFENCE_VERSION_VALUES!r}")
