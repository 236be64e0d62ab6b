from typing import Literal

GetCostsReportModel = Literal["decay", "first", "last", "lead", "linear", "position"]

GET_COSTS_REPORT_MODEL_VALUES: set[GetCostsReportModel] = {
    "decay",
    "first",
    "last",
    "lead",
    "linear",
    "position",
}


def check_get_costs_report_model(value: str) -> GetCostsReportModel:
    if value in GET_COSTS_REPORT_MODEL_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {GET_COSTS_REPORT_MODEL_VALUES!r}")
