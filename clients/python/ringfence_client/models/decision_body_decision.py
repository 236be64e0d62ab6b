from typing import Literal

DecisionBodyDecision = Literal["both", "calls", "keep", "texts"]

DECISION_BODY_DECISION_VALUES: set[DecisionBodyDecision] = {
    "both",
    "calls",
    "keep",
    "texts",
}


def check_decision_body_decision(value: str) -> DecisionBodyDecision:
    if value in DECISION_BODY_DECISION_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {DECISION_BODY_DECISION_VALUES!r}")
