from typing import Literal

SendSavedReportRingfenceVersion = Literal["2026-11-30"]

SEND_SAVED_REPORT_RINGFENCE_VERSION_VALUES: set[SendSavedReportRingfenceVersion] = {
    "2026-11-30",
}


def check_send_saved_report_ringfence_version(value: str) -> SendSavedReportRingfenceVersion:
    if value in SEND_SAVED_REPORT_RINGFENCE_VERSION_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {SEND_SAVED_REPORT_RINGFENCE_VERSION_VALUES!r}")
