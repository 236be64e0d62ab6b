from typing import Literal

ListCallsConsent = Literal["allow", "deny", "needs"]

LIST_CALLS_CONSENT_VALUES: set[ListCallsConsent] = {
    "allow",
    "deny",
    "needs",
}


def check_list_calls_consent(value: str) -> ListCallsConsent:
    if value in LIST_CALLS_CONSENT_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {LIST_CALLS_CONSENT_VALUES!r}")
