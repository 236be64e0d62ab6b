from typing import Literal

ListFormsConsent = Literal["allow", "deny", "needs"]

LIST_FORMS_CONSENT_VALUES: set[ListFormsConsent] = {
    "allow",
    "deny",
    "needs",
}


def check_list_forms_consent(value: str) -> ListFormsConsent:
    if value in LIST_FORMS_CONSENT_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {LIST_FORMS_CONSENT_VALUES!r}")
