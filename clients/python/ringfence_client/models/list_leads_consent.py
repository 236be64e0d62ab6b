from typing import Literal

ListLeadsConsent = Literal["allow", "deny", "needs"]

LIST_LEADS_CONSENT_VALUES: set[ListLeadsConsent] = {
    "allow",
    "deny",
    "needs",
}


def check_list_leads_consent(value: str) -> ListLeadsConsent:
    if value in LIST_LEADS_CONSENT_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {LIST_LEADS_CONSENT_VALUES!r}")
