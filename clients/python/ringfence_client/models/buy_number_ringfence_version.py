from typing import Literal

BuyNumberRingfenceVersion = Literal["2026-11-30"]

BUY_NUMBER_RINGFENCE_VERSION_VALUES: set[BuyNumberRingfenceVersion] = {
    "2026-11-30",
}


def check_buy_number_ringfence_version(value: str) -> BuyNumberRingfenceVersion:
    if value in BUY_NUMBER_RINGFENCE_VERSION_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {BUY_NUMBER_RINGFENCE_VERSION_VALUES!r}")
