from typing import Literal

GetCostsReportRingfenceVersion = Literal["2026-11-30"]

GET_COSTS_REPORT_RINGFENCE_VERSION_VALUES: set[GetCostsReportRingfenceVersion] = {
    "2026-11-30",
}


def check_get_costs_report_ringfence_version(value: str) -> GetCostsReportRingfenceVersion:
    if value in GET_COSTS_REPORT_RINGFENCE_VERSION_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {GET_COSTS_REPORT_RINGFENCE_VERSION_VALUES!r}")
