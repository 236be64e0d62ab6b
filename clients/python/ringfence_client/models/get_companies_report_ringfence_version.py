from typing import Literal

GetCompaniesReportRingfenceVersion = Literal["2026-11-30"]

GET_COMPANIES_REPORT_RINGFENCE_VERSION_VALUES: set[GetCompaniesReportRingfenceVersion] = {
    "2026-11-30",
}


def check_get_companies_report_ringfence_version(value: str) -> GetCompaniesReportRingfenceVersion:
    if value in GET_COMPANIES_REPORT_RINGFENCE_VERSION_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {GET_COMPANIES_REPORT_RINGFENCE_VERSION_VALUES!r}")
