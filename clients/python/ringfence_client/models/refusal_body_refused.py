from typing import Literal

RefusalBodyRefused = Literal["both", "calls", "texts"]

REFUSAL_BODY_REFUSED_VALUES: set[RefusalBodyRefused] = {
    "both",
    "calls",
    "texts",
}


def check_refusal_body_refused(value: str) -> RefusalBodyRefused:
    if value in REFUSAL_BODY_REFUSED_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {REFUSAL_BODY_REFUSED_VALUES!r}")
