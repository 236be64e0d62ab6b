from typing import Literal

GetSignalsReportRingfenceVersion = Literal["2026-11-30"]

GET_SIGNALS_REPORT_RINGFENCE_VERSION_VALUES: set[GetSignalsReportRingfenceVersion] = {
    "2026-11-30",
}


def check_get_signals_report_ringfence_version(value: str) -> GetSignalsReportRingfenceVersion:
    if value in GET_SIGNALS_REPORT_RINGFENCE_VERSION_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {GET_SIGNALS_REPORT_RINGFENCE_VERSION_VALUES!r}")
