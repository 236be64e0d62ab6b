from typing import Literal

ProblemCode = Literal[
    "body_too_large",
    "forbidden",
    "idempotency_key_reused",
    "internal_error",
    "invalid_body",
    "invalid_cursor",
    "invalid_parameter",
    "method_not_allowed",
    "not_found",
    "not_possible",
    "rate_limited",
    "request_in_progress",
    "unauthorized",
    "unavailable",
    "unknown_parameter",
    "unknown_version",
]

PROBLEM_CODE_VALUES: set[ProblemCode] = {
    "body_too_large",
    "forbidden",
    "idempotency_key_reused",
    "internal_error",
    "invalid_body",
    "invalid_cursor",
    "invalid_parameter",
    "method_not_allowed",
    "not_found",
    "not_possible",
    "rate_limited",
    "request_in_progress",
    "unauthorized",
    "unavailable",
    "unknown_parameter",
    "unknown_version",
}


def check_problem_code(value: str) -> ProblemCode:
    if value in PROBLEM_CODE_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {PROBLEM_CODE_VALUES!r}")
