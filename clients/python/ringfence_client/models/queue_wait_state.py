from typing import Literal

QueueWaitState = Literal["call_back", "calling_back", "rings", "talks", "waits"]

QUEUE_WAIT_STATE_VALUES: set[QueueWaitState] = {
    "call_back",
    "calling_back",
    "rings",
    "talks",
    "waits",
}


def check_queue_wait_state(value: str) -> QueueWaitState:
    if value in QUEUE_WAIT_STATE_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {QUEUE_WAIT_STATE_VALUES!r}")
