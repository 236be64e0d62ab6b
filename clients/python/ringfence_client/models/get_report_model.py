from typing import Literal

GetReportModel = Literal["decay", "first", "last", "lead", "linear", "position"]

GET_REPORT_MODEL_VALUES: set[GetReportModel] = {
    "decay",
    "first",
    "last",
    "lead",
    "linear",
    "position",
}


def check_get_report_model(value: str) -> GetReportModel:
    if value in GET_REPORT_MODEL_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {GET_REPORT_MODEL_VALUES!r}")
