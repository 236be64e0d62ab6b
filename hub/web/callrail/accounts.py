"""The account of the key: `/v3/a` and `/v3/a/{account}`. A key belongs to one account."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hub.callrail import fields
from hub.callrail.accounts import account_record
from hub.model import Account
from hub.web.callrail.request import CallRailRequest
from hub.web.callrail.resource import ANY_ROLE, LISTED_ACCOUNTS, Answer, Endpoint


def listed(request: CallRailRequest) -> Answer:
    """The list with the one account."""
    wanted = request.parameters
    page, per_page = wanted.number("page", 1, least=1) or 1, min(wanted.number("per_page", 100, least=1) or 100, 250)
    accounts = [one(request)] if page == 1 else []
    if wanted.flag("relative_pagination"):
        return {"per_page": per_page, "next_page": None, "has_next_page": False, "accounts": accounts}
    return {"page": page, "per_page": per_page, "total_pages": 1, "total_records": 1, "accounts": accounts}


def one(request: CallRailRequest) -> Mapping[str, Any]:
    """The account."""
    with request.session() as session:
        account = session.get_one(Account, request.authorized.user.account_id)
    return account_record(account, fields.ACCOUNT.default)


ENDPOINTS = (Endpoint("GET", LISTED_ACCOUNTS, ANY_ROLE, listed), Endpoint("GET", "", ANY_ROLE, one))
