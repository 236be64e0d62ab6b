from typing import Literal

GetAgentsReportRingfenceVersion = Literal["2026-11-30"]

GET_AGENTS_REPORT_RINGFENCE_VERSION_VALUES: set[GetAgentsReportRingfenceVersion] = {
    "2026-11-30",
}


def check_get_agents_report_ringfence_version(value: str) -> GetAgentsReportRingfenceVersion:
    if value in GET_AGENTS_REPORT_RINGFENCE_VERSION_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {GET_AGENTS_REPORT_RINGFENCE_VERSION_VALUES!r}")
