from typing import Literal

GetReportDimension = Literal["campaign", "keyword", "landing_page", "source"]

GET_REPORT_DIMENSION_VALUES: set[GetReportDimension] = {
    "campaign",
    "keyword",
    "landing_page",
    "source",
}


def check_get_report_dimension(value: str) -> GetReportDimension:
    if value in GET_REPORT_DIMENSION_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {GET_REPORT_DIMENSION_VALUES!r}")
