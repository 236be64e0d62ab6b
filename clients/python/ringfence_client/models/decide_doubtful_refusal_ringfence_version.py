from typing import Literal

DecideDoubtfulRefusalRingfenceVersion = Literal["2026-11-30"]

DECIDE_DOUBTFUL_REFUSAL_RINGFENCE_VERSION_VALUES: set[DecideDoubtfulRefusalRingfenceVersion] = {
    "2026-11-30",
}


def check_decide_doubtful_refusal_ringfence_version(value: str) -> DecideDoubtfulRefusalRingfenceVersion:
    if value in DECIDE_DOUBTFUL_REFUSAL_RINGFENCE_VERSION_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {DECIDE_DOUBTFUL_REFUSAL_RINGFENCE_VERSION_VALUES!r}")
