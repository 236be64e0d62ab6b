from typing import Literal

ListPrivacyRequestsKind = Literal[
    "access",
    "child",
    "correction",
    "erasure",
    "objection",
    "opt_in",
    "portability",
    "restriction",
    "third_party_disclosure",
]

LIST_PRIVACY_REQUESTS_KIND_VALUES: set[ListPrivacyRequestsKind] = {
    "access",
    "child",
    "correction",
    "erasure",
    "objection",
    "opt_in",
    "portability",
    "restriction",
    "third_party_disclosure",
}


def check_list_privacy_requests_kind(value: str) -> ListPrivacyRequestsKind:
    if value in LIST_PRIVACY_REQUESTS_KIND_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {LIST_PRIVACY_REQUESTS_KIND_VALUES!r}")
