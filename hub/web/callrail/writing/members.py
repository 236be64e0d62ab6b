"""The members of a body, read strictly: what cannot be read is named in one sentence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlmodel import Session

from hub.contracts.phones import phone_number
from hub.contracts.untrusted import JsonObject
from hub.errors import CannotDo
from hub.model import Company
from hub.web.callrail.request import FALSE, TRUE, CallRailRequest, company_of

Body = Mapping[str, Any]
MAX_LIST = 250


def text_in(body: Body, *names: str) -> str | None:
    """The first of the members that is given, as text; None if none is."""
    for name in names:
        if name in body:
            value = body[name]
            if isinstance(value, bool | dict | list):
                raise CannotDo(f"{name} must be a text.")
            return str(value).strip()
    return None


def needed(body: Body, *names: str) -> str:
    """The same, which must be given and not empty."""
    found = text_in(body, *names)
    if not found:
        raise CannotDo(f"{names[0]} is missing.")
    return found


def flag_in(body: Body, name: str) -> bool | None:
    """True or false; None if it is not given."""
    if name not in body:
        return None
    value = str(body[name]).casefold()
    if value not in TRUE | FALSE:
        raise CannotDo(f"{name} must be true or false.")
    return value in TRUE


def choice_in(body: Body, name: str, choices: tuple[str, ...]) -> str | None:
    """One of `choices`; None if it is not given."""
    found = text_in(body, name)
    if found is not None and found not in choices:
        raise CannotDo(f"{name} must be one of {', '.join(choices)}.")
    return found


def list_in(body: Body, *names: str) -> list[str] | None:
    """A list of texts, or a text with commas; of objects their `name`. None if none of the members is given."""
    for name in names:
        if name in body:
            value = body[name]
            parts = value.split(",") if isinstance(value, str) else value
            if not isinstance(parts, list) or len(parts) > MAX_LIST:
                raise CannotDo(f"{name} must be a list of at most {MAX_LIST} texts.")
            texts = [str(each.get("name", "") if isinstance(each, dict) else each).strip() for each in parts]
            return [each for each in dict.fromkeys(texts) if each]
    return None


def object_in(body: Body, name: str) -> JsonObject:
    """A JSON object, without members that are null; empty if it is not given."""
    value = body.get(name, {})
    if not isinstance(value, dict):
        raise CannotDo(f"{name} must be an object.")
    return {key: each for key, each in value.items() if each is not None}


def number_in(body: Body, name: str, country: str) -> str | None:
    """A phone number in E.164; None if it is not given."""
    written = text_in(body, name)
    if not written:
        return None
    found = phone_number(written, country)
    if found is None:
        raise CannotDo(f"{name} is not a phone number; write it like +13125550142.")
    return found


def company_in(request: CallRailRequest, session: Session, body: Body | None = None) -> Company:
    """The company that `company_id` names, in the body or the address; the only one if the user sees only one."""
    wanted = text_in(request.body if body is None else body, "company_id") or request.parameters.text("company_id")
    if wanted:
        return company_of(session, request.scope, wanted)
    seen = session.exec(request.scope.select(Company).limit(2)).all()
    if len(seen) != 1:
        raise CannotDo("company_id is missing.")
    company: Company = seen[0]
    return company


def company_or_number_in(request: CallRailRequest, session: Session, name: str) -> Company:
    """The company that `company_id` names; without it the one whose tracking number the member `name` is."""
    written = text_in(request.body, name)
    if "company_id" not in request.body and written:
        seen: Iterable[Company] = session.exec(request.scope.select(Company))
        for company in seen:
            line = request.directory.lines.get(phone_number(written, company.country) or "")
            if line is not None and line.company.id == company.id:
                return company
    return company_in(request, session)


def companies_in(request: CallRailRequest, session: Session) -> list[Company]:
    """The companies that `company_ids` names, or all that the user sees for `all`."""
    wanted = list_in(request.body, "company_ids") or []
    if not wanted:
        raise CannotDo("company_ids is missing; send a list of ids, or all.")
    if wanted == ["all"]:
        return list(session.exec(request.scope.select(Company).order_by(Company.name)))
    return [company_of(session, request.scope, each) for each in wanted]
