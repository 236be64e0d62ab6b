from typing import Literal

GetReportRingfenceVersion = Literal["2026-11-30"]

GET_REPORT_RINGFENCE_VERSION_VALUES: set[GetReportRingfenceVersion] = {
    "2026-11-30",
}


def check_get_report_ringfence_version(value: str) -> GetReportRingfenceVersion:
    if value in GET_REPORT_RINGFENCE_VERSION_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {GET_REPORT_RINGFENCE_VERSION_VALUES!r}")
