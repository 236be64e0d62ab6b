from typing import Literal

RequestState = Literal[
    "done", "held", "identity_pending", "planned", "received", "refused", "running", "verified", "waiting_plugin"
]

REQUEST_STATE_VALUES: set[RequestState] = {
    "done",
    "held",
    "identity_pending",
    "planned",
    "received",
    "refused",
    "running",
    "verified",
    "waiting_plugin",
}


def check_request_state(value: str) -> RequestState:
    if value in REQUEST_STATE_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {REQUEST_STATE_VALUES!r}")
