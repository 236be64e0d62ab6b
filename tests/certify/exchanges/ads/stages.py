"""What is too long for a file of exchanges."""

from __future__ import annotations

import json


def rows_of_a_large_request(network: object) -> dict[str, str]:
    """One row more than the network takes."""
    row = {"type": "new", "action": "call", "time": "2026-11-24T14:00:00+00:00", "click_id": "click-0142"}
    return {"rows": json.dumps([{"id": f"rf-{number}", **row} for number in range(101)])}
