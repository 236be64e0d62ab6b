from typing import Literal

GetWeekdaysReportRingfenceVersion = Literal["2026-11-30"]

GET_WEEKDAYS_REPORT_RINGFENCE_VERSION_VALUES: set[GetWeekdaysReportRingfenceVersion] = {
    "2026-11-30",
}


def check_get_weekdays_report_ringfence_version(value: str) -> GetWeekdaysReportRingfenceVersion:
    if value in GET_WEEKDAYS_REPORT_RINGFENCE_VERSION_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {GET_WEEKDAYS_REPORT_RINGFENCE_VERSION_VALUES!r}")
