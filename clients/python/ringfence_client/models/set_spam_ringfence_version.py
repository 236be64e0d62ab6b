from typing import Literal

SetSpamRingfenceVersion = Literal["2026-11-30"]

SET_SPAM_RINGFENCE_VERSION_VALUES: set[SetSpamRingfenceVersion] = {
    "2026-11-30",
}


def check_set_spam_ringfence_version(value: str) -> SetSpamRingfenceVersion:
    if value in SET_SPAM_RINGFENCE_VERSION_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {SET_SPAM_RINGFENCE_VERSION_VALUES!r}")
