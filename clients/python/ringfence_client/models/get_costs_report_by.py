from typing import Literal

GetCostsReportBy = Literal["campaign", "source"]

GET_COSTS_REPORT_BY_VALUES: set[GetCostsReportBy] = {
    "campaign",
    "source",
}


def check_get_costs_report_by(value: str) -> GetCostsReportBy:
    if value in GET_COSTS_REPORT_BY_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {GET_COSTS_REPORT_BY_VALUES!r}")
