"""Accounts and companies in CallRail's shape."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from hub.callrail.dates import utc_time
from hub.callrail.ids import ACCOUNT, COMPANY, number_of, wire_id
from hub.contracts.untrusted import JsonObject
from hub.model import Account, Company

DEFAULT_COOKIE_DAYS = 90


def made_at(row_id: str) -> datetime | None:
    """When a row was made: the first 48 bits of a UUIDv7 are milliseconds since 1970 (RFC 9562, 5.7). None if the id is of
    another kind."""
    if row_id[14:15] != "7":
        return None
    return datetime.fromtimestamp(int(row_id.replace("-", "")[:12], 16) / 1000, UTC)


def account_record(account: Account, fields: Sequence[str]) -> dict[str, object]:
    """The account with these fields."""
    values = {
        "id": wire_id(ACCOUNT, account.id),
        "name": account.title,
        "outbound_recording_enabled": False,
        "hipaa_account": False,
        "numeric_id": number_of(account.id),
    }
    return {name: values[name] for name in fields}


def company_record(company: Company, fields: Sequence[str], public_url: str) -> JsonObject:
    """The company with these fields."""
    return {name: COMPANY_READERS[name](company, public_url) for name in fields}


def _script(company: Company, public_url: str) -> str:
    return f"{public_url.rstrip('/')}/t/{company.name}/ringfence.js"


Reader = Callable[[Company, str], Any]
_NO: Reader = lambda company, url: False  # noqa: E731 - one for many fields
COMPANY_READERS: Mapping[str, Reader] = {
    "id": lambda company, url: wire_id(COMPANY, company.id),
    "name": lambda company, url: company.title,
    "status": lambda company, url: "disabled" if company.disabled_at else "active",
    "time_zone": lambda company, url: company.time_zone,
    "created_at": lambda company, url: utc_time(made_at(company.id)),
    "disabled_at": lambda company, url: utc_time(company.disabled_at),
    "dni_active": lambda company, url: bool(company.domains),
    "script_url": _script,
    "lead_scoring_enabled": lambda company, url: True,
    "swap_cookie_duration": lambda company, url: int(company.website.get("cookie_days", DEFAULT_COOKIE_DAYS)),
    "form_capture": lambda company, url: True,
    **dict.fromkeys(
        (
            "callscore_enabled",
            "swap_exclude_jquery",
            "swap_ppc_override",
            "swap_landing_override",
            "callscribe_enabled",
            "keyword_spotting_enabled",
        ),
        _NO,
    ),
    "verified_caller_ids": lambda company, url: [],
    "duration_unit": lambda company, url: "seconds",
}
"""Field → its value."""
