from typing import Literal

SendReportEmailRingfenceVersion = Literal["2026-11-30"]

SEND_REPORT_EMAIL_RINGFENCE_VERSION_VALUES: set[SendReportEmailRingfenceVersion] = {
    "2026-11-30",
}


def check_send_report_email_ringfence_version(value: str) -> SendReportEmailRingfenceVersion:
    if value in SEND_REPORT_EMAIL_RINGFENCE_VERSION_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {SEND_REPORT_EMAIL_RINGFENCE_VERSION_VALUES!r}")
