"""What a stand-in answers next instead of serving the request: faults, and answers of the vendor's rules."""

from __future__ import annotations

import json
import threading

from hub.contracts.faults import Fault
from hub.contracts.vendor_file import Answer
from hub.contracts.vendor_rules import VendorRules


class FaultQueue:
    """The faults and answers that wait for a request."""

    rules: VendorRules | None = None
    """What the vendor demands and answers, from `rules.yaml`."""

    def __init__(self) -> None:
        self._faults: list[Fault | None] = []
        self._answers: list[Fault] = []
        self._row_answers: list[str] = []
        self._lock = threading.RLock()

    def fail_next(self, fault: Fault, times: int = 1, after: int = 0) -> None:
        """Answer the next `times` requests with `fault`, and serve `after` requests before that."""
        with self._lock:
            self._faults.extend([None] * after + [fault] * times)

    def heal(self) -> None:
        """Forget all faults that are still waiting."""
        with self._lock:
            self._faults.clear()
            self._answers.clear()
            self._row_answers.clear()

    def next_fault(self) -> Fault | None:
        """The fault that the current request must fail with, removed from the queue; None: serve the request."""
        with self._lock:
            return self._faults.pop(0) if self._faults else None

    def answer_next(self, answer: str | Answer, times: int = 1, on: str = "") -> None:
        """Answer the next `times` requests, of the operation `on` if it is named, with an answer of `rules`; if that is one of
        a row, refuse so many rows with it."""
        if self.rules is None:
            raise LookupError(f"{type(self).__module__} has no rules.yaml, so it has no answer {answer!r}")
        said = self.rules.answer(answer) if isinstance(answer, str) else answer
        if said.row is not None:
            with self._lock:
                self._row_answers += [str(answer)] * times
            return
        text = said.body if isinstance(said.body, str) else json.dumps(said.body) if said.body is not None else ""
        with self._lock:
            self._answers += [Fault("status", said.status, body=text, headers=said.headers, on=on)] * times

    def next_answer(self, method: str, path: str) -> Fault | None:
        """The answer that the current request must get, removed from the queue; None: serve the request."""
        with self._lock:
            place = next((at for at, each in enumerate(self._answers) if each.meets(method, path)), None)
            return None if place is None else self._answers.pop(place)

    def next_row_answer(self) -> str | None:
        """The answer that the current row must be refused with, removed from the queue; None: look at the row."""
        with self._lock:
            return self._row_answers.pop(0) if self._row_answers else None
