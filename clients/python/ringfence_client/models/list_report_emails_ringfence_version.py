from typing import Literal

ListReportEmailsRingfenceVersion = Literal["2026-11-30"]

LIST_REPORT_EMAILS_RINGFENCE_VERSION_VALUES: set[ListReportEmailsRingfenceVersion] = {
    "2026-11-30",
}


def check_list_report_emails_ringfence_version(value: str) -> ListReportEmailsRingfenceVersion:
    if value in LIST_REPORT_EMAILS_RINGFENCE_VERSION_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {LIST_REPORT_EMAILS_RINGFENCE_VERSION_VALUES!r}")
